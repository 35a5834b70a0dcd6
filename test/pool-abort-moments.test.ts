import { describe, expect, it } from 'vitest';
import { JobQueue, type Outcome, Pool } from '../src/index.js';
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

describe('abort() may come', () => {
  it('after close(), and ends what that waits for', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: hanging(4), session: script.session, numProcesses: 2 });
    await quiet();
    const closing = pool.close();
    await quiet();
    pool.abort(reason);
    await closing;
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(2);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(script.closed).toEqual([1, 1]);
  });

  it('before close(), once or twice', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: hanging(4), session: script.session, numProcesses: 2 });
    await quiet();
    pool.abort(reason);
    await Promise.all([pool.close(), pool.close()]);
    await pool.close();
    expect(script.closed).toEqual([1, 1]);
    expect(await collect(pool)).toHaveLength(2);
  });

  it('after all is done, and changes nothing', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(4), session: script.session, numProcesses: 2 });
    await pool.joinAll();
    await quiet();
    pool.abort(reason);
    expect(await collect(pool.responses())).toHaveLength(4);
    expect(await collect<unknown>(pool.exceptions())).toEqual([]);
    await pool.close();
    expect(script.closed).toEqual([1, 1]);
  });

  it('in the loop of a reader, which goes on to the end', async () => {
    const queue = new JobQueue<ScriptedJob>([...jobs(3), ...hanging(3), ...jobs(3)]);
    const pool = new Pool({ jobQueue: queue, session: new Script().session, numProcesses: 2 });
    const seen: Outcome<ScriptedJob>[] = [];
    for await (const outcome of pool) {
      seen.push(outcome);
      if (seen.length === 3) pool.abort(reason);
    }
    expect(seen.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4].slice(0, seen.length));
    for (const outcome of seen.slice(3)) expectAborted(errorOf(outcome));
    expect(seen.length + queue.size).toBe(9);
  });

  it('while a reader holds an outcome, and ends the others all the same', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = new Pool({ jobQueue: queue, session: new Script().session, numProcesses: 1 });
    const holder = pool.responses();
    await holder.next();
    const other = collect<unknown>(pool.responses());
    await quiet();
    pool.abort(reason);
    expect(await other).toEqual([]);
    expect(await holder.next()).toEqual({ done: true, value: undefined });
  });

  it.each([0, 1e9])(
    'from a listener for retries: none is made (backoff %i)',
    async (backoffBase) => {
      const script = new Script();
      const handles = new HandleWatch();
      const pool = handles.run(
        () =>
          new Pool({
            jobQueue: [failing('a'), ...hanging(2)],
            session: script.session,
            numProcesses: 2,
            retry: { limit: 3, backoffBase, backoffLimit: 1e9, shouldRetry: () => true },
          }),
      );
      pool.on('retry', () => pool.abort(reason));
      await pool.joinAll();
      await pool.close();
      const outcomes = await collect(pool);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['exception', 'exception']);
      expect(script.requests).toHaveLength(2);
      await expect.poll(() => handles.count).toBe(0);
      handles.stop();
    },
  );

  it.each([false, true])('from a shouldRetry: none is made (a promise: %j)', async (isLater) => {
    const script = new Script();
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: [failing('a'), ...hanging(2)],
      session: script.session,
      numProcesses: 2,
      retry: {
        limit: 3,
        backoffBase: 0,
        shouldRetry: () => {
          pool.abort(reason);
          return isLater ? Promise.resolve(true) : true;
        },
      },
    });
    const outcomes = await collect(pool);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['exception', 'exception']);
    expect(script.requests).toHaveLength(2);
  });

  it('from a response hook, and ends its own job too', async () => {
    const server = await startServer();
    const hooks = { response: () => pool.abort(reason) };
    const queue = new JobQueue([{ url: server.url, hooks }, { url: server.url }]);
    const pool: Pool = new Pool({ jobQueue: queue, numProcesses: 1 });
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(1);
    expectAborted(errorOf(outcomes[0]));
    expect(queue.size).toBe(1);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('from the source, while that is asked', async () => {
    const script = new Script();
    let isReturned = false;
    function* source(): Generator<ScriptedJob> {
      try {
        yield { url: 'a' };
        pool.abort(reason);
        yield { url: 'b' };
        yield { url: 'c' };
      } finally {
        isReturned = true;
      }
    }
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: source(),
      session: script.session,
      numProcesses: 1,
    });
    const outcomes = await collect(pool);
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1]);
    expectAborted(errorOf(outcomes[1]));
    expect(script.requests).toHaveLength(1);
    expect(isReturned).toBe(true);
  });

  it('from an initializer: no job is taken', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: queue,
      session: script.session,
      numProcesses: 2,
      initializer: async () => {
        await quiet();
        pool.abort(reason);
      },
    });
    await pool.joinAll();
    await pool.close();
    expect([queue.size, script.requests, script.isClosed]).toEqual([3, [], true]);
  });

  it('while an initializer takes its time: what was submitted ends, the sessions close', async () => {
    const script = new Script();
    const gate = new Gate();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool = new Pool({
      jobQueue: queue,
      session: script.session,
      numProcesses: 2,
      initializer: async () => gate.opened,
    });
    const submitted = pool.submit({ url: 'a' }).catch((error) => error);
    const joining = pool.joinAll();
    await quiet();
    pool.abort(reason);
    expectAborted(await submitted);
    await joining;
    expect(await collect<unknown>(pool)).toEqual([]);
    const closing = pool.close();
    gate.open();
    await closing;
    expect([queue.size, script.requests, script.closed]).toEqual([3, [], [1, 1]]);
  });
});
