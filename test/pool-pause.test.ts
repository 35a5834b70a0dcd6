import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, Pool, type PoolOptions } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startServer } from './helpers/http-server.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

/** Whether it is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await quiet();
  return settled;
}

const sent = ({ requests }: Script) => requests.map(({ url }) => url);

describe('a paused pool', () => {
  it('lets what is in flight end, and starts nothing', async () => {
    const script = new Script();
    const gate = new Gate();
    const queue = new JobQueue<ScriptedJob>(jobs(10, { when: gate }));
    const pool = new Pool({ jobQueue: queue, session: script.session, numProcesses: 3 });
    await quiet();
    pool.pause();
    gate.open();
    await quiet();
    expect([pool.getResponse(), pool.getResponse(), pool.getResponse()]).toMatchObject([
      { index: 0 },
      { index: 1 },
      { index: 2 },
    ]);
    expect(pool.getResponse()).toBe(undefined);
    expect(queue.size).toBe(7);
    const joining = pool.joinAll();
    expect(await isSettled(joining)).toBe(false);
    expect(script.closed).toEqual([0, 0, 0]);
    pool.resume();
    await joining;
    expect(await collect(pool.responses())).toHaveLength(7);
    expect(script.mishaps).toEqual([]);
  });

  it.each<[string, Omit<PoolOptions<ScriptedSession>, 'jobQueue'>, number[]]>([
    ['without limits', {}, [1, 2]],
    ['with a limit', { perOrigin: { concurrency: 5 } }, [1, 2]],
    ['that looks ahead', { perOrigin: { concurrency: 1 }, numProcesses: 2 }, [1]],
  ])('%s starts no job that its source hands out as it pauses it', async (_, options, begun) => {
    const script = new Script();
    function* source(): Generator<ScriptedJob> {
      const url = 'http://a.test/';
      yield { url, context: 1, when: 'later' };
      yield { url, context: 2 };
      pool.pause();
      yield { url: 'http://b.test/', context: 3 };
      yield { url, context: 4 };
    }
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: source(),
      session: script.session,
      numProcesses: 1,
      ...options,
    });
    await quiet();
    expect(script.requests.map(({ context }) => context)).toEqual(begun);
    expect(pool.isPaused).toBe(true);
    pool.resume();
    await pool.joinAll();
    expect(script.requests).toHaveLength(4);
  });

  it('says so', async () => {
    await using pool = new Pool({ session: new Script().session });
    expect(pool.isPaused).toBe(false);
    pool.pause();
    pool.pause();
    expect(pool.isPaused).toBe(true);
    pool.resume();
    expect(pool.isPaused).toBe(false);
    pool.resume();
    expect(pool.isPaused).toBe(false);
  });

  it('takes nothing if it was paused at once, nor asks its source', async () => {
    let taken = 0;
    function* source(): Generator<ScriptedJob> {
      for (const job of jobs(5)) {
        taken++;
        yield job;
      }
    }
    const pool = new Pool({ jobQueue: source(), session: new Script().session });
    pool.pause();
    await quiet();
    expect(taken).toBe(0);
    pool.resume();
    expect(await collect(pool)).toHaveLength(5);
  });

  it('holds what is submitted, and runs it before the jobs of the source', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(3), session: script.session, numProcesses: 1 });
    pool.pause();
    const submitted = ['a', 'b'].map((url) => pool.submit({ url }));
    expect(await isSettled(Promise.race(submitted))).toBe(false);
    expect(script.requests).toEqual([]);
    pool.resume();
    await Promise.all(submitted);
    await pool.joinAll();
    expect(sent(script)).toEqual(['a', 'b', 'job 0', 'job 1', 'job 2']);
  });

  it('starts on a resume as many jobs as it has sessions', async () => {
    const script = new Script();
    const gate = new Gate();
    const pool = new Pool({ session: script.session, numProcesses: 4 });
    await quiet();
    pool.pause();
    const submitted = jobs(10, { when: gate }).map((job) => pool.submit(job));
    await quiet();
    pool.resume();
    await quiet();
    expect(script.inFlight).toBe(4);
    gate.open();
    expect(await Promise.all(submitted)).toHaveLength(10);
    await pool.close();
    expect(script.mishaps).toEqual([]);
  });

  it('holds the jobs that its source had promised', async () => {
    const script = new Script();
    const gate = new Gate();
    async function* slow(): AsyncGenerator<ScriptedJob> {
      await gate.opened;
      yield* jobs(3);
    }
    const pool = new Pool({ jobQueue: slow(), session: script.session, numProcesses: 2 });
    await quiet();
    pool.pause();
    gate.open();
    await quiet();
    expect(script.requests).toEqual([]);
    pool.resume();
    expect(await collect(pool)).toHaveLength(3);
    expect(sent(script)).toEqual(['job 0', 'job 1', 'job 2']);
  });

  it('holds the retries too', async () => {
    const script = new Script();
    const pool = new Pool({
      jobQueue: [{ ...failing('a'), failure: { thrown: new Error('no'), times: 1 } }],
      session: script.session,
      retry: { limit: 1, backoffBase: 0, shouldRetry: () => true },
    });
    pool.on('retry', () => pool.pause());
    await quiet();
    expect(sent(script)).toEqual(['a']);
    pool.resume();
    expect(await collect(pool)).toMatchObject([{ kind: 'response', attempts: 2 }]);
    expect(sent(script)).toEqual(['a', 'a']);
  });

  it('holds what waits for its origin, or for the rate', async () => {
    const script = new Script();
    const gate = new Gate();
    const work = jobs(6).map(({ url }, i) => ({
      url: `http://${i % 2 === 0 ? 'a' : 'b'}.example/${url}`,
      when: gate,
    }));
    const pool = new Pool({
      jobQueue: work,
      session: script.session,
      numProcesses: 4,
      perOrigin: { concurrency: 1 },
      rateLimit: { limit: 100, interval: 1 },
    });
    await quiet();
    expect(script.inFlight).toBe(2);
    pool.pause();
    gate.open();
    await quiet();
    expect(script.requests).toHaveLength(2);
    pool.resume();
    expect(await collect(pool)).toHaveLength(6);
  });

  it('holds nothing that was in flight, on a server', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.end();
    });
    const urls = Array.from({ length: 12 }, (_, i) => `${server.url}/${i}`);
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 4 });
    await server.received(4);
    pool.pause();
    gate.open();
    await expect.poll(() => server.inFlight).toBe(0);
    await quiet();
    expect(server.requests).toHaveLength(4);
    const reading = collect(pool.responses());
    await quiet();
    expect(server.requests).toHaveLength(4);
    pool.resume();
    expect(await reading).toHaveLength(12);
  });

  it('may be paused and resumed by its reader, job by job', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(20), session: script.session, numProcesses: 3 });
    let count = 0;
    for await (const _ of pool) {
      count++;
      pool.pause();
      const { length } = script.requests;
      await quiet();
      expect(script.requests).toHaveLength(length);
      pool.resume();
    }
    expect(count).toBe(20);
  });

  it('is settled when what it had taken was all', async () => {
    const gate = new Gate();
    const queue = new JobQueue<ScriptedJob>(jobs(2, { when: gate }));
    const pool = new Pool({ jobQueue: queue, session: new Script().session, numProcesses: 3 });
    await quiet();
    pool.pause();
    gate.open();
    await pool.joinAll();
    expect(await collect(pool)).toHaveLength(2);
  });
});

describe('a paused pool that is closed', () => {
  it('runs what was submitted, takes nothing, and closes its sessions', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool = new Pool({ jobQueue: queue, session: script.session, numProcesses: 2 });
    pool.pause();
    const submitted = jobs(5).map((job) => pool.submit(job));
    await quiet();
    await pool.close();
    expect(await Promise.all(submitted)).toHaveLength(5);
    expect(queue.size).toBe(3);
    expect(script.requests).toHaveLength(5);
    expect(script.closed).toEqual([1, 1]);
    expect(script.mishaps).toEqual([]);
  });

  it('makes the retries that wait', async () => {
    const script = new Script();
    const failure = { thrown: new Error('no'), times: 1 };
    const pool = new Pool({
      jobQueue: [{ url: 'a', failure }],
      session: script.session,
      retry: { limit: 1, backoffBase: 0, shouldRetry: () => true },
    });
    pool.on('retry', () => pool.pause());
    await quiet();
    await pool.close();
    expect(await collect(pool)).toMatchObject([{ kind: 'response', attempts: 2 }]);
  });

  it('ends its readers', async () => {
    const pool = new Pool({ jobQueue: jobs(3), session: new Script().session });
    pool.pause();
    const reading = collect<unknown>(pool);
    await quiet();
    await pool.close();
    expect(await reading).toEqual([]);
  });
});

describe('a paused pool that is aborted', () => {
  it('ends what it holds, at once', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>([...jobs(2, { when: new Gate() }), ...jobs(3)]);
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: queue,
      session: script.session,
      numProcesses: 2,
    });
    await quiet();
    pool.pause();
    const submitted = pool.submit({ url: 'submitted' }).catch((error) => error);
    pool.abort('enough');
    expect(await submitted).toBeInstanceOf(AbortError);
    await pool.joinAll();
    expect(await collect(pool.exceptions())).toHaveLength(2);
    await pool.close();
    expect([queue.size, script.requests.length, script.closed]).toEqual([3, 2, [1, 1]]);
  });

  it('takes nothing more when it is resumed', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool = new Pool({ jobQueue: queue, session: script.session });
    pool.pause();
    await quiet();
    pool.abort();
    pool.resume();
    await pool.joinAll();
    await quiet();
    expect([queue.size, script.requests]).toEqual([3, []]);
  });
});

it('a paused pool holds no timer, socket or other handle', async () => {
  const server = await startServer();
  const handles = new HandleWatch();
  const pool = handles.run(() =>
    Pool.fromUrls(
      Array.from({ length: 20 }, (_, i) => `${server.url}/${i}`),
      {},
      { numProcesses: 2, rateLimit: { limit: 2, interval: 100_000 } },
    ),
  );
  await server.received(2);
  pool.pause();
  await expect.poll(() => server.inFlight).toBe(0);
  await expect.poll(() => handles.count).toBe(0);
  handles.stop();
  pool.abort();
  await pool.close();
});
