import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, type Outcome, Pool, type PoolOptions } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import {
  collect,
  failing,
  flaky,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';
import { refuseUnhandledRejections } from './helpers/unhandled.js';

type Options = PoolOptions<ScriptedSession>;
type Told = Outcome<ScriptedJob>;

const EVENTS = ['response', 'exception', 'retry', 'progress'] as const;
type Event = (typeof EVENTS)[number];

const thrown = new Error('a listener threw');

const unhandled = refuseUnhandledRejections();

function poolOf(jobQueue: Options['jobQueue'], options: Options = {}) {
  const { session } = new Script();
  return new Pool<ScriptedSession>({ jobQueue, session, numProcesses: 2, ...options });
}

/** One job of each kind, and then others. */
const ALL_KINDS = [{ url: 'a' }, failing('b'), flaky('c'), { url: 'd' }, failing('e'), flaky('f')];

describe('listeners', () => {
  it('that are attached beside the constructor hear everything', async () => {
    const pool = poolOf(ALL_KINDS);
    const heard = new Map<Event, number>();
    for (const event of EVENTS)
      pool.on(event, () => void heard.set(event, (heard.get(event) ?? 0) + 1));
    await pool.joinAll();
    expect(Object.fromEntries(heard)).toEqual({ response: 4, exception: 2, retry: 2, progress: 7 });
  });

  it('are told in their order: the event itself, then the progress', async () => {
    const pool = poolOf([flaky('a'), failing('b')], { numProcesses: 1 });
    const heard: unknown[] = [];
    for (const event of EVENTS) pool.on(event, () => heard.push(event));
    await pool.joinAll();
    const progress = ['progress', 'progress'];
    expect(heard.slice(0, 1)).toEqual(['retry']);
    expect(heard.toSorted()).toEqual(
      ['exception', ...progress, 'progress', 'response', 'retry'].toSorted(),
    );
    for (const event of ['response', 'exception'])
      expect(heard[heard.indexOf(event) + 1]).toBe('progress');
  });

  it.each(EVENTS)(
    'of %s that throw cost the job that they were told of, and no other',
    async (event) => {
      const pool = poolOf(ALL_KINDS);
      let calls = 0;
      pool.on(event, () => {
        if (++calls === 1) throw thrown;
      });
      const outcomes = await collect(pool.outcomes({ ordered: true }));
      expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
      const paid = outcomes.filter(
        (outcome) => 'exception' in outcome && outcome.exception === thrown,
      );
      expect(paid).toHaveLength(1);
      const { succeeded, failed, taken, inFlight, waiting, bytes } = pool.stats;
      expect([succeeded + failed, taken, inFlight, waiting, bytes]).toEqual([6, 6, 0, 0, 0]);
      expect(succeeded).toBe(event === 'exception' ? 4 : 3 + (paid[0]?.index === 1 ? 1 : 0));
    },
  );

  it.each(EVENTS)('of %s that always throw leave each job its one outcome', async (event) => {
    const pool = poolOf(ALL_KINDS);
    pool.on(event, () => {
      throw thrown;
    });
    const outcomes: Told[] = [];
    const reading = (async () => {
      for await (const outcome of pool) outcomes.push(outcome);
    })();
    if (event === 'progress') await expect(reading).rejects.toBe(thrown);
    else await reading;
    expect(outcomes.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(pool.stats).toMatchObject({ taken: 6, inFlight: 0, waiting: 0 });
  });

  it('of a response that throw hear of the exception next, with what they threw', async () => {
    const pool = poolOf(jobs(1));
    const heard: unknown[] = [];
    pool.on('response', () => {
      throw thrown;
    });
    pool.on('exception', ({ exception, attempts, session }) =>
      heard.push(exception, attempts, session?.number),
    );
    await pool.joinAll();
    expect(heard).toEqual([thrown, 1, expect.any(Number)]);
    expect(pool.stats).toMatchObject({ succeeded: 0, failed: 1 });
  });

  it('that throw take the place of what the job failed with', async () => {
    const pool = poolOf([failing('a', 'the first')]);
    pool.on('exception', () => {
      throw thrown;
    });
    const [outcome] = await collect(pool);
    expect(outcome).toMatchObject({ kind: 'exception', exception: thrown });
  });

  it('that throw reject what was submitted', async () => {
    const pool = poolOf(undefined);
    pool.on('response', () => {
      throw thrown;
    });
    await expect(pool.submit({ url: 'a' })).rejects.toBe(thrown);
    await pool.close();
  });

  it.each(['response', 'progress'] as const)(
    'of %s that throw give up the response: its connection is freed, its bytes do not count',
    async (event) => {
      const server = await startServer((_, reply) => void reply.writeHead(200).write('a'));
      const other = await startServer((_, reply) => reply.end('12345'));
      const pool = new Pool({
        jobQueue: [{ url: server.url, stream: true }, { url: other.url }],
        numProcesses: 1,
      });
      let calls = 0;
      pool.on(event, () => {
        if (++calls <= 2) throw thrown;
      });
      const outcomes = await collect(pool.exceptions());
      expect(outcomes.length).toBeGreaterThanOrEqual(1);
      expect(outcomes[0]).toMatchObject({ exception: thrown });
      await expect.poll(() => server.openConnections).toBe(0);
      expect(pool.stats.bytes).toBe(event === 'response' ? 0 : 5);
    },
  );

  it('of a response that throw destroy the stream of a custom session', async () => {
    const body = new Readable({ read: () => {} });
    const request = (_: ScriptedJob) => ({ body });
    const pool = new Pool({ jobQueue: jobs(1), session: () => ({ request }) });
    pool.on('response', () => {
      throw thrown;
    });
    await pool.joinAll();
    expect(body.destroyed).toBe(true);
  });
});

describe('async listeners', () => {
  it.each(EVENTS)('of %s that reject make the pool fail, and no job is lost', async (event) => {
    for (const read of ['joinAll', 'outcomes', 'close'] as const) {
      const pool = poolOf(ALL_KINDS);
      pool.on(event, async () => {
        throw thrown;
      });
      if (read === 'close') await quiet();
      if (read === 'joinAll') await expect(pool.joinAll()).rejects.toBe(thrown);
      if (read === 'outcomes') await expect(collect(pool)).rejects.toBe(thrown);
      if (read !== 'close') await pool.close();
      else await expect(pool.close()).rejects.toBe(thrown);
      expect(pool.stats).toMatchObject({ taken: 6, succeeded: 4, failed: 2 });
    }
  });

  it.each(['response', 'progress'] as const)(
    'that reject of the very last job come out of joinAll() and the iterators: %s',
    async (event) => {
      for (const when of ['now', 'soon', 'later'] as const) {
        const reject = async () => {
          await null;
          throw thrown;
        };
        const joined = poolOf(jobs(1, { when }));
        joined.once(event, reject);
        await expect(joined.joinAll()).rejects.toBe(thrown);
        const read = poolOf(jobs(1, { when }));
        read.once(event, reject);
        await expect(collect(read.responses())).rejects.toBe(thrown);
      }
    },
  );
});

describe('what listeners do to their pool', () => {
  it.each(EVENTS)('abort() in %s ends the others, and none is lost', async (event) => {
    const pool = poolOf([...ALL_KINDS, ...jobs(20, { when: 'later' })]);
    pool.on(event, () => pool.abort());
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(pool.stats.taken);
    expect(pool.stats).toMatchObject({ inFlight: 0, waiting: 0 });
    expect(new Set(outcomes.map(({ index }) => index)).size).toBe(outcomes.length);
  });

  it('aborting a job whose retry they are told of makes it an AbortError', async () => {
    const controller = new AbortController();
    const pool = poolOf([{ ...flaky('a'), signal: controller.signal }]);
    pool.on('retry', () => controller.abort());
    const [outcome] = await collect(pool);
    expect(outcome).toMatchObject({ exception: expect.any(AbortError), attempts: 1 });
  });

  it('close() is waited for outside', async () => {
    const pool = poolOf(jobs(10));
    let closing: Promise<void> | undefined;
    pool.once('response', () => {
      closing = pool.close();
    });
    const outcomes = await collect(pool);
    await closing;
    expect(outcomes).toHaveLength(pool.stats.taken);
    expect(outcomes.length).toBeLessThan(10);
  });

  const EFFECTS = [
    'abort',
    'close',
    'submit',
    'put',
    'pause',
    'signal',
    'get',
    'throw',
    'reject',
  ] as const;
  type Effect = (typeof EFFECTS)[number];

  interface Play {
    readonly acts: readonly {
      readonly event: Event;
      readonly at: number;
      readonly effect: Effect;
    }[];
    readonly workers: number;
    readonly jobs: number;
  }

  const play = fc.record<Play>({
    acts: fc.array(
      fc.record({
        event: fc.constantFrom(...EVENTS),
        at: fc.nat(6),
        effect: fc.constantFrom<Effect>(...EFFECTS),
      }),
      { maxLength: 5, size: 'max' },
    ),
    workers: fc.integer({ min: 1, max: 4 }),
    jobs: fc.integer({ min: 1, max: 12 }),
  });

  it('loses no job and doubles none, and nothing hangs', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(play, async ({ acts, workers, jobs: count }) => {
      const controllers = Array.from({ length: count }, () => new AbortController());
      const kinds: Omit<ScriptedJob, 'url'>[] = [{}, failing(''), flaky(''), { when: 'later' }];
      const work = controllers.map(({ signal }, i) => ({
        ...kinds[i % 4],
        signal,
        url: `job ${i}`,
      }));
      const queue = new JobQueue<ScriptedJob>(work);
      const pool = poolOf(queue, { numProcesses: workers });
      const handedOut: Told[] = [];
      const submitted: Promise<unknown>[] = [];
      const keep = (outcome: Told | undefined) => outcome !== undefined && handedOut.push(outcome);
      const effects: Record<Effect, () => unknown> = {
        abort: () => pool.abort(),
        close: () => void pool.close().catch(() => {}),
        submit: () => void submitted.push(pool.submit({ url: 'submitted' }).catch(() => {})),
        put: () => queue.put({ url: 'put' }),
        pause: () => {
          pool.pause();
          setImmediate(() => pool.resume());
        },
        signal: () => {
          for (const each of controllers) each.abort();
        },
        get: () => {
          keep(pool.getResponse());
          keep(pool.getException());
        },
        throw: () => {
          throw thrown;
        },
        reject: () => Promise.reject(thrown),
      };
      for (const event of EVENTS) {
        let calls = 0;
        pool.on(event, () => {
          const at = calls++;
          const results = acts.filter((act) => act.event === event && act.at === at);
          for (const { effect } of results) {
            const result = effects[effect]();
            if (effect === 'reject') return result as never;
          }
          return undefined as never;
        });
      }
      const isThrown = (error: unknown) => expect(error).toBe(thrown);
      await (async () => {
        for await (const outcome of pool) keep(outcome);
      })().catch(isThrown);
      await pool.joinAll().catch(isThrown);
      await Promise.all(submitted);
      await pool.close().catch(isThrown);
      while (keep(pool.getResponse()) || keep(pool.getException()));
      const { taken, succeeded, failed, inFlight, waiting } = pool.stats;
      expect([inFlight, waiting]).toEqual([0, 0]);
      expect(succeeded + failed).toBe(taken);
      const indexes = handedOut.map(({ index }) => index).toSorted((a, b) => a - b);
      expect(indexes).toEqual(handedOut.map((_, i) => i));
      expect(unhandled).toEqual([]);
    });
    await fc.assert(property, {
      numRuns: 500,
      timeout: 5_000,
      interruptAfterTimeLimit: 50_000,
      markInterruptAsFailure: true,
    });
  });
});
