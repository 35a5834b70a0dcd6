import { describe, expect, it } from 'vitest';
import { AbortError, JobQueue, Pool, type Response, Session } from '../src/index.js';
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

const FOREVER = new Gate();
const deaf = (count: number) => jobs(count, { when: FOREVER, isDeaf: true });

/** Jobs without end, and whether their generator was told that no more are wanted. */
class Endless {
  taken = 0;
  isReturned = false;

  *generator(job: ScriptedJob = { url: 'a', when: FOREVER }): Generator<ScriptedJob> {
    try {
      for (;;) {
        this.taken++;
        yield job;
      }
    } finally {
      this.isReturned = true;
    }
  }

  async *asyncGenerator(job?: ScriptedJob): AsyncGenerator<ScriptedJob> {
    yield* this.generator(job);
  }
}

describe('abort()', () => {
  it('ends what was taken and submitted, and leaves the rest in the queue', async () => {
    const script = new Script();
    const work = hanging(10).map((job) => ({ ...job, url: `http://a.example/${job.url}` }));
    const other = { url: 'http://b.example/', when: FOREVER };
    const queue = new JobQueue<ScriptedJob>([...work.slice(0, 5), other, ...work.slice(5)]);
    const pool = new Pool({
      jobQueue: queue,
      session: script.session,
      numProcesses: 2,
      perOrigin: { concurrency: 1 },
    });
    await quiet();
    expect(script.requests).toEqual([work[0], other]);
    const submitted = pool.submit({ url: 'submitted' }).catch((error) => error);
    const left = queue.size;
    expect(left).toBe(5);
    pool.abort(reason);
    await quiet();
    const outcomes = await collect(pool);
    expect(outcomes.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(outcomes.map(({ attempts }) => attempts).sort()).toEqual([0, 0, 0, 0, 1, 1]);
    expectAborted(await submitted);
    expect(queue.size).toBe(left);
    expect(script.requests).toHaveLength(2);
    expect(script.isClosed).toBe(true);
  });

  it.each(['generator', 'asyncGenerator'] as const)('ends the %s of the jobs', async (kind) => {
    const source = new Endless();
    const { session } = new Script();
    const pool = new Pool({ jobQueue: source[kind](), session, numProcesses: 3 });
    await quiet();
    const { taken } = source;
    pool.abort();
    expect(await collect(pool)).toHaveLength(3);
    await pool.close();
    await quiet();
    expect(source).toMatchObject({ taken, isReturned: true });
  });

  it('takes no job if it comes at once', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool = new Pool({ jobQueue: queue, session: script.session });
    pool.abort(reason);
    await pool.joinAll();
    expect(await collect<unknown>(pool)).toEqual([]);
    await pool.close();
    expect([queue.size, script.requests, script.isClosed]).toEqual([3, [], true]);
  });

  it('has for its reason what a signal would have, unless one is given', async () => {
    const pool = new Pool({ jobQueue: hanging(1), session: new Script().session });
    await quiet();
    pool.abort();
    const [outcome] = await collect(pool);
    const { cause } = errorOf(outcome) as AbortError;
    expect(cause).toBeInstanceOf(DOMException);
    expect(cause).toMatchObject({ name: 'AbortError' });
  });

  it.each([null, 0, '', false])('takes %j for a reason too', async (cause) => {
    const pool = new Pool({ jobQueue: deaf(1), session: new Script().session });
    await quiet();
    pool.abort(cause);
    const [outcome] = await collect(pool);
    expectAborted(errorOf(outcome), cause);
  });

  it('keeps its first reason', async () => {
    const pool = new Pool({ jobQueue: deaf(4), session: new Script().session, numProcesses: 4 });
    await quiet();
    pool.abort(reason);
    pool.abort('another');
    const outcomes = await collect(pool);
    pool.abort('a third');
    expect(outcomes).toHaveLength(4);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(await collect<unknown>(pool)).toEqual([]);
  });

  it('leaves the outcomes that there are to be read', async () => {
    const script = new Script();
    const work = [...jobs(3), ...hanging(3), ...jobs(3)];
    const pool = new Pool({ jobQueue: work, session: script.session, numProcesses: 1 });
    await quiet();
    pool.abort(reason);
    expect(await collect(pool.responses())).toHaveLength(3);
    expect(await collect(pool.exceptions())).toHaveLength(1);
    expect(script.requests).toHaveLength(4);
  });

  it('ends the readers and joiners that wait', async () => {
    const pool = new Pool({ jobQueue: hanging(2), session: new Script().session, numProcesses: 2 });
    const waiting = Promise.all([
      collect<unknown>(pool.responses()),
      collect<unknown>(pool.exceptions()),
      collect<unknown>(pool.outcomes({ ordered: true })),
      pool.joinAll(),
      pool.joinAll(),
    ]);
    await quiet();
    pool.abort(reason);
    const [responses, exceptions, ordered] = await waiting;
    expect(responses).toEqual([]);
    expect(exceptions.length + ordered.length).toBe(2);
  });

  it('ends all who wait although the source never answers', async () => {
    const script = new Script();
    const source = { get: () => new Promise<undefined>(() => {}) };
    const pool = new Pool({ jobQueue: source, session: script.session, numProcesses: 2 });
    const waiting = Promise.all([collect<unknown>(pool), pool.joinAll()]);
    await quiet();
    pool.abort(reason);
    expect(await waiting).toEqual([[], undefined]);
    await pool.close();
    expect(script.closed).toEqual([1, 1]);
  });

  it('makes an exception of a job that its source hands out later', async () => {
    const script = new Script();
    const gate = new Gate();
    async function* slow(): AsyncGenerator<ScriptedJob> {
      await gate.opened;
      yield { url: 'late' };
    }
    const pool = new Pool({ jobQueue: slow(), session: script.session, numProcesses: 1 });
    await quiet();
    pool.abort(reason);
    await pool.joinAll();
    gate.open();
    await quiet();
    expect(errorOf(pool.getException())).toBeInstanceOf(AbortError);
    expect(pool.getException()).toBe(undefined);
    expect(script.requests).toEqual([]);
  });

  it('ends a pool that was made for submit()', async () => {
    const script = new Script();
    const pool = new Pool({ session: script.session, numProcesses: 2 });
    const submitted = hanging(5).map((job) => pool.submit(job).catch((error) => error));
    await quiet();
    pool.abort(reason);
    for (const error of await Promise.all(submitted)) expectAborted(error);
    await expect(pool.submit({ url: 'late' })).rejects.toBeInstanceOf(AbortError);
    await pool.joinAll();
    await quiet();
    expect(script.closed).toEqual([1, 1]);
    expect(script.requests).toHaveLength(2);
  });

  it('tells the source of each job once, when its outcome has been consumed', async () => {
    const told: unknown[] = [];
    const waiting = hanging(5);
    const source = {
      get: () => waiting.shift(),
      done: (job: ScriptedJob, outcome: unknown) => {
        told.push([job, outcome]);
      },
    };
    const { session } = new Script();
    const pool = new Pool<ScriptedSession>({ jobQueue: source, session, numProcesses: 2 });
    await quiet();
    pool.abort(reason);
    await quiet();
    expect(told).toEqual([]);
    const outcomes = await collect(pool);
    expect(told).toEqual(outcomes.map((outcome) => [outcome.requestKwargs, outcome]));
    expect(told).toHaveLength(2);
    expect(waiting).toHaveLength(3);
  });

  it('leaves no timer of a rate, nor of a retry', async () => {
    const handles = new HandleWatch();
    const pool = handles.run(
      () =>
        new Pool({
          jobQueue: [failing('a'), ...jobs(100)],
          session: new Script().session,
          numProcesses: 2,
          rateLimit: { limit: 4, interval: 1_000_000 },
          retry: { limit: 1, backoffBase: 1e9, backoffLimit: 1e9, shouldRetry: () => true },
        }),
    );
    await quiet();
    pool.abort(reason);
    await pool.joinAll();
    await pool.close();
    await expect.poll(() => handles.count).toBe(0);
    handles.stop();
  });
});

describe('abort() and a session that', () => {
  it('takes no notice: the job ends at once, and what is answered later does no harm', async () => {
    const script = new Script();
    const gate = new Gate();
    const work = [
      { url: 'answers', when: gate, isDeaf: true },
      { ...failing('fails'), when: gate, isDeaf: true },
    ];
    const pool = new Pool({ jobQueue: work, session: script.session, numProcesses: 2, retry: 3 });
    await quiet();
    pool.abort(reason);
    await quiet();
    const outcomes = await collect(pool);
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1]);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    gate.open();
    await quiet();
    expect([pool.getResponse(), pool.getException()]).toEqual([undefined, undefined]);
    expect(script.requests).toHaveLength(2);
    await pool.close();
  });

  it('throws the reason of its signal, as fetch does, makes an AbortError of it', async () => {
    let retries = 0;
    const pool = new Pool({
      jobQueue: hanging(2),
      session: new Script().session,
      numProcesses: 2,
      retry: { limit: 5, shouldRetry: () => ++retries > 0 },
    });
    await quiet();
    pool.abort(reason);
    const outcomes = await collect(pool);
    expect(outcomes).toHaveLength(2);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(retries).toBe(0);
  });

  it('fails in its own way is not asked about a retry', async () => {
    let asked = 0;
    const cancelled = new Error('cancelled');
    const pool = new Pool({
      jobQueue: jobs(1),
      numProcesses: 1,
      retry: { limit: 5, shouldRetry: () => ++asked > 0 },
      session: () => ({
        request: (_: ScriptedJob, options?: { readonly signal?: AbortSignal | undefined }) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => reject(cancelled));
          }),
      }),
    });
    await quiet();
    pool.abort(reason);
    expect(await collect(pool)).toMatchObject([{ kind: 'exception', attempts: 1 }]);
    expect(asked).toBe(0);
  });

  it('answers later: that response is closed, and its connection with it', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.write('some of it');
    });
    const late: Response[] = [];
    const inner = new Session();
    const pool = new Pool({
      jobQueue: [{ url: server.url, stream: true }],
      numProcesses: 1,
      session: () => ({
        async request(job: { url: string; stream: boolean }) {
          const response = await inner.request(job);
          late.push(response);
          return response;
        },
      }),
    });
    await server.received(1);
    pool.abort(reason);
    const [outcome] = await collect(pool);
    expectAborted(errorOf(outcome));
    gate.open();
    await expect.poll(() => late).toHaveLength(1);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('knows of signals: it has one, the same for all of its jobs, and its reason', async () => {
    const signals = new Set<AbortSignal | undefined>();
    const pool = new Pool({
      jobQueue: jobs(5),
      numProcesses: 1,
      session: () => ({
        async request(_: ScriptedJob, options?: { readonly signal?: AbortSignal | undefined }) {
          signals.add(options?.signal);
          await quiet();
          return 'answer';
        },
      }),
    });
    await quiet();
    await quiet();
    expect(signals.size).toBe(1);
    const [signal] = signals;
    expect(signal?.aborted).toBe(false);
    pool.abort(reason);
    expect(signal?.reason).toBe(reason);
  });
});
