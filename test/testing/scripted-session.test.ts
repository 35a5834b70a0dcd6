import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  AbortError,
  type Attempt,
  HTTPError,
  InvalidJobError,
  InvalidURLError,
  type Job,
  Pool,
  ReadTimeoutError,
  type Response,
  type Session,
} from '../../src/index.js';
import { type Answer, Script } from '../../src/testing/index.js';
import { jobs, send, URL_1 } from '../helpers/scripted.js';
import { quiet } from '../helpers/scripted-session.js';

describe('a scripted session', () => {
  it('is a session in all else: headers, cookies, redirects, authorization, hooks', async () => {
    const script = new Script();
    script.on(URL_1).reply(302, '', { Location: '/next', 'Set-Cookie': 'a=b; Path=/' });
    script.on('https://api.example.com/next').reply(200);
    const session = script.session();
    session.headers.set('X-Own', 'yes');
    session.auth = ['user', 'pass'];
    const hook = vi.fn();
    const response = await session.request({ url: URL_1, hooks: { response: hook } });
    expect(response.history).toHaveLength(1);
    expect(hook).toHaveBeenCalledTimes(2);
    const [first, second] = script.requests;
    expect(first?.headers.get('authorization')).toBe('Basic dXNlcjpwYXNz');
    expect(second?.headers.get('cookie')).toBe('a=b');
    expect(second?.headers.get('x-own')).toBe('yes');
    expect(script.requests.map(({ url }) => url.pathname)).toEqual(['/items/1', '/next']);
  });

  it('raises for a status where that is asked for', async () => {
    const script = new Script();
    script.otherwise.reply(500);
    await expect(send(script, { url: URL_1, raiseForStatus: true })).rejects.toThrow(HTTPError);
  });

  it.each<[string, unknown, typeof InvalidJobError]>([
    ['null', null, InvalidJobError],
    ['an unknown key', { url: URL_1, verify: true, ulr: 1 }, InvalidJobError],
    ['no URL', {}, InvalidURLError],
  ])('refuses %s for a job as a session does', async (_, job, ErrorClass) => {
    const script = new Script();
    await expect(send(script, job as Job)).rejects.toThrow(ErrorClass);
    expect([script.jobs, script.requests]).toEqual([[job], []]);
  });

  it('leaves aside the way to a server, and what the environment says of it', async () => {
    const script = new Script();
    script.otherwise.reply(200);
    const session: Session = script.session();
    session.proxies = 'http://proxy.example:3128';
    session.verify = false;
    session.cert = '/nowhere';
    expect([session.proxies, session.verify, session.cert]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(session.trustEnv).toBe(false);
    for (const way of [{ proxies: null }, { verify: false }, { cert: '/nowhere' }]) {
      const job = { url: URL_1, ...way } as Job;
      expect((await session.request(job)).statusCode).toBe(200);
      expect(script.jobs.at(-1)).toBe(job);
    }
  });

  it('reads bodies of any kind', async () => {
    const script = new Script();
    script.otherwise.reply(({ body }) => ({ body }));
    const bodies = ['text', Buffer.from('bytes'), Readable.from(['st', 'ream']), undefined];
    const echoes: string[] = [];
    for (const data of bodies) {
      const response = await send(script, { url: URL_1, method: 'POST', data });
      echoes.push(await response.text());
    }
    expect(echoes).toEqual(['text', 'bytes', 'stream', '']);
  });

  it('fails as a session does when the body cannot be read', async () => {
    const script = new Script();
    script.otherwise.reply(200);
    const broken = new Error('the disk is gone');
    const data = () => {
      throw broken;
    };
    await expect(send(script, { url: URL_1, method: 'POST', data })).rejects.toMatchObject({
      cause: broken,
    });
    expect(script.requests).toEqual([]);
  });

  it('counts how often it was closed', async () => {
    const script = new Script();
    script.otherwise.reply(200);
    const pool = new Pool({ jobQueue: jobs(4), session: script.session, numProcesses: 2 });
    await pool.joinAll();
    await quiet();
    expect(script.sessions.map(({ closed }) => closed)).toEqual([1, 1]);
    expect(script.sessions.flatMap((session) => session.jobs)).toHaveLength(4);
    expect(script.jobs).toEqual(jobs(4));
  });
});

describe('a request that stalls', () => {
  afterEach(() => vi.useRealTimers());

  it('ends at once by the signal of its job', async () => {
    const script = new Script();
    script.on(URL_1).stall();
    const controller = new AbortController();
    const sent = send(script, { url: URL_1, signal: controller.signal });
    await script.untilInFlight(1);
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow(AbortError);
    await quiet();
    expect(script.inFlight).toBe(0);
  });

  it('has not come at all if it is given up in the same breath', async () => {
    const script = new Script();
    script.on(URL_1).stall();
    const controller = new AbortController();
    const sent = send(script, { url: URL_1, signal: controller.signal });
    controller.abort();
    await expect(sent).rejects.toThrow(AbortError);
    await quiet();
    expect([script.inFlight, script.requests]).toEqual([0, []]);
  });

  it('ends by its timeout', async () => {
    vi.useFakeTimers();
    const script = new Script();
    script.on(URL_1).stall();
    const sent = send(script, { url: URL_1, timeout: 60_000 });
    const failed = expect(sent).rejects.toThrow(ReadTimeoutError);
    await vi.advanceTimersByTimeAsync(60_000);
    await failed;
  });

  it('is not answered any more when its function has come to an end', async () => {
    const script = new Script();
    let answer = () => {};
    script.on(URL_1).reply(
      () =>
        new Promise<Answer>((resolve) => {
          answer = () => resolve({ statusCode: 200 });
        }),
    );
    const controller = new AbortController();
    const sent = send(script, { url: URL_1, signal: controller.signal });
    await script.untilInFlight(1);
    controller.abort();
    answer();
    await expect(sent).rejects.toThrow(AbortError);
  });
});

describe('a script that holds', () => {
  it('keeps all requests from their answers until they are released', async () => {
    const script = new Script();
    script.otherwise.reply(200);
    script.hold();
    const pool = new Pool({ jobQueue: jobs(5), session: script.session, numProcesses: 3 });
    await script.untilInFlight(3);
    await quiet();
    expect([script.inFlight, script.requests.length]).toEqual([3, 3]);
    script.release(1);
    await quiet();
    expect([script.inFlight, script.requests.length]).toEqual([3, 4]);
    expect(pool.getResponse()?.url).toBe('https://api.example.com/items/0');
    script.release(1);
    await quiet();
    expect([script.inFlight, script.requests.length]).toEqual([3, 5]);
    script.release();
    await pool.joinAll();
    expect([script.inFlight, script.maxInFlight]).toEqual([0, 3]);
  });

  it('does not release what was given up', async () => {
    const script = new Script();
    script.on(/./).reply(200, 'first').reply(200, 'second');
    script.hold();
    const controller = new AbortController();
    const given = send(script, { url: URL_1, signal: controller.signal });
    await script.untilInFlight(1);
    const other = send(script);
    await script.untilInFlight(2);
    controller.abort();
    await expect(given).rejects.toThrow(AbortError);
    script.release(1);
    expect(await (await other).text()).toBe('first');
  });

  it('tells everyone who waits for so many requests, and nobody earlier', async () => {
    const script = new Script();
    script.otherwise.stall();
    const told: number[] = [];
    for (const count of [3, 1, 2]) void script.untilInFlight(count).then(() => told.push(count));
    await quiet();
    expect(told).toEqual([]);
    const controller = new AbortController();
    const { signal } = controller;
    const sent = [send(script, { url: URL_1, signal }), send(script, { url: URL_1, signal })];
    await quiet();
    expect(told).toEqual([1, 2]);
    controller.abort();
    await Promise.allSettled(sent);
  });
});

describe('what a script fails with', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

  it('is retried by a session alone as by a pool', async () => {
    const script = new Script();
    script.on(URL_1).fail(reset).reply(200);
    const job = { url: URL_1, retry: { limit: 1, backoffBase: 0 } };
    expect((await send(script, job)).statusCode).toBe(200);
    expect([script.requests.length, script.jobs]).toEqual([2, [job]]);
  });

  it('is what shouldRetry is given, and what comes out in the end', async () => {
    const script = new Script();
    script.on(URL_1).fail(reset);
    const shouldRetry = vi.fn((_: Attempt<Job, Response>) => true);
    const job = { url: URL_1, retry: { limit: 1, backoffBase: 0, shouldRetry } };
    await expect(send(script, job)).rejects.toBe(reset);
    expect(shouldRetry.mock.calls).toMatchObject([[{ exception: reset, attempts: 1 }]]);
  });

  it('is left to whoever does the retries in place of the session', async () => {
    const script = new Script();
    script.on(URL_1).fail(reset);
    const sent = script.session().request({ url: URL_1, retry: 3 }, { retry: false });
    await expect(sent).rejects.toBe(reset);
    expect(script.requests).toHaveLength(1);
  });

  it('is retried with the options that the session was given', async () => {
    const script = new Script();
    script.on(URL_1).fail(reset).reply(404);
    const job = { url: URL_1, retry: { limit: 1, backoffBase: 0 } };
    const sent = script.session().request(job, { raiseForStatus: true });
    await expect(sent).rejects.toThrow(HTTPError);
  });

  it('is not waited for any longer when the signal of the options is aborted', async () => {
    const script = new Script();
    script.on(URL_1).fail(reset);
    const controller = new AbortController();
    const { signal } = controller;
    const shouldRetry = () => void setImmediate(() => controller.abort());
    const job = { url: URL_1, retry: { backoffBase: 1e7, backoffLimit: 1e7, shouldRetry } };
    await expect(script.session().request(job, { signal })).rejects.toThrow(AbortError);
  });
});
