import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { HTTPError, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { FAST, run, startFlaky, summary } from './helpers/retrying.js';
import { collect, quiet } from './helpers/scripted-session.js';

describe('raiseForStatus', () => {
  it('of the pool makes exceptions of bad statuses, unless the job says otherwise', async () => {
    const server = await startFlaky([404]);
    const jobs = [{}, { raiseForStatus: false }, { raiseForStatus: true }].map((fields) => ({
      url: server.url,
      ...fields,
    }));
    expect(summary(await run(jobs, { raiseForStatus: true }))).toEqual([
      ['HTTPError', 1],
      [404, 1],
      ['HTTPError', 1],
    ]);
    expect(summary(await run(jobs)).map(([ended]) => ended)).toEqual([404, 404, 'HTTPError']);
  });

  it('raises after the last attempt, and not before', async () => {
    const server = await startFlaky([503, 503, 200]);
    const jobs = [0, 1].map((limit) => ({ url: `${server.url}/${limit}`, retry: limit + 1 }));
    const options = { raiseForStatus: true, retry: FAST };
    const [failed, passed] = await run(jobs, options);
    expect(failed).toMatchObject({ exception: expect.any(HTTPError), attempts: 2 });
    expect(passed).toMatchObject({ response: { statusCode: 200 }, attempts: 3 });
  });
});

describe('raiseForStatus, of the responses of a session of your own,', () => {
  /** A response that raises what is thrown, at once or later. */
  function answer(raise: () => unknown) {
    const body = new Readable({ read: () => {} });
    return { body, raiseForStatus: raise };
  }
  const raised = new Error('503');
  const raise = () => {
    throw raised;
  };

  it.each([
    ['at once', raise],
    ['later', async () => raise()],
  ])(
    'is called, and what it throws %s is the exception; the connection is freed',
    async (_, way) => {
      const response = answer(way);
      const session = () => ({ request: (_: object) => response });
      const pool = new Pool({ jobQueue: [{}], session, raiseForStatus: true });
      expect(await collect(pool)).toMatchObject([{ kind: 'exception', exception: raised }]);
      expect(response.body.destroyed).toBe(true);
    },
  );

  it('goes by the job where that says it, and by the pool elsewhere', async () => {
    const session = () => ({ request: (_: object) => answer(raise) });
    const said = [undefined, false, true];
    const kinds = said.map(async (raiseForStatus) => {
      const jobQueue = [{}, { raiseForStatus: false }, { raiseForStatus: true }];
      const pool = new Pool({ jobQueue, session, numProcesses: 1, raiseForStatus });
      return (await collect(pool.outcomes({ ordered: true }))).map(({ kind }) => kind);
    });
    const unlessAsked = ['response', 'response', 'exception'];
    expect(await Promise.all(kinds)).toEqual([
      unlessAsked,
      unlessAsked,
      ['exception', 'response', 'exception'],
    ]);
  });

  it('leaves those alone that cannot raise', async () => {
    const session = () => ({ request: (_: object) => ({ statusCode: 500 }) });
    const pool = new Pool({ jobQueue: [{}], session, raiseForStatus: true });
    expect(await collect(pool.responses())).toHaveLength(1);
  });

  it('is waited for, and the response kept, if it raises nothing', async () => {
    const gate = new Gate();
    const response = answer(() => gate.opened);
    const request = vi.fn((_: object) => response);
    const jobQueue = [{ raiseForStatus: true }, {}];
    const pool = new Pool({ jobQueue, session: () => ({ request }), numProcesses: 1 });
    await quiet();
    expect(request).toHaveBeenCalledOnce();
    expect(pool.getResponse()).toBeUndefined();
    gate.open();
    expect(await collect(pool)).toMatchObject([{ response }, { response }]);
    expect(response.body.destroyed).toBe(false);
  });

  it('is tried again if it raises what is retried', async () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const answers = [answer(() => Promise.reject(reset)), answer(async () => {})];
    const [first, second] = answers;
    const session = () => ({ request: (_: object) => answers.shift() });
    const pool = new Pool({ jobQueue: [{}], session, raiseForStatus: true, retry: FAST });
    expect(await collect(pool)).toMatchObject([{ response: second, attempts: 2 }]);
    expect(first?.body.destroyed).toBe(true);
  });

  it.each([
    ['resolves', () => {}],
    ['rejects', raise],
  ])('frees its worker when its job is aborted before it %s', async (_, end) => {
    const gate = new Gate();
    const slow = answer(() => gate.opened.then(end));
    const answers: unknown[] = [slow, 'next'];
    const controller = new AbortController();
    const jobQueue = [{ signal: controller.signal }, {}];
    const session = () => ({ request: (_: object) => answers.shift() });
    const pool = new Pool({ jobQueue, session, numProcesses: 1, raiseForStatus: true });
    await quiet();
    expect(answers).toEqual(['next']);
    controller.abort();
    expect(await collect(pool)).toMatchObject([
      { index: 0, exception: { name: 'AbortError' } },
      { index: 1, response: 'next' },
    ]);
    expect(slow.body.destroyed).toBe(false);
    gate.open();
    await quiet();
    expect(slow.body.destroyed).toBe(true);
  });
});
