import { describe, expect, it } from 'vitest';
import { JobQueue, Pool, type PoolOptions } from '../src/index.js';
import { Counted, poolOf } from './helpers/counted.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startServer } from './helpers/http-server.js';
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

const failingJobs = (count: number) => jobs(count).map(({ url }) => failing(url));

describe('a pool that nobody reads', () => {
  it.each(['generator', 'asyncGenerator', 'queue'] as const)(
    'asks its %s for no more jobs than its buffer and its sessions hold',
    async (kind) => {
      const source = new Counted(mixedJobs(500));
      poolOf(source[kind](), { numProcesses: 4, highWaterMark: 10 });
      await quiet();
      await quiet();
      expect(source.taken).toBeGreaterThanOrEqual(10);
      // An async generator has one more, asked for before that was known.
      expect(source.taken).toBeLessThanOrEqual(10 + 4);
    },
  );

  it('takes no job for an outcome that comes while the buffer is full', async () => {
    const gate = new Gate();
    const source = new Counted([...jobs(3, { when: gate }), ...jobs(100)]);
    poolOf(source.generator(), { numProcesses: 4, highWaterMark: 5 });
    await quiet();
    expect(source.taken).toBe(3 + 5);
    gate.open();
    await quiet();
    expect(source.taken).toBe(3 + 5);
  });

  it('stops at 1000 outcomes unless told otherwise', async () => {
    const source = new Counted(jobs(5000));
    poolOf(source.generator(), { numProcesses: 2 });
    await expect.poll(() => source.taken).toBeGreaterThanOrEqual(1000);
    await quiet();
    expect(source.taken).toBeLessThanOrEqual(1001);
  });

  it('has no limit if that is Infinity', async () => {
    const source = new Counted(jobs(3000));
    const highWaterMark = { outcomes: Infinity, bytes: Infinity };
    poolOf(source.generator(), { numProcesses: 2, highWaterMark });
    await expect.poll(() => source.taken).toBe(3000);
  });

  it('takes none while a shouldRetry takes its time, beyond those that its sessions are for', async () => {
    const gate = new Gate();
    const source = new Counted(failingJobs(500));
    const shouldRetry = async () => {
      await gate.opened;
      return false;
    };
    const pool = poolOf(source.generator(), {
      numProcesses: 4,
      highWaterMark: 10,
      retry: { limit: 1, shouldRetry },
    });
    await quiet();
    expect(source.taken).toBe(4);
    gate.open();
    expect(await collect(pool)).toHaveLength(500);
  });

  it('still runs what is submitted', async () => {
    const source = new Counted(jobs(100));
    const pool = poolOf(source.generator(), { numProcesses: 2, highWaterMark: 1 });
    await quiet();
    const { taken } = source;
    await Promise.all(jobs(50).map((job) => pool.submit(job)));
    expect(source.taken).toBe(taken);
  });

  it('leaves the rest to others, if it is a queue', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(20));
    const pool = poolOf(queue, { numProcesses: 1, highWaterMark: 5 });
    await quiet();
    expect(queue.size).toBe(15);
    const other = collect(poolOf(queue, { numProcesses: 1 }).responses());
    await quiet();
    expect(queue.size).toBe(0);
    expect(await collect(pool.responses())).toHaveLength(5);
    expect(await other).toHaveLength(15);
  });
});

describe('what was looked ahead at', () => {
  const SMALL = { numProcesses: 4, highWaterMark: 10, lookAhead: 100 };
  /** The later, the more urgent. */
  const rising = (count: number) => jobs(count).map((job, priority) => ({ ...job, priority }));
  const ofOneOrigin = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ url: `http://a.test/${i}` }));

  it.each<[string, ScriptedJob[], PoolOptions<ScriptedSession>]>([
    ['for the most urgent job', rising(500), {}],
    ['past a limit', ofOneOrigin(500), { perOrigin: { concurrency: 1 } }],
  ])('%s is not run while the buffer is full', async (_, work, limits) => {
    const script = new Script();
    const source = new Counted(work);
    const jobQueue = source.generator();
    const pool = new Pool({ jobQueue, session: script.session, ...SMALL, ...limits });
    await quiet();
    const ran = script.requests.length;
    expect(ran).toBeGreaterThanOrEqual(10);
    expect(ran).toBeLessThanOrEqual(9 + 4);
    expect(source.taken).toBeLessThanOrEqual(ran + 100);
    for (let read = 1; read <= ran - 9; read++) expect(pool.getResponse()).toBeDefined();
    await quiet();
    expect(script.requests.length).toBeGreaterThan(ran);
    expect(script.requests.length).toBeLessThanOrEqual(ran + 4);
    expect(await collect(pool)).toHaveLength(500 - (ran - 9));
  });

  it('is run while it goes before a job that was submitted', async () => {
    const pool = poolOf(rising(500).values(), SMALL);
    await quiet();
    expect(await pool.submit({ url: 'waited for' })).toMatchObject({ url: 'waited for' });
    await quiet();
    expect(await collect(pool)).toHaveLength(500);
  });

  it('is run no longer when nobody waits for what was submitted', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: rising(500).values(), session: script.session, ...SMALL });
    await quiet();
    await pool.submit({ url: 'urgent', priority: 1_000 });
    await quiet();
    const ran = script.requests.length;
    expect(ran).toBeLessThanOrEqual(9 + 4 + 1 + 4);
    await quiet();
    expect(script.requests).toHaveLength(ran);
  });

  it('is run while an ordered reader waits for one of it', async () => {
    const pool = poolOf(rising(500).values(), { ...SMALL, highWaterMark: 1 });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes.map(({ index }) => index)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('is run when the pool is closed, and nothing more is taken', async () => {
    const source = new Counted(rising(500));
    const pool = poolOf(source.generator(), SMALL);
    await quiet();
    const { taken } = source;
    await pool.close();
    expect(source.taken).toBe(taken);
    expect(await collect(pool)).toHaveLength(taken);
  });
});

describe('reading', () => {
  it('has one job taken for each outcome that was read', async () => {
    const source = new Counted(mixedJobs(100));
    const pool = poolOf(source.generator(), { numProcesses: 1, highWaterMark: 4 });
    await quiet();
    expect(source.taken).toBe(4);
    for (let read = 1; read <= 10; read++) {
      expect(pool.getResponse() ?? pool.getException()).toBeDefined();
      await quiet();
      expect(source.taken).toBe(4 + read);
    }
  });

  it('has it taken at once, when an iterator has handed the outcome out', async () => {
    const source = new Counted(jobs(100));
    const pool = poolOf(source.generator(), { numProcesses: 1, highWaterMark: 4 });
    await quiet();
    const reader = pool.responses();
    for (let read = 1; read <= 10; read++) {
      expect(await reader.next()).toMatchObject({ value: { index: read - 1 } });
      await quiet();
      expect(source.taken).toBe(4 + read);
    }
  });

  it('keeps what is unread few, in a loop that takes its time', async () => {
    const source = new Counted(jobs(300));
    const pool = poolOf(source.generator(), { numProcesses: 3, highWaterMark: 6 });
    let [read, most] = [0, 0];
    for await (const _ of pool) {
      read++;
      await quiet();
      most = Math.max(most, source.taken - read);
    }
    expect(read).toBe(300);
    expect(most).toBeLessThanOrEqual(6 + 3);
    expect(most).toBeGreaterThanOrEqual(6);
  });
});

describe('a full pool that nobody reads', () => {
  it('holds no timer, socket or other handle: its script exits', async () => {
    const server = await startServer((_, reply) => reply.end('x'));
    const handles = new HandleWatch();
    const urls = Array.from({ length: 60 }, (_, i) => `${server.url}/${i}`);
    const pool = handles.run(() => Pool.fromUrls(urls, {}, { numProcesses: 3, highWaterMark: 5 }));
    await server.received(5);
    await expect.poll(() => server.inFlight).toBe(0);
    await expect.poll(() => handles.count).toBe(0);
    handles.stop();
    expect(server.requests.length).toBeLessThanOrEqual(4 + 3);
    await pool.close();
  });

  it.each<[string, PoolOptions]>([
    ['of all origins', { rateLimit: { limit: 1, interval: 100_000 } }],
    ['of an origin', { perOrigin: { rateLimit: { limit: 1, interval: 100_000 } } }],
  ])('holds no timer for the rate %s that it waited for before', async (_, limits) => {
    const gate = new Gate();
    const server = await startServer((_, reply) => gate.opened.then(() => reply.end()));
    const handles = new HandleWatch();
    const urls = Array.from({ length: 5 }, (_, i) => `${server.url}/${i}`);
    const options = { numProcesses: 2, highWaterMark: 1, ...limits };
    const pool = handles.run(() => Pool.fromUrls(urls, {}, options));
    await server.received(1);
    gate.open();
    await expect.poll(() => server.inFlight).toBe(0);
    await expect.poll(() => handles.count).toBe(0);
    handles.stop();
    expect(server.requests).toHaveLength(1);
    pool.abort();
    await pool.close();
  });

  it('closes its sessions when it is closed, and its outcomes can still be read', async () => {
    const script = new Script();
    const { session } = script;
    const pool = new Pool({ jobQueue: jobs(50), session, numProcesses: 2, highWaterMark: 5 });
    await quiet();
    await pool.close();
    expect(script.closed).toEqual([1, 1]);
    expect(await collect(pool)).toHaveLength(script.requests.length);
    expect(script.requests.length).toBeLessThanOrEqual(4 + 2);
  });
});

describe('the limit is lifted', () => {
  it('while somebody waits in joinAll()', async () => {
    const source = new Counted(mixedJobs(200));
    const pool = poolOf(source.generator(), { numProcesses: 2, highWaterMark: 1 });
    await quiet();
    expect(source.taken).toBeLessThanOrEqual(2);
    await pool.joinAll();
    expect(source.taken).toBe(200);
    expect(await collect(pool)).toHaveLength(200);
  });

  it('while somebody waits in exceptions(), and responses fill the buffer', async () => {
    const source = new Counted([...jobs(100), failing('last')]);
    const pool = poolOf(source.generator(), { numProcesses: 2, highWaterMark: 1 });
    expect(await collect(pool.exceptions())).toHaveLength(1);
    expect(await collect(pool.responses())).toHaveLength(100);
  });

  it('while somebody waits in responses(), and exceptions fill the buffer', async () => {
    const source = new Counted([...failingJobs(100), { url: 'last' }]);
    const pool = poolOf(source.generator(), { numProcesses: 2, highWaterMark: 1 });
    expect(await collect(pool.responses())).toHaveLength(1);
    expect(await collect(pool.exceptions())).toHaveLength(100);
  });

  it('no longer than they wait', async () => {
    const source = new Counted([...failingJobs(50), { url: 'answered' }, ...failingJobs(50)]);
    const pool = poolOf(source.generator(), { numProcesses: 1, highWaterMark: 3 });
    const reader = pool.responses();
    expect((await reader.next()).value).toMatchObject({ index: 50 });
    await quiet();
    expect(source.taken).toBe(51);
    await reader.return();
    await quiet();
    expect(source.taken).toBe(51);
    expect(await collect(pool.exceptions())).toHaveLength(100);
  });
});
