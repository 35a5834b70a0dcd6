import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { AbortError, Pool, type Response } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { collect, failing, jobs, quiet, Script } from './helpers/scripted-session.js';

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const FOREVER = new Gate();

describe('a pool that is a service', () => {
  it('holds neither the last jobs nor their responses while its workers wait', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc');
    const server = await startServer((_, reply) => reply.end('ok'));
    await using pool = new Pool({ numProcesses: 3 });
    const submit = async () => {
      const job = { url: server.url, signal: new AbortController().signal };
      const response = await pool.submit(job);
      return [new WeakRef(job), new WeakRef(response)];
    };
    const held = (await Promise.all(upTo(3).map(submit))).flat();
    await expect
      .poll(() => {
        collectGarbage();
        return held.filter((each) => each.deref() !== undefined).length;
      })
      .toBe(0);
  });

  it('answers 5,000 jobs that are submitted at once, each to whom it is due', async () => {
    const server = await startServer(({ path }, reply) => reply.end(`answer ${path}`));
    await using pool = new Pool({ numProcesses: 16 });
    const submitted = upTo(5000).map(async (i) => {
      const response: Response = await pool.submit({ url: `${server.url}/${i}` });
      return response.text();
    });
    expect(await Promise.all(submitted)).toEqual(upTo(5000).map((i) => `answer /${i}`));
    expect(server.requests).toHaveLength(5000);
    expect(server.maxInFlight).toBeLessThanOrEqual(16);
    expect(server.connections).toBe(16);
    expect([pool.getResponse(), pool.getException()]).toEqual([undefined, undefined]);
    await pool.joinAll();
  });

  it('settles each promise once: with its answer, or with what was thrown', async () => {
    const script = new Script();
    await using pool = new Pool({ session: script.session, numProcesses: 8, highWaterMark: 1 });
    const errors = upTo(2000).map((i) => new Error(`no ${i}`));
    const settled = await Promise.allSettled(
      upTo(4000).map((i) =>
        pool.submit(i % 2 === 0 ? { url: `job ${i}` } : failing(`job ${i}`, errors[(i - 1) / 2])),
      ),
    );
    const seen = settled.map((each) =>
      each.status === 'fulfilled' ? each.value.url : (each.reason as Error),
    );
    expect(seen).toEqual(upTo(4000).map((i) => (i % 2 === 0 ? `job ${i}` : errors[(i - 1) / 2])));
    expect(script.requests).toHaveLength(4000);
    expect(script.maxInFlight).toBe(8);
    expect(script.mishaps).toEqual([]);
  });

  it('runs what waits by its priority, and in the order of its coming', async () => {
    const script = new Script();
    const gate = new Gate();
    await using pool = new Pool({ session: script.session, numProcesses: 1 });
    const first = pool.submit({ url: 'first', when: gate });
    await quiet();
    const priorities = upTo(200).map((i) => (i * 7) % 5);
    const submitted = priorities.map((priority, i) => pool.submit({ url: `${i}`, priority }));
    gate.open();
    await Promise.all([first, ...submitted]);
    const expected = upTo(200).sort(
      (one, other) => (priorities[other] as number) - (priorities[one] as number) || one - other,
    );
    expect(script.requests.slice(1).map(({ url }) => Number(url))).toEqual(expected);
  });

  it('runs what has no priority before what has a negative one, and after a positive one', async () => {
    const script = new Script();
    await using pool = new Pool({ session: script.session, numProcesses: 1 });
    const work = [{ url: 'low', priority: -1 }, { url: 'plain' }, { url: 'high', priority: 1 }];
    await Promise.all(work.map((job) => pool.submit(job)));
    expect(script.requests.map(({ url }) => url)).toEqual(['high', 'plain', 'low']);
  });

  it('goes on with more, after it had nothing to do', async () => {
    const script = new Script();
    await using pool = new Pool({ session: script.session, numProcesses: 3 });
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(jobs(50).map((job) => pool.submit(job)));
      expect(answers).toHaveLength(50);
      await pool.joinAll();
      await quiet();
    }
    expect(script.closed).toEqual([0, 0, 0]);
  });

  it('retries what is submitted, and tells the outcome alone', async () => {
    const attempts = new Map<string, number>();
    const server = await startServer(({ path }, reply) => {
      const attempt = (attempts.get(path) ?? 0) + 1;
      attempts.set(path, attempt);
      reply.writeHead(attempt === 1 ? 503 : 200, { 'Retry-After': '0' }).end(`${path} ${attempt}`);
    });
    await using pool = new Pool({ numProcesses: 8, retry: { limit: 2, backoffBase: 1 } });
    const texts = await Promise.all(
      upTo(300).map(async (i) => (await pool.submit({ url: `${server.url}/${i}` })).text()),
    );
    expect(texts).toEqual(upTo(300).map((i) => `/${i} 2`));
    expect(server.requests).toHaveLength(600);
  });

  it('keeps serving while a source is read, and neither starves', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(1000), session: script.session, numProcesses: 4 });
    const reading = collect(pool.responses());
    const answers = await Promise.all(upTo(200).map((i) => pool.submit({ url: `submitted ${i}` })));
    expect(answers.map(({ url }) => url)).toEqual(upTo(200).map((i) => `submitted ${i}`));
    expect(await reading).toHaveLength(1000);
    expect(script.mishaps).toEqual([]);
  });
});

describe('a service that ends', () => {
  it('with its block answers what was submitted before, and closes its connections', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.end('done');
    });
    const submitted: Promise<string>[] = [];
    {
      await using pool = new Pool({ numProcesses: 4 });
      for (const i of upTo(100)) {
        const sent = pool.submit({ url: `${server.url}/${i}` });
        submitted.push(sent.then((response) => response.text()));
      }
      await server.received(4);
      gate.open();
    }
    expect(await Promise.all(submitted)).toEqual(Array(100).fill('done'));
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('refuses with an AbortError what is submitted afterwards, or meanwhile', async () => {
    const script = new Script();
    const gate = new Gate();
    const pool = new Pool({ session: script.session, numProcesses: 1 });
    const submitted = pool.submit({ url: 'a', when: gate });
    await quiet();
    const closing = pool.close();
    await expect(pool.submit({ url: 'b' })).rejects.toBeInstanceOf(AbortError);
    gate.open();
    await closing;
    expect(await submitted).toMatchObject({ url: 'a' });
    await expect(pool.submit({ url: 'c' })).rejects.toBeInstanceOf(AbortError);
    expect(script.requests).toHaveLength(1);
  });

  it('with an error of its block, which is the one that is told', async () => {
    const script = new Script();
    const error = new Error('of the block');
    const use = async () => {
      await using pool = new Pool({ session: script.session, numProcesses: 2 });
      await pool.submit({ url: 'a' });
      throw error;
    };
    await expect(use()).rejects.toBe(error);
    expect(script.isClosed).toBe(true);
  });
});

describe('a client that gives up', () => {
  it('ends its own job in the queue at once, and no other', async () => {
    const script = new Script();
    const gate = new Gate();
    await using pool = new Pool({ session: script.session, numProcesses: 1 });
    const first = pool.submit({ url: 'first', when: gate });
    await quiet();
    const clients = upTo(1000).map(() => new AbortController());
    const settled: string[] = [];
    const submitted = clients.map(async ({ signal }, i) => {
      const result = await pool.submit({ url: `${i}`, signal }).catch((error) => error);
      settled.push(result instanceof AbortError ? `${i} aborted: ${result.cause}` : result.url);
    });
    for (const [i, client] of clients.entries()) if (i % 2 === 1) client.abort(`client ${i}`);
    await quiet();
    expect(settled).toEqual(upTo(500).map((i) => `${2 * i + 1} aborted: client ${2 * i + 1}`));
    gate.open();
    await Promise.all([first, ...submitted]);
    expect(settled).toHaveLength(1000);
    expect(script.requests.map(({ url }) => url)).toEqual([
      'first',
      ...upTo(500).map((i) => `${2 * i}`),
    ]);
    for (const { signal } of clients) expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('by a timeout leaves the queue with that for the cause', async () => {
    const script = new Script();
    await using pool = new Pool({ session: script.session, numProcesses: 1 });
    const hanging = new AbortController();
    const first = pool.submit({ url: 'a', when: FOREVER, signal: hanging.signal });
    const waiting = pool.submit({ url: 'b', signal: AbortSignal.timeout(1) });
    const error = await waiting.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AbortError);
    expect(error.cause).toMatchObject({ name: 'TimeoutError' });
    hanging.abort();
    await expect(first).rejects.toBeInstanceOf(AbortError);
    expect(script.requests).toHaveLength(1);
  });

  it('had given up before: nothing is sent', async () => {
    const server = await startServer();
    await using pool = new Pool({ numProcesses: 2 });
    const signal = AbortSignal.abort('early');
    const error = await pool.submit({ url: server.url, signal }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AbortError);
    expect(error.cause).toBe('early');
    expect(server.requests).toEqual([]);
  });

  it('while its request is in flight frees the session for the next', async () => {
    const server = await startServer(async ({ path }, reply) => {
      if (path === '/hang') await FOREVER.opened;
      reply.end('ok');
    });
    await using pool = new Pool({ numProcesses: 1 });
    const client = new AbortController();
    const hung = pool.submit({ url: `${server.url}/hang`, signal: client.signal });
    const next = pool.submit({ url: `${server.url}/next` });
    await server.received(1);
    client.abort('gone');
    await expect(hung).rejects.toMatchObject({ name: 'AbortError', cause: 'gone' });
    expect(await (await next).text()).toBe('ok');
    expect(getEventListeners(client.signal, 'abort')).toEqual([]);
  });

  it('together with all others, who have one signal, lets the service go on', async () => {
    const script = new Script();
    const client = new AbortController();
    const { signal } = client;
    await using pool = new Pool({ session: script.session, numProcesses: 4 });
    const submitted = jobs(2000, { when: FOREVER, signal }).map((job) => pool.submit(job));
    await quiet();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    client.abort();
    const settled = await Promise.allSettled(submitted);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(script.requests).toHaveLength(4);
  });
});
