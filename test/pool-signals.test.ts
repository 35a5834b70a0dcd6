import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, Pool } from '../src/index.js';
import { errorOf, expectAborted, reason } from './helpers/aborted.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startServer } from './helpers/http-server.js';
import {
  collect,
  failing,
  hanging,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

const FOREVER = new Gate();

describe('the signal of a pool', () => {
  it('that is aborted already lets no job be taken', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const signal = AbortSignal.abort(reason);
    const pool = new Pool({ jobQueue: queue, session: script.session, signal });
    await expect(pool.submit({ url: 'a' })).rejects.toBeInstanceOf(AbortError);
    await pool.joinAll();
    expect(await collect<unknown>(pool)).toEqual([]);
    await pool.close();
    expect(queue.size).toBe(3);
    expect([script.requests, script.isClosed]).toEqual([[], true]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('has one listener while jobs run, however many, and none when all is done', async () => {
    const { signal } = new AbortController();
    const gate = new Gate();
    const pools = [1, 2, 3].map(
      () =>
        new Pool({
          jobQueue: jobs(20, { when: gate }),
          session: new Script().session,
          numProcesses: 10,
          signal,
        }),
    );
    await quiet();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    gate.open();
    await Promise.all(pools.map((pool) => pool.joinAll()));
    await quiet();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('aborts all of its pools', async () => {
    const control = new AbortController();
    const pools = [1, 2, 3].map(
      () =>
        new Pool({
          jobQueue: hanging(5),
          session: new Script().session,
          numProcesses: 2,
          signal: control.signal,
        }),
    );
    await quiet();
    control.abort(reason);
    for (const pool of pools) {
      const outcomes = await collect(pool);
      expect(outcomes).toHaveLength(2);
      for (const outcome of outcomes) expectAborted(errorOf(outcome));
    }
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
  });

  it('keeps nothing of 10,000 pools, one after the other', async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 10_000; i++) {
      const jobQueue = i % 2 === 0 ? [] : [{ url: 'a' }];
      const pool = new Pool({ jobQueue, session: new Script().session, numProcesses: 1, signal });
      if (i % 3 === 0) await pool.close();
      else await pool.joinAll();
    }
    await quiet();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each<[string, (pool: Pool<ScriptedSession>) => unknown]>([
    ['is closed', (pool) => pool.close()],
    ['is aborted', (pool) => pool.abort()],
  ])('is let go by a pool for submit() that %s', async (_, end) => {
    const { signal } = new AbortController();
    const pool = new Pool({ session: new Script().session, signal });
    await pool.submit({ url: 'a' });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await end(pool);
    await quiet();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is let go by a pool that got no sessions', async () => {
    const { signal } = new AbortController();
    const pool = new Pool<ScriptedSession>({
      jobQueue: jobs(1),
      signal,
      session: new Script().session,
      initializer: () => Promise.reject(reason),
    });
    await expect(pool.joinAll()).rejects.toBe(reason);
    await quiet();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is let go by a pool that could not be made', () => {
    const { signal } = new AbortController();
    const initializer = () => {
      throw reason;
    };
    expect(() => new Pool({ jobQueue: [], signal, initializer })).toThrow(reason);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is let go by a pool whose sessions are kept', async () => {
    const { signal } = new AbortController();
    const { session } = new Script();
    const pool = new Pool({ jobQueue: jobs(1), session, signal, closeSessions: false });
    await pool.joinAll();
    await quiet();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends a job that was put after all that came before was done', async () => {
    const control = new AbortController();
    const queue = new JobQueue<ScriptedJob>([{ url: 'a' }]);
    const { session } = new Script();
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 1, signal: control.signal });
    await pool.joinAll();
    await quiet();
    queue.put({ url: 'b', when: FOREVER });
    await quiet();
    control.abort(reason);
    await quiet();
    const [first, second] = await collect(pool);
    expect(first?.kind).toBe('response');
    expectAborted(errorOf(second));
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
  });
});

describe('the signal of a job', () => {
  it('that is aborted already ends it, and no other', async () => {
    const server = await startServer();
    const signal = AbortSignal.abort(reason);
    const work = [{ url: server.url }, { url: server.url, signal }, { url: server.url }];
    const outcomes = await collect(
      new Pool({ jobQueue: work, numProcesses: 1 }).outcomes({ ordered: true }),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['response', 'exception', 'response']);
    expectAborted(errorOf(outcomes[1]));
    expect(server.requests).toHaveLength(2);
  });

  it('ends it at once where it waits for its turn', async () => {
    const script = new Script();
    const control = new AbortController();
    const { signal } = control;
    const at = (url: string) => `http://a.example/${url}`;
    const pool = new Pool({
      jobQueue: [
        { url: at('first'), when: FOREVER },
        { url: at('second'), signal },
        { url: at('third') },
      ],
      session: script.session,
      numProcesses: 2,
      perOrigin: { concurrency: 1 },
    });
    await quiet();
    control.abort(reason);
    const aborted = pool.getException();
    expect(aborted).toMatchObject({ index: 1, attempts: 0 });
    expectAborted(errorOf(aborted));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    pool.abort();
    expect(await collect(pool)).toHaveLength(2);
    expect(script.requests).toHaveLength(1);
  });

  it.each([0, 1e9])(
    'may be aborted by a listener for retries (backoff %i)',
    async (backoffBase) => {
      const script = new Script();
      const handles = new HandleWatch();
      const control = new AbortController();
      const pool = handles.run(
        () =>
          new Pool({
            jobQueue: [{ ...failing('a'), signal: control.signal }],
            session: script.session,
            retry: { limit: 3, backoffBase, backoffLimit: 1e9, shouldRetry: () => true },
          }),
      );
      pool.on('retry', () => control.abort(reason));
      await pool.joinAll();
      expect(await collect(pool.exceptions())).toHaveLength(1);
      await pool.close();
      expect(script.requests).toHaveLength(1);
      await expect.poll(() => handles.count).toBe(0);
      handles.stop();
    },
  );

  it('frees the place that it had in the limits', async () => {
    const server = await startServer(async ({ path }, reply) => {
      if (path === '/hang') await FOREVER.opened;
      reply.end();
    });
    const control = new AbortController();
    const pool = new Pool({
      jobQueue: [{ url: `${server.url}/hang`, signal: control.signal }, { url: server.url }],
      numProcesses: 2,
      perOrigin: { concurrency: 1 },
    });
    await server.received(1);
    await quiet();
    expect(server.requests).toHaveLength(1);
    control.abort(reason);
    const [first, second] = await collect(pool.outcomes({ ordered: true }));
    expectAborted(errorOf(first));
    expect(second?.kind).toBe('response');
  });

  it('is let go as soon as the job is done', async () => {
    const { signal } = new AbortController();
    const work = [
      { url: 'a', signal },
      { ...failing('b'), signal },
    ];
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 1 });
    await pool.joinAll();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('may be the same for all jobs, and for their pool', async () => {
    const control = new AbortController();
    const { signal } = control;
    const work = hanging(30).map((job) => ({ ...job, signal }));
    const { session } = new Script();
    const pool = new Pool({ jobQueue: work, session, numProcesses: 10, signal });
    await quiet();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    control.abort(reason);
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(10);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
