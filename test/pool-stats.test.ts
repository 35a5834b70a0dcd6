import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobQueue, type JobSource, Pool, type PoolOptions } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import {
  collect,
  failing,
  flaky,
  jobs,
  mixedJobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';
import { jobsOf, urlsOf } from './helpers/server-jobs.js';

type Options = PoolOptions<ScriptedSession>;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A pool of scripted sessions, one unless said. */
function poolOf(jobQueue: Options['jobQueue'], options: Options = {}) {
  const { session } = new Script();
  return new Pool<ScriptedSession>({ jobQueue, session, numProcesses: 1, ...options });
}

/** `count` gates, and a job behind each. */
function gatedJobs(count: number) {
  const gates = Array.from({ length: count }, () => new Gate());
  const work = gates.map((when, i): ScriptedJob => ({ url: `job ${i}`, when }));
  return { gates, work };
}

/** `count` jobs that fail once. */
const flakyJobs = (count: number) => jobs(count).map(({ url }) => flaky(url));

/** What there is of each, without the times. */
function counts({ stats }: Pool<ScriptedSession>) {
  const { taken, inFlight, waiting, succeeded, failed, retried } = stats;
  return { taken, inFlight, waiting, succeeded, failed, retried };
}

const NOTHING = { taken: 0, inFlight: 0, waiting: 0, succeeded: 0, failed: 0, retried: 0 };

describe('the counts of a pool', () => {
  it('are zero before anything was taken', async () => {
    const pool = poolOf(jobs(3));
    expect(counts(pool)).toEqual(NOTHING);
    expect(pool.stats).toMatchObject({ bytes: 0, elapsed: 0, total: 3, timeLeft: undefined });
    await pool.joinAll();
  });

  it('follow each job from its session to its end', async () => {
    const { gates, work } = gatedJobs(2);
    const pool = poolOf([...work, failing('b')], { numProcesses: 2 });
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 2, inFlight: 2 });
    gates[0]?.open();
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 3, inFlight: 1, succeeded: 1, failed: 1 });
    gates[1]?.open();
    await pool.joinAll();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 3, succeeded: 2, failed: 1 });
  });

  it('count what was submitted too', async () => {
    const { gates, work } = gatedJobs(1);
    const pool = poolOf(undefined);
    const answers = [...work, failing('b'), ...jobs(1)].map((job) => pool.submit(job));
    const settled = Promise.allSettled(answers);
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 3, inFlight: 1, waiting: 2 });
    gates[0]?.open();
    await settled;
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 3, succeeded: 2, failed: 1 });
    await pool.close();
  });

  it('call waiting what waits for a session, for its turn or for its retry', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const pool = poolOf([{ ...flaky('a'), retry: { backoffBase: 1000 } }]);
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 1, waiting: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 1, succeeded: 1, retried: 1 });
  });

  it('count what was sent again, not what was about to be', async () => {
    const pool = poolOf(flakyJobs(3));
    const outcomes = await collect(pool);
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 3, succeeded: 3, retried: 3 });
    const aborted = poolOf(flakyJobs(1));
    aborted.on('retry', () => aborted.abort());
    await aborted.joinAll();
    expect(counts(aborted)).toEqual({ ...NOTHING, taken: 1, failed: 1 });
  });

  it('take a job out of flight once it is aborted, though its session goes on', async () => {
    const { gates, work } = gatedJobs(1);
    const pool = poolOf(work.map((job) => ({ ...job, isDeaf: true })));
    await quiet();
    pool.abort();
    await pool.joinAll();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 1, failed: 1 });
    gates[0]?.open();
    await quiet();
    expect(counts(pool)).toEqual({ ...NOTHING, taken: 1, failed: 1 });
  });

  it('add up at every moment', async () => {
    const script = new Script();
    const seen: ReturnType<typeof counts>[] = [];
    const note = () => void seen.push(counts(pool));
    const work = [...mixedJobs(10), ...flakyJobs(10), ...jobs(5, { when: 'later' })];
    const pool: Pool<ScriptedSession> = new Pool<ScriptedSession>({
      jobQueue: work,
      numProcesses: 3,
      session: () => {
        const session = script.session();
        const request = session.request.bind(session);
        session.request = (...args) => {
          note();
          return request(...args);
        };
        return session;
      },
    });
    for (const event of ['response', 'exception', 'retry', 'progress'] as const)
      pool.on(event, note);
    for await (const _ of pool) note();
    note();
    expect(seen.length).toBeGreaterThan(100);
    for (const { taken, inFlight, waiting, succeeded, failed } of seen) {
      expect(taken).toBe(inFlight + waiting + succeeded + failed);
      expect(Math.min(inFlight, waiting)).toBeGreaterThanOrEqual(0);
      expect(inFlight).toBeLessThanOrEqual(3);
    }
    expect(seen.at(-1)).toEqual({ ...NOTHING, taken: 25, succeeded: 20, failed: 5, retried: 10 });
  });
});

describe('the bytes of a pool', () => {
  it('are those of the bodies in memory, decoded; not those of streamed ones', async () => {
    const server = await startServer(({ path }, reply) =>
      reply.end('x'.repeat(Number(path.slice(1)))),
    );
    const [ten, five] = [`${server.url}/10`, `${server.url}/5`];
    const pool = new Pool({ jobQueue: [{ url: ten }, { url: five }, { url: ten, stream: true }] });
    for await (const response of pool.responses()) await response.text();
    expect(pool.stats.bytes).toBe(15);
  });

  it('are those of custom sessions too, as far as their answers show them', async () => {
    const answers = [
      'four',
      Buffer.alloc(8),
      { body: 'xy' },
      { data: new ArrayBuffer(1) },
      7,
      null,
    ];
    const request = ({ index }: { index: number }) => answers[index];
    const jobQueue = answers.map((_, index) => ({ index }));
    const pool = new Pool({ jobQueue, session: () => ({ request }) });
    await pool.joinAll();
    expect(pool.stats.bytes).toBe(4 + 8 + 2 + 1);
  });
});

describe('the total of a pool', () => {
  const sources: [string, Options['jobQueue'], number | undefined][] = [
    ['an array', jobs(3), 3],
    ['a set', new Set(jobs(3)), 3],
    ['an empty array', [], 0],
    ['a job queue', new JobQueue(jobs(3)), 3],
    ['a source with a size', sourceOf(3), 3],
    ['a source without one', { get: () => undefined }, undefined],
    ['a generator', jobs(3).values(), undefined],
    ['an async iterable', asyncJobs(3), undefined],
    ['what has a length that is none', Object.assign(jobs(3).values(), { length: '3' }), undefined],
    ['no source', undefined, undefined],
  ];

  it.each(sources)('is known of %s if its length is', async (_, jobQueue, total) => {
    const pool = poolOf(jobQueue);
    expect(pool.stats.total).toBe(total);
    await pool.close();
  });

  it.each([
    ['an array', (urls: string[]) => urls, 3],
    ['a set', (urls: string[]) => new Set(urls), 3],
    ['a generator', (urls: string[]) => urls.values(), undefined],
  ])('is known of the URLs of fromUrls(): %s', async (_, from, total) => {
    const server = await startServer();
    const pool = Pool.fromUrls(from(urlsOf(server, 3)));
    expect(pool.stats.total).toBe(total);
    await pool.joinAll();
    expect(pool.stats).toMatchObject({ total: 3, succeeded: 3, timeLeft: 0 });
  });

  it('is known of the exceptions of fromExceptions() if they are an array', async () => {
    const failed = await collect(poolOf(mixedJobs(4)).exceptions());
    const again = Pool.fromExceptions<ScriptedSession>(failed, { session: new Script().session });
    expect(again.stats.total).toBe(2);
    await again.close();
  });

  it('stays the same while jobs go from the source to their ends', async () => {
    for (const source of [jobs(5), new JobQueue(jobs(5)), sourceOf(5)]) {
      const pool = poolOf(source);
      const totals: unknown[] = [];
      pool.on('progress', ({ total }) => totals.push(total));
      for await (const _ of pool) totals.push(pool.stats.total);
      expect(new Set(totals)).toEqual(new Set([5]));
    }
  });

  it('grows with what is put into the queue, is submitted, or joins the array', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(2));
    const pool = poolOf(queue);
    queue.put({ url: 'late' });
    expect(pool.stats.total).toBe(3);
    void pool.submit({ url: 'submitted' });
    expect(pool.stats.total).toBe(4);
    await pool.close();
    const list = jobs(2);
    const other = poolOf(list);
    list.push({ url: 'late' });
    expect(other.stats.total).toBe(3);
    list.length = 0;
    expect(other.stats.total).toBe(0);
    await other.joinAll();
  });

  it('is known at the end, whatever the source', async () => {
    for (const source of [jobs(3).values(), asyncJobs(3)]) {
      const pool = poolOf(source);
      await collect(pool);
      expect(pool.stats).toMatchObject({ taken: 3, total: 3, timeLeft: 0 });
    }
  });

  it.each(['close', 'abort'] as const)('is without what %s() leaves in the source', async (end) => {
    const { gates, work } = gatedJobs(3);
    const pool = poolOf(work);
    await quiet();
    expect(pool.stats.total).toBe(3);
    const ended = pool[end]();
    expect(pool.stats.total).toBe(1);
    gates[0]?.open();
    await ended;
    await pool.joinAll();
    expect(pool.stats).toMatchObject({ taken: 1, total: 1, timeLeft: 0 });
  });

  it('of a pool without a source is known once it is closed', async () => {
    const pool = poolOf(undefined);
    await pool.submit({ url: 'a' });
    expect(pool.stats.total).toBeUndefined();
    await pool.close();
    expect(pool.stats.total).toBe(1);
  });
});

/** A source of one's own that knows how many jobs it has. */
function sourceOf(count: number): JobSource<ScriptedJob> {
  const waiting = jobs(count);
  return {
    get: () => waiting.shift(),
    get size() {
      return waiting.length;
    },
  };
}

async function* asyncJobs(count: number) {
  yield* jobs(count);
}

describe('the times of a pool', () => {
  /** Jobs that take a second each, one after another. */
  const slow = (count: number) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const request = (_: ScriptedJob) => new Promise((resolve) => setTimeout(resolve, 1000));
    return { numProcesses: 1, session: () => ({ request }), jobQueue: jobs(count) };
  };
  const pass = async (milliseconds: number) => {
    await quiet();
    await vi.advanceTimersByTimeAsync(milliseconds);
    await quiet();
  };

  it('run from the first start on, and tell what is left at the pace so far', async () => {
    const pool = new Pool(slow(4));
    await pass(500);
    expect(pool.stats).toMatchObject({ elapsed: 500, timeLeft: undefined });
    await pass(500);
    expect(pool.stats).toMatchObject({ elapsed: 1000, succeeded: 1, timeLeft: 3000 });
    await pass(500);
    expect(pool.stats).toMatchObject({ elapsed: 1500, succeeded: 1, timeLeft: 4500 });
    for (let left = 0; left < 3; left++) await pass(1000);
    expect(pool.stats).toMatchObject({ elapsed: 4000, succeeded: 4, timeLeft: 0 });
  });

  it('are not told of a source that has no length', async () => {
    const pool = new Pool({ ...slow(2), jobQueue: jobs(2).values() });
    await pass(1000);
    expect(pool.stats).toMatchObject({ succeeded: 1, timeLeft: undefined });
    await pass(1000);
  });

  it('do not count what the pool was settled for', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = new Pool({ ...slow(0), jobQueue: queue });
    await pass(1000);
    await pass(60_000);
    expect(pool.stats.elapsed).toBe(1000);
    queue.put({ url: 'late' });
    await pass(500);
    expect(pool.stats.elapsed).toBe(1500);
    await pass(500);
    await pass(60_000);
    expect(pool.stats).toMatchObject({ elapsed: 2000, succeeded: 2, timeLeft: 0 });
    await pool.close();
  });

  it('count the wait for a retry, in which nothing is in flight', async () => {
    const { numProcesses } = slow(0);
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const pool = poolOf([{ ...flaky('a'), retry: { backoffBase: 700 } }], { numProcesses });
    await pass(700);
    expect(pool.stats).toMatchObject({ elapsed: 700, retried: 1, succeeded: 1 });
  });

  it('tell that nothing is left of nothing', async () => {
    const pool = poolOf([]);
    await pool.joinAll();
    expect(pool.stats).toMatchObject({ elapsed: 0, total: 0, timeLeft: 0 });
  });

  it('tell nothing of what is left while no job has been started', async () => {
    const signal = AbortSignal.abort();
    const pool = poolOf([{ url: 'a', signal }, ...jobs(1, { when: new Gate() })]);
    let told: unknown = 'nothing';
    pool.once('progress', ({ failed, elapsed, timeLeft }) => {
      told = [failed, elapsed, timeLeft];
    });
    await quiet();
    expect(told).toEqual([1, 0, undefined]);
    pool.abort();
  });
});

it('a response tells how long its job waited in the pool', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const gate = new Gate();
  const server = await startServer(async (_, reply) => {
    await gate.opened;
    reply.end();
  });
  const pool = new Pool({ numProcesses: 1 });
  const responses = urlsOf(server, 2).map((url) => pool.submit({ url }));
  await server.received(1);
  vi.advanceTimersByTime(300);
  gate.open();
  const timings = (await Promise.all(responses)).map((response) => response.timings);
  expect(timings.map(({ queued }) => queued)).toEqual([0, 300]);
  await pool.close();
});

it('a record of stats is of its moment', async () => {
  const server = await startServer();
  const pool = new Pool({ jobQueue: jobsOf(server, 2) });
  const before = pool.stats;
  await pool.joinAll();
  expect(before).toMatchObject({ taken: 0, succeeded: 0 });
  expect(pool.stats).toMatchObject({ taken: 2, succeeded: 2 });
});
