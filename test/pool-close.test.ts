import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

describe('close()', () => {
  it('lets what is in flight end, and leaves the rest in the queue', async () => {
    const script = new Script();
    const gate = new Gate();
    const queue = new JobQueue(jobs(10, { when: gate }));
    const pool = new Pool({ session: script.session, jobQueue: queue, numProcesses: 3 });
    await quiet();
    const closing = pool.close();
    await quiet();
    expect(script.closed).toEqual([0, 0, 0]);
    gate.open();
    await closing;
    expect(queue.size).toBe(7);
    expect(script.closed).toEqual([1, 1, 1]);
    expect(await collect(pool.responses())).toHaveLength(3);
  });

  it('still runs what was submitted', async () => {
    const script = new Script();
    const pool = new Pool({ session: script.session, numProcesses: 1 });
    const submitted = jobs(3).map((job) => pool.submit(job));
    const closing = pool.close();
    expect(await Promise.all(submitted)).toHaveLength(3);
    await closing;
    expect(script.closed).toEqual([1]);
  });

  it('takes no job if it comes at once', async () => {
    const script = new Script();
    const queue = new JobQueue(jobs(3));
    const pool = new Pool({ session: script.session, jobQueue: queue });
    await pool.close();
    expect(queue.size).toBe(3);
    expect(script.requests).toEqual([]);
    expect(script.isClosed).toBe(true);
  });

  it('waits for the sessions to close, and may be called again', async () => {
    const gate = new Gate();
    const script = new Script();
    const pool = new Pool({
      session: script.session,
      numProcesses: 1,
      initializer: (session) => {
        session.close = () => gate.opened;
      },
    });
    let closed = false;
    const closing = Promise.all([pool.close(), pool.close()]).then(() => {
      closed = true;
    });
    await quiet();
    expect(closed).toBe(false);
    gate.open();
    await closing;
    await pool.close();
  });

  it('is what await using does', async () => {
    const script = new Script();
    {
      await using pool = new Pool({ session: script.session });
      await pool.submit({ url: 'a' });
    }
    expect(script.isClosed).toBe(true);
  });

  it('ends readers and joiners although the source will never answer', async () => {
    const script = new Script();
    const source = { get: () => new Promise<undefined>(() => {}) };
    const pool = new Pool({ session: script.session, jobQueue: source, numProcesses: 2 });
    const waiting = Promise.all([
      collect<unknown>(pool.responses()),
      collect<unknown>(pool.exceptions()),
      collect<unknown>(pool),
      pool.joinAll(),
    ]);
    await quiet();
    await pool.close();
    expect(await waiting).toEqual([[], [], [], undefined]);
    expect(script.closed).toEqual([1, 1]);
  });

  it('makes an exception of a job that the source hands out nevertheless', async () => {
    const script = new Script();
    const gate = new Gate();
    async function* slow(): AsyncGenerator<ScriptedJob> {
      await gate.opened;
      yield { url: 'late' };
    }
    const pool = new Pool({ session: script.session, jobQueue: slow(), numProcesses: 1 });
    await quiet();
    await pool.close();
    gate.open();
    await quiet();
    const exception = pool.getException();
    expect(exception).toMatchObject({ requestKwargs: { url: 'late' }, index: 0 });
    expect(exception?.exception).toBeInstanceOf(AbortError);
    expect(exception?.message).toBe('the pool was closed before the job could run');
    expect(script.requests).toEqual([]);
    expect(script.closed).toEqual([1]);
  });

  it('waits until the source has confirmed each outcome, those that are read meanwhile too', async () => {
    const gates = [new Gate(), new Gate(), new Gate()];
    let confirmed = 0;
    const work = jobs(3).values();
    const source = {
      get: () => work.next().value,
      done: async ({ url }: ScriptedJob) => {
        await gates[Number(url.slice(4))]?.opened;
        confirmed++;
      },
    };
    const { session } = new Script();
    const pool = new Pool<ScriptedSession>({ jobQueue: source, session, numProcesses: 1 });
    await pool.joinAll();
    pool.getResponse();
    let seen: number | undefined;
    const closing = pool.close().then(() => {
      seen = confirmed;
    });
    await quiet();
    while (pool.getResponse() !== undefined);
    for (const gate of gates) {
      await quiet();
      expect(seen).toBeUndefined();
      gate.open();
    }
    await closing;
    expect(seen).toBe(3);
  });
});
