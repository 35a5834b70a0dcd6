import { describe, expect, it } from 'vitest';
import { Pool, type PoolOptions } from '../src/index.js';
import { Counted, poolOf } from './helpers/counted.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

/** `count` jobs that come by promises, as those of a durable queue do. */
const promised = (count: number, gate: Gate) =>
  new Counted(jobs(count, { when: gate })).asyncGenerator();

describe('a source that answers by promises', () => {
  it('is asked for every session again after a pause', async () => {
    const script = new Script();
    const [first, gate] = [new Gate(), new Gate()];
    const work = [...jobs(4, { when: first }), ...jobs(40, { when: gate })];
    const jobQueue = new Counted(work).asyncGenerator();
    const pool = new Pool({ jobQueue, session: script.session, numProcesses: 4 });
    await quiet();
    pool.pause();
    first.open();
    await quiet();
    expect(script.inFlight).toBe(0);
    pool.resume();
    await quiet();
    expect(script.inFlight).toBe(4);
    gate.open();
    expect(await collect(pool)).toHaveLength(44);
  });

  it('is asked for every session again when a full buffer does not matter any more', async () => {
    const script = new Script();
    const gate = new Gate();
    const work = [...jobs(10), ...jobs(40, { when: gate })];
    const jobQueue = new Counted(work).asyncGenerator();
    const { session } = script;
    const pool = new Pool({ jobQueue, session, numProcesses: 4, highWaterMark: 6 });
    await quiet();
    const joining = pool.joinAll();
    await quiet();
    expect(script.inFlight).toBe(4);
    gate.open();
    await joining;
    expect(await collect(pool)).toHaveLength(50);
  });

  it('is asked for every session at once, before it has answered the first', async () => {
    const gate = new Gate();
    const work = jobs(20).values();
    let pending = 0;
    // The first four are there, as in a queue that has fetched them.
    const get = (): ScriptedJob | undefined | Promise<ScriptedJob | undefined> => {
      const { value } = work.next();
      if (value === undefined || Number(value.url.slice(4)) < 4) return value;
      pending++;
      return gate.opened.then(() => value);
    };
    const pool = poolOf({ get }, { numProcesses: 4, highWaterMark: 1 });
    await quiet();
    expect(pending).toBe(0);
    const joining = pool.joinAll();
    expect(pending).toBe(4);
    gate.open();
    await joining;
    expect(await collect(pool)).toHaveLength(20);
  });

  it.each<[string, PoolOptions<ScriptedSession>]>([
    ['nothing is limited', {}],
    ['how many are in flight of an origin is', { perOrigin: { concurrency: 2 } }],
    ['the rate is', { rateLimit: { limit: 100, interval: 1 } }],
  ])('is asked for every session from the start, where %s', async (_, limits) => {
    const script = new Script();
    const gate = new Gate();
    const options = { session: script.session, numProcesses: 4, ...limits };
    const pool = new Pool({ jobQueue: promised(20, gate), ...options });
    await quiet();
    expect(script.inFlight).toBe(4);
    gate.open();
    expect(await collect(pool)).toHaveLength(20);
  });

  it('may hand out a job whose signal is aborted already, which is not run', async () => {
    const script = new Script();
    const reason = new Error('too late');
    async function* work() {
      yield { url: 'late', signal: AbortSignal.abort(reason) };
      yield { url: 'next' };
    }
    const pool = new Pool({ jobQueue: work(), session: script.session, numProcesses: 1 });
    await pool.joinAll();
    expect(await collect(pool.outcomes({ ordered: true }))).toMatchObject([
      { kind: 'exception', exception: { name: 'AbortError', cause: reason }, attempts: 0 },
      { kind: 'response', response: { url: 'next' } },
    ]);
    expect(script.requests).toHaveLength(1);
  });

  it('fails what it hands out after an abort, with the reason', async () => {
    const script = new Script();
    const gate = new Gate();
    async function* late() {
      await gate.opened;
      yield { url: 'late' };
    }
    const pool = new Pool({ jobQueue: late(), session: script.session, numProcesses: 1 });
    await quiet();
    const reason = new Error('enough');
    pool.abort(reason);
    gate.open();
    await quiet();
    expect(pool.getException()?.exception).toMatchObject({
      name: 'AbortError',
      message: 'the job was aborted',
      cause: reason,
    });
    expect(script.requests).toEqual([]);
  });
});

describe('a source that calls its pool while it is asked', () => {
  it('may resume it', async () => {
    function* source() {
      for (const [i, job] of jobs(300).entries()) {
        if (i % 10 === 9) pool.resume();
        yield job;
      }
    }
    const pool: Pool<ScriptedSession> = poolOf(source(), { numProcesses: 4, highWaterMark: 5 });
    await quiet();
    await pool.joinAll();
    expect(await collect(pool)).toHaveLength(300);
  });

  it.each<[string, (pool: Pool<ScriptedSession>) => unknown]>([
    ['resume it', (pool) => pool.resume()],
    ['wait for it', (pool) => pool.joinAll()],
    ['read it', (pool) => pool.responses().next()],
  ])('may %s while other sessions wait for work', async (_, act) => {
    const script = new Script();
    const gate = new Gate();
    const work = jobs(8, { when: gate });
    function* source() {
      for (const job of work) {
        void act(pool);
        yield job;
      }
    }
    const options = { session: script.session, numProcesses: 4 };
    const pool: Pool<ScriptedSession> = new Pool({ jobQueue: source(), ...options });
    pool.pause();
    await quiet();
    pool.resume();
    await quiet();
    expect(script.inFlight).toBe(4);
    gate.open();
    await pool.joinAll();
    expect(script.requests).toHaveLength(8);
  });

  it('may submit as many jobs as sessions wait', async () => {
    const script = new Script();
    const gate = new Gate();
    const submitted: Promise<unknown>[] = [];
    function* source() {
      for (const job of jobs(2, { when: gate })) submitted.push(pool.submit(job));
      yield* jobs(4, { when: gate });
    }
    const options = { session: script.session, numProcesses: 3 };
    const pool: Pool<ScriptedSession> = new Pool({ jobQueue: source(), ...options });
    pool.pause();
    await quiet();
    pool.resume();
    await quiet();
    expect(script.inFlight).toBe(3);
    gate.open();
    await pool.joinAll();
    expect(await Promise.all(submitted)).toHaveLength(2);
    expect(script.requests).toHaveLength(6);
  });
});
