import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  mixedJobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

const indexes = (outcomes: readonly { index: number }[]) => outcomes.map(({ index }) => index);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** `count` jobs that wait for a gate each. */
function gatedJobs(count: number): { gates: Gate[]; work: ScriptedJob[] } {
  const gates = Array.from({ length: count }, () => new Gate());
  return { gates, work: gates.map((when, i) => ({ url: `job ${i}`, when })) };
}

/** Numbers from 0 on, in an order that is another for every seed. */
function shuffled(count: number, seed: number): number[] {
  const keys = upTo(count).map((i) => Math.imul(i + 1, 2_654_435_761 + 2 * seed) >>> 0);
  return upTo(count).sort((one, other) => (keys[one] as number) - (keys[other] as number));
}

/** Jobs, counted as they are taken. */
class Counted {
  taken = 0;

  constructor(readonly work: readonly ScriptedJob[]) {}

  *[Symbol.iterator](): Generator<ScriptedJob> {
    for (const job of this.work) {
      this.taken++;
      yield job;
    }
  }
}

describe('outcomes({ ordered: true })', () => {
  it.each([1, 2, 3])(
    'are in the order of the jobs, whichever is answered first (%i)',
    async (seed) => {
      const { gates, work } = gatedJobs(40);
      const { session } = new Script();
      const pool = new Pool({ jobQueue: work, session, numProcesses: 40 });
      const reading = collect(pool.outcomes({ ordered: true }));
      for (const i of shuffled(40, seed)) {
        gates[i]?.open();
        if (i % 3 === 0) await quiet();
      }
      expect(indexes(await reading)).toEqual(upTo(40));
    },
  );

  it('come as soon as all before them have come', async () => {
    const { gates, work } = gatedJobs(4);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 4 });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { index } of pool.outcomes({ ordered: true })) seen.push(index);
    })();
    const seenAfter = async (i: number) => {
      gates[i]?.open();
      await quiet();
      return [...seen];
    };
    expect(await seenAfter(1)).toEqual([]);
    expect(await seenAfter(0)).toEqual([0, 1]);
    expect(await seenAfter(3)).toEqual([0, 1]);
    expect(await seenAfter(2)).toEqual([0, 1, 2, 3]);
    await reading;
  });

  it('are both kinds, each in its place', async () => {
    const pool = new Pool({
      jobQueue: mixedJobs(50),
      session: new Script().session,
      numProcesses: 7,
    });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(indexes(outcomes)).toEqual(upTo(50));
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      upTo(50).map((i) => (i % 2 === 0 ? 'response' : 'exception')),
    );
  });

  it('come in their order from a pool that was joined before too', async () => {
    const { gates, work } = gatedJobs(20);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 20 });
    for (const i of shuffled(20, 4)) gates[i]?.open();
    await pool.joinAll();
    expect(indexes(await collect(pool.outcomes({ ordered: true })))).toEqual(upTo(20));
  });

  it('are in completion order without the option', async () => {
    const { gates, work } = gatedJobs(3);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 3 });
    for (const i of [2, 0, 1]) {
      gates[i]?.open();
      await quiet();
    }
    expect(indexes(await collect(pool.outcomes({ ordered: false })))).toEqual([2, 0, 1]);
  });

  it('hold up the taking of jobs, not memory, while the first one takes its time', async () => {
    const first = new Gate();
    const source = new Counted([{ url: 'first', when: first }, ...jobs(500)]);
    const pool = new Pool({
      jobQueue: source,
      session: new Script().session,
      numProcesses: 4,
      highWaterMark: 10,
    });
    const reading = collect(pool.outcomes({ ordered: true }));
    await quiet();
    expect(source.taken).toBeGreaterThanOrEqual(1 + 10);
    expect(source.taken).toBeLessThanOrEqual(10 + 4);
    first.open();
    expect(indexes(await reading)).toEqual(upTo(501));
    expect(source.taken).toBe(501);
  });

  it('wait for a job that is tried again, and for no other that was taken after it', async () => {
    const script = new Script();
    const work = jobs(6);
    const tried = new Map<string, number>();
    const pool = new Pool({
      jobQueue: work,
      numProcesses: 2,
      retry: { limit: 2, backoffBase: 1, shouldRetry: () => true },
      session: () => ({
        request(job: ScriptedJob) {
          const count = (tried.get(job.url) ?? 0) + 1;
          tried.set(job.url, count);
          if (job.url === 'job 0' || job.url === 'job 3') throw new Error(`no ${job.url}`);
          script.requests.push(job);
          return { url: job.url };
        },
      }),
    });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(indexes(outcomes)).toEqual(upTo(6));
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([3, 3, 3, 3, 3, 3]);
    expect(tried.get('job 3')).toBe(3);
  });

  it('share the outcomes with another reader: each goes to one, in order here', async () => {
    const { gates, work } = gatedJobs(60);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 60 });
    const ordered = collect(pool.outcomes({ ordered: true }));
    const others = collect(pool.responses());
    for (const i of shuffled(60, 5)) {
      gates[i]?.open();
      await quiet();
    }
    const seen = indexes(await ordered);
    const rest = indexes(await others);
    expect(seen.length).toBeGreaterThan(0);
    expect(rest.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect([...seen, ...rest].sort((a, b) => a - b)).toEqual(upTo(60));
  });

  it('go on past one that another reader, who came first, was given', async () => {
    const { gates, work } = gatedJobs(3);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 3 });
    const other = pool.responses();
    const first = other.next();
    const ordered = collect(pool.outcomes({ ordered: true }));
    for (const i of [0, 1, 2]) {
      gates[i]?.open();
      await quiet();
    }
    expect((await first).value).toMatchObject({ index: 0 });
    await other.return();
    expect(indexes(await ordered)).toEqual([1, 2]);
  });

  it('go on past one that another reader took from under those that are there already', async () => {
    const { gates, work } = gatedJobs(3);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 3 });
    gates[1]?.open();
    await quiet();
    const other = pool.responses();
    expect((await other.next()).value).toMatchObject({ index: 1 });
    const next = other.next();
    const ordered = collect(pool.outcomes({ ordered: true }));
    gates[2]?.open();
    await quiet();
    expect((await next).value).toMatchObject({ index: 2 });
    await other.return();
    gates[0]?.open();
    expect(indexes(await ordered)).toEqual([0]);
  });

  it('are shared by two such readers, each in order', async () => {
    const { gates, work } = gatedJobs(30);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 30 });
    const readers = [1, 2].map(() => collect(pool.outcomes({ ordered: true })));
    for (const i of shuffled(30, 6)) {
      gates[i]?.open();
      await quiet();
    }
    const [one = [], other = []] = (await Promise.all(readers)).map(indexes);
    for (const seen of [one, other]) expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect([...one, ...other].sort((a, b) => a - b)).toEqual(upTo(30));
  });

  it('are where a later ordered reader goes on after a break', async () => {
    const pool = new Pool({ jobQueue: jobs(10), session: new Script().session, numProcesses: 3 });
    const seen: number[] = [];
    for await (const { index } of pool.outcomes({ ordered: true }))
      if (seen.push(index) === 4) break;
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(indexes(await collect(pool.outcomes({ ordered: true })))).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it('include those of jobs that are put while they are read', async () => {
    const queue = new JobQueue<ScriptedJob>([{ url: '' }]);
    const pool = new Pool({ jobQueue: queue, session: new Script().session, numProcesses: 3 });
    const seen: number[] = [];
    for await (const { index, requestKwargs } of pool.outcomes({ ordered: true })) {
      seen.push(index);
      const { url } = requestKwargs;
      if (url.length < 4)
        for (const next of ['0', '1', '2'])
          queue.put(next === '1' ? failing(url + next) : { url: url + next, when: 'later' });
    }
    expect(seen).toEqual(upTo(1 + 3 + 9 + 27 + 81));
  });

  it('end after what an abort left: all that was taken, in order', async () => {
    const { gates, work } = gatedJobs(8);
    const source = new Counted([...work, ...jobs(100)]);
    const pool = new Pool({ jobQueue: source, session: new Script().session, numProcesses: 8 });
    const reading = collect(pool.outcomes({ ordered: true }));
    for (const i of [5, 2]) gates[i]?.open();
    // Those that take a free session's place end at once.
    await quiet();
    pool.abort('enough');
    const outcomes = await reading;
    expect(indexes(outcomes)).toEqual(upTo(source.taken));
    const aborted = outcomes.filter(({ kind }) => kind === 'exception');
    expect(indexes(aborted)).toEqual([0, 1, 3, 4, 6, 7]);
    for (const each of aborted) expect(each).toBeInstanceOf(AbortError);
  });

  it('know nothing of jobs that were submitted', async () => {
    const { gates, work } = gatedJobs(3);
    const pool = new Pool({ jobQueue: work, session: new Script().session, numProcesses: 2 });
    const submitted = [1, 2, 3].map((i) => pool.submit({ url: `submitted ${i}` }));
    const reading = collect(pool.outcomes({ ordered: true }));
    for (const i of [1, 2, 0]) {
      gates[i]?.open();
      await quiet();
    }
    expect(await Promise.all(submitted)).toHaveLength(3);
    expect(indexes(await reading)).toEqual([0, 1, 2]);
  });

  it('are those of the urls of fromUrls', async () => {
    const urls = upTo(20).map((i) => `http://a.example/${i}`);
    const pool = Pool.fromUrls<ReturnType<Script['session']>>(
      urls,
      {},
      {
        session: new Script().session,
        numProcesses: 3,
      },
    );
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes.map(({ requestKwargs }) => requestKwargs.url)).toEqual(urls);
  });
});

describe('outcomes()', () => {
  it('refuses an unknown option at once, and names the nearest', async () => {
    await using pool = new Pool({ jobQueue: [] });
    expect(() => pool.outcomes({ orderd: true } as object)).toThrow(TypeError);
    expect(() => pool.outcomes({ orderd: true } as object)).toThrow(/^outcomes: .*orderd.*ordered/);
  });

  it.each([null, 7, 'ordered', []])('refuses %j for its options', async (options) => {
    await using pool = new Pool({ jobQueue: [] });
    expect(() => pool.outcomes(options as never)).toThrow(TypeError);
  });

  it.each([null, 1, 0, '', 'true', {}])('refuses %j for ordered', async (ordered) => {
    await using pool = new Pool({ jobQueue: [] });
    expect(() => pool.outcomes({ ordered } as never)).toThrow(TypeError);
  });
});
