import { describe, expect, it } from 'vitest';
import { JobQueue, type Outcome, Pool, type PoolOptions } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  mixedJobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';
import { refuseUnhandledRejections } from './helpers/unhandled.js';

type Options = PoolOptions<ScriptedSession>;
type Told = Outcome<ScriptedJob>;

const thrown = new Error('a listener threw');

refuseUnhandledRejections();

function poolOf(jobQueue: Options['jobQueue'], options: Options = {}) {
  const { session } = new Script();
  return new Pool<ScriptedSession>({ jobQueue, session, numProcesses: 2, ...options });
}

describe('the events response and exception', () => {
  it('tell of each outcome, before its reader has it', async () => {
    const pool = poolOf(mixedJobs(10));
    const told: Told[] = [];
    pool.on('response', (outcome) => told.push(outcome));
    pool.on('exception', (outcome) => told.push(outcome));
    const read: Told[] = [];
    for await (const outcome of pool) {
      expect(told).toContain(outcome);
      read.push(outcome);
    }
    expect(read).toHaveLength(10);
    expect(new Set(told)).toEqual(new Set(read));
    expect(told.map(({ index }) => index)).toEqual(read.map(({ index }) => index));
  });

  it('tell of what was submitted, before its promise does', async () => {
    const pool = poolOf(undefined);
    const told: unknown[] = [];
    pool.on('response', ({ requestKwargs: { url }, index }) => told.push(['response', url, index]));
    pool.on('exception', ({ exception, index }) => told.push(['exception', exception, index]));
    await pool.submit({ url: 'a' }).then(() => told.push('resolved'));
    await pool.submit(failing('b', 'no')).catch(() => told.push('rejected'));
    expect(told).toEqual([['response', 'a', -1], 'resolved', ['exception', 'no', -1], 'rejected']);
    await pool.close();
  });

  it('tell of jobs that never ran', async () => {
    const pool = poolOf([{ url: 'a', signal: AbortSignal.abort() }]);
    const told: Told[] = [];
    pool.on('exception', (outcome) => told.push(outcome));
    await pool.joinAll();
    expect(told).toMatchObject([{ exception: { name: 'AbortError' }, attempts: 0 }]);
  });

  it('tell nothing of an answer that comes too late', async () => {
    const gate = new Gate();
    const pool = poolOf([{ url: 'a', when: gate, isDeaf: true }]);
    const told: Told[] = [];
    for (const event of ['response', 'exception'] as const)
      pool.on(event, (outcome: Told) => told.push(outcome));
    await quiet();
    pool.abort();
    await pool.joinAll();
    gate.open();
    await quiet();
    expect(told).toMatchObject([{ kind: 'exception' }]);
  });
});

describe('the event progress', () => {
  it('has the counts after each job, and those of the end', async () => {
    const pool = poolOf(mixedJobs(4), { numProcesses: 1 });
    const told: unknown[] = [];
    pool.on('progress', ({ succeeded, failed, inFlight, total }) =>
      told.push([succeeded, failed, inFlight, total]),
    );
    await pool.joinAll();
    expect(told).toEqual([
      [1, 0, 0, 4],
      [1, 1, 0, 4],
      [2, 1, 0, 4],
      [2, 2, 0, 4],
      [2, 2, 0, 4],
    ]);
  });

  it('tells of the end once, of each time that the pool is settled', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = poolOf(queue);
    let told = 0;
    pool.on('progress', () => void told++);
    await pool.joinAll();
    await pool.joinAll();
    expect(told).toBe(2);
    queue.put({ url: 'a' });
    await quiet();
    expect(told).toBe(4);
    await collect(pool);
    await pool.close();
    expect(told).toBe(4);
  });

  it('tells of the end of a source that has no length', async () => {
    const pool = poolOf(jobs(3).values());
    let last: unknown;
    pool.on('progress', (stats) => {
      last = stats;
    });
    await pool.joinAll();
    expect(last).toMatchObject({ total: 3, succeeded: 3, timeLeft: 0 });
    expect(last).toEqual(pool.stats);
  });

  it('whose listener throws at the end makes the pool fail, for there is no job to pay', async () => {
    const pool = poolOf(jobs(2));
    pool.on('progress', ({ inFlight, waiting, succeeded }) => {
      if (succeeded === 2 && inFlight + waiting === 0 && ++ends === 2) throw thrown;
    });
    let ends = 0;
    await expect(pool.joinAll()).rejects.toBe(thrown);
    expect(pool.stats).toMatchObject({ succeeded: 2, failed: 0 });
    await expect(collect(pool)).rejects.toBe(thrown);
  });

  it('may put a job when the pool is settled', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = poolOf(queue);
    let puts = 0;
    pool.on('progress', ({ total, succeeded }) => {
      if (total === succeeded && puts < 3) queue.put({ url: `put ${puts++}` });
    });
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(4);
    await pool.close();
  });
});
