import { describe, expect, it } from 'vitest';
import { type JobSource, type Outcome, Pool, ThreadResponse } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  jobs,
  mixedJobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

const { session } = new Script();

describe('done() of a source', () => {
  /** A source that logs what it is told. */
  function watched(work: readonly ScriptedJob[]) {
    const pending = work.values();
    const told: [string, Outcome<ScriptedJob> | undefined][] = [];
    const source: JobSource<ScriptedJob> = {
      get: () => pending.next().value,
      done: ({ url }, outcome) => void told.push([url, outcome]),
    };
    return { source, told };
  }

  it('is called when the reader comes back for the next one', async () => {
    const { source, told } = watched(mixedJobs(3));
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    await pool.joinAll();
    expect(told).toEqual([]);
    const reader = pool.outcomes();
    const read: unknown[] = [];
    for (const expected of [0, 1, 2, 3]) {
      const { value } = await reader.next();
      expect(told).toHaveLength(expected);
      if (value !== undefined) read.push(value);
    }
    expect(told.map(([url]) => url)).toEqual(['job 0', 'job 1', 'job 2']);
    expect(told.every(([, outcome], i) => outcome === read[i])).toBe(true);
  });

  it('is called when getResponse() or getException() handed it out', async () => {
    const { source, told } = watched(mixedJobs(2));
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    await pool.joinAll();
    const given = [pool.getException(), pool.getResponse()];
    expect(told.map(([url]) => url)).toEqual(['job 1', 'job 0']);
    expect(told.every(([, outcome], i) => outcome === given[i])).toBe(true);
  });

  it.each<[string, (reader: AsyncGenerator<unknown>) => Promise<unknown>]>([
    ['breaks off', (reader) => reader.return(undefined)],
    ['throws', (reader) => reader.throw(new Error('in the loop')).catch(() => {})],
  ])('has no outcome if the reader %s', async (_, end) => {
    const { source, told } = watched(jobs(2));
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    const reader = pool.responses();
    await reader.next();
    await end(reader);
    expect(told).toEqual([['job 0', undefined]]);
    await collect(pool.responses());
    expect(told).toEqual([
      ['job 0', undefined],
      ['job 1', expect.any(ThreadResponse)],
    ]);
  });

  it('has no outcome if the reader gave up before it came', async () => {
    const { source, told } = watched(jobs(1));
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    const reader = pool.responses();
    void reader.next();
    await reader.return();
    expect(told).toEqual([['job 0', undefined]]);
    await pool.joinAll();
  });

  it.each(['throws', 'rejects'])('makes the pool fail when it %s, and no job', async (how) => {
    const broken = new Error('cannot acknowledge');
    const pending = jobs(3).values();
    const source: JobSource<ScriptedJob> = {
      get: () => pending.next().value,
      done() {
        if (how === 'rejects') return Promise.reject(broken);
        throw broken;
      },
    };
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    const read: string[] = [];
    const reading = async () => {
      for await (const { url } of pool.responses()) read.push(url);
    };
    await expect(reading()).rejects.toBe(broken);
    expect(read).toEqual(['job 0', 'job 1', 'job 2']);
    await expect(pool.joinAll()).rejects.toBe(broken);
  });

  it('does not hide what had made the pool fail before', async () => {
    const broken = new Error('the source broke');
    let given = 0;
    const source: JobSource<ScriptedJob> = {
      get() {
        if (given++ > 0) throw broken;
        return { url: 'a' };
      },
      done() {
        throw new Error('cannot acknowledge');
      },
    };
    const pool = new Pool({ jobQueue: source, session, numProcesses: 1 });
    await expect(pool.joinAll()).rejects.toBe(broken);
    expect(pool.getResponse()).toBeDefined();
    await expect(pool.joinAll()).rejects.toBe(broken);
  });

  it.each<[string, (pool: Pool<ScriptedSession>) => Promise<unknown>]>([
    ['the end of a reader', (pool) => collect(pool)],
    ['close()', async (pool) => [await pool.joinAll(), pool.getResponse(), await pool.close()]],
  ])('is waited for by %s', async (_, read) => {
    const { source } = watched(jobs(1));
    const gate = new Gate();
    const told: string[] = [];
    const done = async ({ url }: ScriptedJob) => {
      await gate.opened;
      told.push(url);
    };
    const pool = new Pool({ jobQueue: { get: source.get, done }, session, numProcesses: 1 });
    const reading = read(pool).then(() => told.length);
    await quiet();
    gate.open();
    expect(await reading).toBe(1);
  });

  it('that rejects is told by close() if nothing else told it', async () => {
    const { source } = watched(jobs(1));
    const broken = new Error('no connection to the queue');
    const done = () => Promise.reject(broken);
    const pool = new Pool({ jobQueue: { get: source.get, done }, session, numProcesses: 1 });
    await pool.joinAll();
    pool.getResponse();
    await expect(pool.close()).rejects.toBe(broken);
    await pool.close();
  });
});
