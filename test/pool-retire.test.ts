import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  HTTPError,
  JobQueue,
  type Outcome,
  Pool,
  type PoolOptions,
  type Session,
} from '../src/index.js';
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
import { urlsOf } from './helpers/server-jobs.js';

type Options = PoolOptions<ScriptedSession>;
type RetireWhen = NonNullable<Options['retireWhen']>;

const INTERVAL = 1000;
const broken = new Error('no credentials');

afterEach(() => {
  vi.useRealTimers();
});

/** Time stands still, and passes as it is told to. */
function freeze(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
}

async function pass(milliseconds: number): Promise<void> {
  await quiet();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await quiet();
}

/** A pool of one worker that retires its session where a job says so in its `context`. */
function poolOf(script: Script, jobQueue: Options['jobQueue'], options: Options = {}) {
  return new Pool<ScriptedSession>({
    jobQueue,
    session: script.session,
    numProcesses: 1,
    retireWhen: ({ requestKwargs }) => requestKwargs.context === 'banned',
    ...options,
  });
}

const banned = (url: string, fields: Omit<ScriptedJob, 'url'> = {}): ScriptedJob => ({
  url,
  context: 'banned',
  ...fields,
});

function flaky(url: string, times = 1): ScriptedJob {
  const failure = { thrown: Object.assign(new Error('reset'), { code: 'ECONNRESET' }), times };
  return { url, failure, retry: { backoffBase: 0 } };
}

/** A promise as other libraries make them. */
function thenable<T>(value: T): PromiseLike<T> {
  const promise = Promise.resolve(value);
  const then = promise.then.bind(promise);
  return { then };
}

/** Which session ran which job. */
async function ranBy(pool: Pool<ScriptedSession>) {
  const outcomes = await collect(pool.outcomes({ ordered: true }));
  return outcomes.map(({ session }) => session?.number);
}

describe('retireWhen', () => {
  it('is asked of every attempt, retries too, with its outcome and the session that ran it', async () => {
    const script = new Script();
    const asked: unknown[] = [];
    const pool = poolOf(script, [flaky('a'), failing('b', 'no'), { url: 'c' }], {
      retireWhen: (outcome: Outcome<ScriptedJob, unknown, unknown, ScriptedSession>, session) => {
        expect(outcome.session).toBe(session);
        const { kind, requestKwargs, index, attempts } = outcome;
        asked.push([kind, requestKwargs.url, index, attempts, session === script.sessions[0]]);
      },
    });
    await pool.joinAll();
    expect(asked.toSorted()).toEqual([
      ['exception', 'a', 0, 1, true],
      ['exception', 'b', 1, 1, true],
      ['response', 'a', 0, 2, true],
      ['response', 'c', 2, 1, true],
    ]);
    expect(script.closed).toEqual([1]);
  });

  it('sees what raiseForStatus makes of a response', async () => {
    const server = await startServer((_, reply) => reply.writeHead(403).end());
    const seen: unknown[] = [];
    const pool = Pool.fromUrls(
      [server.url],
      {},
      {
        raiseForStatus: true,
        retireWhen: (outcome) => void seen.push(outcome.kind === 'exception' && outcome.exception),
      },
    );
    await pool.joinAll();
    expect(seen).toEqual([expect.any(HTTPError)]);
  });

  it('has the session closed, and a fresh one made when a job needs it', async () => {
    const script = new Script();
    const gate = new Gate();
    const queue = new JobQueue([{ url: 'a' }, banned('b')]);
    const pool = poolOf(script, queue);
    await quiet();
    expect([script.sessions.length, script.closed]).toEqual([1, [1]]);
    queue.put({ url: 'c', when: gate });
    await quiet();
    expect([script.sessions.length, script.closed]).toEqual([2, [1, 0]]);
    gate.open();
    expect(await ranBy(pool)).toEqual([0, 0, 1]);
    await pool.close();
    expect([script.closed, script.mishaps]).toEqual([[1, 1], []]);
  });

  it('has it made through session, initializer and authGenerator, with initargs', async () => {
    const script = new Script();
    const calls: unknown[] = [];
    const pool = poolOf(script, [banned('a'), { url: 'b' }], {
      initializer: (session, ...args) => void calls.push(['initializer', session.number, ...args]),
      initargs: [7],
      authGenerator: async ({ number }) => {
        await null;
        calls.push(['authGenerator', number]);
      },
    });
    expect(await ranBy(pool)).toEqual([0, 1]);
    expect(calls).toEqual([
      ['initializer', 0, 7],
      ['authGenerator', 0],
      ['initializer', 1, 7],
      ['authGenerator', 1],
    ]);
  });

  it('closes all that the initializers returned on the way', async () => {
    const [outer, inner] = [new Script(), new Script()];
    const pool = poolOf(inner, [banned('a'), { url: 'b' }], { initializer: () => outer.session() });
    expect(await ranBy(pool)).toEqual([0, 1]);
    await pool.close();
    expect([outer.closed, inner.closed]).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('concerns one worker: the others go on', async () => {
    const script = new Script();
    const gates = [new Gate(), new Gate()];
    const work = [banned('a', { when: gates[0] as Gate }), { url: 'b', when: gates[1] as Gate }];
    const pool = poolOf(script, [...work, ...jobs(4)], {
      numProcesses: 2,
      initializer: ({ number }) => (number === 2 ? new Promise(() => {}) : undefined),
    });
    await quiet();
    gates[0]?.open();
    await quiet();
    expect([script.closed, pool.stats.inFlight, pool.stats.waiting]).toEqual([[1, 0, 0], 1, 1]);
    gates[1]?.open();
    await quiet();
    expect(script.requests.filter(({ url }) => url.startsWith('job'))).toHaveLength(3);
    pool.abort();
    await pool.joinAll();
  });

  it('lets a retry run on the fresh session', async () => {
    const script = new Script();
    const numbers: unknown[] = [];
    const pool = poolOf(script, [flaky('a')], {
      retireWhen: ({ kind }, { number }) => {
        numbers.push(number);
        return kind === 'exception';
      },
    });
    expect(await ranBy(pool)).toEqual([1]);
    expect([numbers, script.closed]).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  it.each([
    ['a promise of true', async () => true, 2],
    ['a thenable of true', () => thenable(true), 2],
    ['false', () => false, 1],
    ['a promise of false', async () => false, 1],
    ['nothing', () => undefined, 1],
    ['a promise of nothing', async () => {}, 1],
  ])('may return %s', async (_, retireWhen, made) => {
    const script = new Script();
    const pool = poolOf(script, jobs(2), { retireWhen: retireWhen as RetireWhen });
    const outcomes = await collect(pool);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['response', 'response']);
    expect(script.sessions).toHaveLength(made);
  });

  it.each<[string, () => unknown, unknown]>([
    [
      'throws',
      () => {
        throw broken;
      },
      broken,
    ],
    ['rejects', async () => Promise.reject(broken), broken],
    [
      'returns no boolean',
      () => 'yes',
      new TypeError("retireWhen must return true, false or undefined, got 'yes'"),
    ],
    [
      'promises none',
      async () => 1,
      new TypeError('retireWhen must return true, false or undefined, got 1'),
    ],
  ])('that %s costs the job, and the session is kept', async (_, bad, exception) => {
    const script = new Script();
    const retireWhen = (({ index }) => (index === 0 ? bad() : false)) as RetireWhen;
    const outcomes = await collect(poolOf(script, [flaky('a'), { url: 'b' }], { retireWhen }));
    expect(outcomes).toMatchObject([{ index: 0, attempts: 1, exception }, { kind: 'response' }]);
    expect(script.closed).toEqual([1]);
  });

  it('that throws frees the connection of the response', async () => {
    const server = await startServer((_, reply) => void reply.writeHead(200).write('a'));
    const pool = new Pool({
      jobQueue: [{ url: server.url, stream: true }],
      retireWhen: () => {
        throw broken;
      },
    });
    await pool.joinAll();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  it('must be a function', () => {
    const retireWhen = true as unknown as RetireWhen;
    expect(() => new Pool({ retireWhen } as object)).toThrow(
      new TypeError('retireWhen must be a function, got true'),
    );
  });

  it('is for jobs that are submitted too', async () => {
    const script = new Script();
    const pool = poolOf(script, undefined);
    await pool.submit(banned('a'));
    expect(await pool.submit({ url: 'b' })).toMatchObject({ by: 1 });
    await pool.close();
    expect([script.closed, script.mishaps]).toEqual([[1, 1], []]);
  });

  it('is not asked once the pool is aborted, nor of a job that never ran', async () => {
    const retireWhen = vi.fn(() => true);
    const script = new Script();
    const pool = poolOf(
      script,
      [
        { url: 'a', signal: AbortSignal.abort() },
        { url: 'b', when: new Gate() },
      ],
      {
        retireWhen,
      },
    );
    await quiet();
    pool.abort();
    await pool.joinAll();
    await quiet();
    expect(retireWhen).not.toHaveBeenCalled();
    expect(script.closed).toEqual([1]);
  });

  it('that makes up its mind late does not retire the session that came meanwhile', async () => {
    const script = new Script();
    const verdict = new Gate();
    const controller = new AbortController();
    const pool = poolOf(
      script,
      [{ url: 'slow', signal: controller.signal }, banned('b'), { url: 'c' }, { url: 'd' }],
      {
        retireWhen: async ({ requestKwargs: { url, context } }) => {
          if (url === 'slow') await verdict.opened;
          else if (url === 'c') verdict.open();
          return url === 'slow' || context === 'banned';
        },
      },
    );
    await quiet();
    controller.abort();
    expect(await ranBy(pool)).toEqual([0, 0, 1, 1]);
    expect(script.closed).toEqual([1, 1]);
  });
});

describe('the rate of replacements', () => {
  it('is one in a second for each worker, after the first', async () => {
    freeze();
    const script = new Script();
    const pool = poolOf(
      script,
      [0, 1, 2, 3].map((i) => banned(`job ${i}`)),
    );
    const made: number[] = [];
    await quiet();
    made.push(script.sessions.length);
    for (const wait of [INTERVAL - 1, 1, INTERVAL - 1, 1]) {
      await pass(wait);
      made.push(script.sessions.length);
    }
    expect(made).toEqual([2, 2, 3, 3, 4]);
    await pool.joinAll();
    expect(await ranBy(pool)).toEqual([0, 1, 2, 3]);
  });

  it('holds up no job that another worker can run', async () => {
    freeze();
    const script = new Script();
    const work = [...[0, 1].map((i) => banned(`banned ${i}`)), ...jobs(6, { when: 'later' })];
    const pool = poolOf(script, work, { numProcesses: 2 });
    await pass(0);
    expect(pool.stats).toMatchObject({ succeeded: 8, taken: 8 });
    await pool.joinAll();
  });

  it('holds up nobody who waits for the end, whether its source is known to be empty or not', async () => {
    freeze();
    for (const source of [
      () => [banned('a'), banned('b')],
      () => [banned('a'), banned('b')].values(),
      async function* () {
        yield* [banned('a'), banned('b')];
      },
      () => new JobQueue([banned('a'), banned('b')]),
    ]) {
      const script = new Script();
      const pool = poolOf(script, source());
      expect(await ranBy(pool)).toEqual([0, 1]);
      await pool.joinAll();
      await pool.close();
      expect(vi.getTimerCount()).toBe(0);
      expect([script.closed, script.mishaps]).toEqual([[1, 1], []]);
    }
  });

  it('keeps no process running when there is nothing left to do', async () => {
    const watch = new HandleWatch();
    const script = new Script();
    const pool = watch.run(() => poolOf(script, undefined));
    for (const url of ['a', 'b']) await watch.run(() => pool.submit(banned(url)));
    await quiet();
    expect(watch.count).toBe(0);
    watch.stop();
    await pool.close();
  });

  it('is kept for a job that is submitted when the pool had nothing to do', async () => {
    freeze();
    const script = new Script();
    const pool = poolOf(script, undefined);
    await pool.submit(banned('a'));
    await pool.submit(banned('b'));
    await pass(400);
    const submitted = pool.submit({ url: 'c' });
    await pass(INTERVAL - 401);
    expect([script.sessions.length, pool.stats.waiting, pool.stats.inFlight]).toEqual([2, 1, 0]);
    await pass(1);
    expect(await submitted).toMatchObject({ by: 2 });
    await pool.close();
    expect([script.closed, script.mishaps]).toEqual([[1, 1, 1], []]);
  });

  it('is kept when no session can be made', async () => {
    freeze();
    const script = new Script();
    const pool = poolOf(script, [banned('a'), ...jobs(4)], {
      initializer: ({ number }) => {
        if (number > 0) throw broken;
      },
    });
    const made: number[] = [];
    for (let second = 0; second < 4; second++) {
      await pass(second === 0 ? 0 : INTERVAL);
      made.push(script.sessions.length);
    }
    expect(made).toEqual([2, 3, 4, 5]);
    expect(pool.stats).toMatchObject({ succeeded: 1, failed: 4 });
    await pool.joinAll();
  });
});

describe('a session that cannot be made', () => {
  it.each(['session', 'initializer', 'authGenerator'])(
    'fails the job that it was for, and the next one tries again: %s',
    async (option) => {
      freeze();
      const script = new Script();
      let calls = 0;
      const make = () => {
        if (++calls === 2) throw broken;
        return option === 'session' ? script.session() : undefined;
      };
      const pool = poolOf(script, [banned('a'), ...jobs(2)], { [option]: make });
      await pass(0);
      await pass(INTERVAL);
      const outcomes = await collect(pool.outcomes({ ordered: true }));
      expect(outcomes).toMatchObject([
        { kind: 'response' },
        { exception: broken, attempts: 1 },
        { kind: 'response' },
      ]);
      expect(outcomes.map(({ session }) => session === undefined)).toEqual([false, true, false]);
      await pool.close();
      expect(script.closed.every((closed) => closed === 1)).toBe(true);
      expect(script.mishaps).toEqual([]);
    },
  );

  it('is not asked about, for there is none', async () => {
    const retireWhen = vi.fn(() => true);
    const script = new Script();
    const pool = poolOf(script, [{ url: 'a' }, { url: 'b' }], {
      retireWhen,
      initializer: async ({ number }) => {
        if (number === 1) throw broken;
      },
    });
    await pool.joinAll();
    expect(retireWhen).toHaveBeenCalledOnce();
    expect(pool.getException()).toMatchObject({ exception: broken });
  });

  it('is tried again where the retries of the job say so, as an attempt', async () => {
    freeze();
    const script = new Script();
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const pool = poolOf(script, [banned('a'), { url: 'b', retry: { limit: 2, backoffBase: 0 } }], {
      authGenerator: ({ number }) => {
        if (number === 1) throw refused;
      },
    });
    await pass(INTERVAL);
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes).toMatchObject([{ attempts: 1 }, { attempts: 2, kind: 'response' }]);
    expect(pool.stats).toMatchObject({ retried: 0, succeeded: 2 });
    expect(outcomes[1]?.session).toBe(script.sessions[2]);
  });

  it('is not made for a job whose retry is wrong', async () => {
    const script = new Script();
    const wrong = { url: 'b', retry: { limit: -1 } };
    const pool = poolOf(script, [banned('a'), wrong]);
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes).toMatchObject([{}, { exception: { name: 'InvalidJobError' }, attempts: 1 }]);
    expect(script.sessions).toHaveLength(1);
  });

  it('forgets the session of the attempt before', async () => {
    freeze();
    const script = new Script();
    const job = flaky('a');
    const pool = poolOf(script, [job], {
      retireWhen: ({ kind }) => kind === 'exception',
      initializer: ({ number }) => {
        if (number === 1) throw broken;
      },
    });
    await pass(0);
    const [outcome] = await collect(pool);
    expect([outcome?.session, outcome?.attempts]).toEqual([undefined, 2]);
    expect(outcome).toMatchObject({ exception: broken });
  });
});

describe('sessions that workers share', () => {
  it('are closed when the last of them has retired it, once', async () => {
    const script = new Script();
    const shared = script.session();
    const gates = [new Gate(), new Gate()];
    let made = 0;
    const pool = poolOf(
      script,
      gates.map((when, i) => banned(`job ${i}`, { when })),
      {
        numProcesses: 2,
        session: () => (made++ < 2 ? shared : script.session()),
      },
    );
    shared.request = async (job) => {
      await (job.when as Gate).opened;
      return { url: job.url, by: 0 };
    };
    await quiet();
    gates[0]?.open();
    await quiet();
    expect(shared.closed).toBe(0);
    gates[1]?.open();
    await pool.joinAll();
    await pool.close();
    await quiet();
    expect(shared.closed).toBe(1);
  });
});

describe('the closing of a retired session', () => {
  it('is left to the user with closeSessions: false', async () => {
    const script = new Script();
    const pool = poolOf(script, [banned('a'), { url: 'b' }], { closeSessions: false });
    expect(await ranBy(pool)).toEqual([0, 1]);
    await pool.close();
    expect(script.closed).toEqual([0, 0]);
  });

  it('happens once, though the initializer returns the very session', async () => {
    const script = new Script();
    const pool = poolOf(script, [banned('a'), { url: 'b' }], { initializer: (session) => session });
    expect(await ranBy(pool)).toEqual([0, 1]);
    await pool.close();
    expect([script.closed, script.mishaps]).toEqual([[1, 1], []]);
  });

  it.each([
    [
      'throws',
      () => {
        throw broken;
      },
    ],
    ['rejects', async () => Promise.reject(broken)],
  ])('that %s is the failure of the pool', async (_, close) => {
    const script = new Script();
    const pool = poolOf(script, [banned('a'), { url: 'b' }], {
      initializer: (session) => {
        if (session.number === 0) session.close = close;
      },
    });
    await expect(collect(pool)).rejects.toBe(broken);
    await expect(pool.joinAll()).rejects.toBe(broken);
    expect(pool.stats.succeeded).toBe(2);
    expect(script.closed).toEqual([0, 1]);
  });

  it('is waited for when the pool is closed', async () => {
    const script = new Script();
    const gate = new Gate();
    const pool = poolOf(script, [banned('a'), { url: 'b' }], {
      initializer: (session) => {
        if (session.number === 0) session.close = () => gate.opened as unknown as undefined;
      },
    });
    await pool.joinAll();
    let isClosed = false;
    const closing = pool.close().then(() => {
      isClosed = true;
    });
    await quiet();
    expect([isClosed, script.closed]).toEqual([false, [0, 1]]);
    gate.open();
    await closing;
  });

  it('happens once, though the pool closes all of them as the job ends', async () => {
    const script = new Script();
    const queue = new JobQueue([banned('a')]);
    const pool = poolOf(script, queue, { numProcesses: 2 });
    await pool.joinAll();
    await quiet();
    expect([script.closed, script.mishaps]).toEqual([[1, 1], []]);
    queue.put({ url: 'b' });
    queue.put({ url: 'c' });
    expect(await ranBy(pool)).toHaveLength(3);
    await pool.close();
    await quiet();
    expect(script.mishaps).toEqual([]);
  });
});

describe('what happens while a session is made', () => {
  /** A pool whose second session is being made until the gate is opened. */
  async function making(more: readonly ScriptedJob[], options: Options = {}) {
    const [script, gate] = [new Script(), new Gate()];
    const queue = new JobQueue([banned('a'), ...more]);
    const pool = poolOf(script, queue, {
      initializer: ({ number }) => (number === 1 ? gate.opened : undefined),
      ...options,
    });
    await quiet();
    expect(script.sessions).toHaveLength(2);
    return { script, gate, queue, pool };
  }

  const checkClosed = ({ closed, mishaps }: Script) => {
    expect(mishaps).toEqual([]);
    expect(closed.every((count) => count === 1)).toBe(true);
  };

  it('abort() ends the job, which was not sent, and the session is closed when it is there', async () => {
    const { script, gate, pool } = await making([{ url: 'b' }]);
    pool.abort();
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes).toMatchObject([
      { kind: 'response' },
      { exception: { name: 'AbortError', phase: 'queued' }, attempts: 0 },
    ]);
    expect(outcomes[1]?.session).toBeUndefined();
    expect(script.closed).toEqual([1, 0]);
    gate.open();
    await pool.close();
    await quiet();
    checkClosed(script);
    expect(script.requests).toHaveLength(1);
  });

  it("the job's own signal ends it, and the next one has the session", async () => {
    const controller = new AbortController();
    const { script, gate, pool } = await making([
      { url: 'b', signal: controller.signal },
      { url: 'c' },
    ]);
    controller.abort();
    await quiet();
    expect(pool.getException()).toMatchObject({ requestKwargs: { url: 'b' }, attempts: 0 });
    gate.open();
    expect(await ranBy(pool)).toEqual([0, 1]);
    await pool.close();
    checkClosed(script);
    expect(script.sessions).toHaveLength(2);
  });

  it('close() waits for it and its job', async () => {
    const { script, gate, pool } = await making([{ url: 'b' }]);
    const closing = pool.close();
    await quiet();
    gate.open();
    await closing;
    expect(await ranBy(pool)).toEqual([0, 1]);
    checkClosed(script);
  });

  it('the pool may be settled and closed, and used again before it is there', async () => {
    const [script, gate, other, last] = [new Script(), new Gate(), new Gate(), new Gate()];
    const controller = new AbortController();
    const queue = new JobQueue([banned('a'), { url: 'other', when: other }]);
    const pool = poolOf(script, queue, {
      numProcesses: 2,
      initializer: ({ number }) => (number === 2 ? gate.opened : undefined),
    });
    await quiet();
    queue.put({ url: 'b', signal: controller.signal });
    await quiet();
    expect(script.sessions).toHaveLength(3);
    controller.abort();
    other.open();
    await pool.joinAll();
    await quiet();
    queue.put({ url: 'c', when: last });
    await quiet();
    gate.open();
    await quiet();
    expect([script.inFlight, script.closed]).toEqual([1, [1, 0, 0]]);
    last.open();
    expect(await ranBy(pool)).toEqual([0, 1, undefined, 1]);
    await pool.close();
    checkClosed(script);
  });

  it('it may fail, though nobody needs it any more', async () => {
    const script = new Script();
    const gate = new Gate();
    const pool = poolOf(script, [banned('a'), { url: 'b' }], {
      initializer: async ({ number }) => {
        if (number === 0) return;
        await gate.opened;
        throw broken;
      },
    });
    await quiet();
    pool.abort();
    await pool.joinAll();
    gate.open();
    await pool.close();
    await quiet();
    checkClosed(script);
    expect(await collect(pool)).toMatchObject([{}, { exception: { name: 'AbortError' } }]);
  });

  it('a job that rests with its worker ends with its signal, and none is made for it', async () => {
    freeze();
    const script = new Script();
    const pool = poolOf(script, undefined);
    await pool.submit(banned('a'));
    await pool.submit(banned('b'));
    await quiet();
    const controller = new AbortController();
    const submitted = pool.submit({ url: 'c', signal: controller.signal });
    await quiet();
    controller.abort();
    await expect(submitted).rejects.toThrow('aborted');
    await pass(INTERVAL);
    expect(script.sessions).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
    await pool.close();
    checkClosed(script);
  });
});

describe('sessions that are closed together', () => {
  it('are not, as far as a job has come that uses them again', async () => {
    const script = new Script();
    const gate = new Gate();
    const queue = new JobQueue<ScriptedJob>([{ url: 'a' }]);
    let closed = 0;
    const pool = poolOf(script, queue, {
      numProcesses: 150,
      initializer: (session) => {
        const close = session.close.bind(session);
        session.close = () => {
          close();
          if (++closed === 100) queue.put({ url: 'b', when: gate });
        };
      },
    });
    await pool.joinAll();
    await setImmediate();
    await quiet();
    expect([closed, script.inFlight]).toEqual([100, 1]);
    gate.open();
    await collect(pool);
    await pool.close();
    expect(script.mishaps.filter((mishap) => mishap.includes('works'))).toEqual([]);
  });

  it('may fail early on, though there are many of them', async () => {
    const script = new Script();
    const pool = poolOf(script, jobs(1), {
      numProcesses: 150,
      initializer: (session) => {
        if (session.number === 0) session.close = () => Promise.reject(broken) as never;
      },
    });
    await collect(pool);
    await expect(pool.close()).rejects.toBe(broken);
  });
});

it('a pool logs in anew when its cookie is banned, and all jobs succeed', async () => {
  const uses = new Map<string, number>();
  const server = await startServer(({ path, headers: { cookie } }, reply) => {
    if (path === '/login') {
      uses.set(`id=${uses.size}`, 0);
      reply.setHeader('Set-Cookie', [...uses.keys()].at(-1) as string);
    } else {
      const count = (uses.get(cookie as string) ?? Infinity) + 1;
      uses.set(cookie as string, count);
      if (count > 3) reply.statusCode = 403;
    }
    reply.end();
  });
  const logins: Session[] = [];
  const pool = Pool.fromUrls(
    urlsOf(server, 9),
    {},
    {
      numProcesses: 2,
      retry: { statusCodes: [403], backoffBase: 1, limit: 5 },
      retireWhen: (outcome) => outcome.kind === 'response' && outcome.statusCode === 403,
      authGenerator: async (session) => {
        logins.push(session);
        await session.get(`${server.url}/login`);
      },
    },
  );
  for await (const response of pool.responses()) expect(response.statusCode).toBe(200);
  expect(pool.stats).toMatchObject({ succeeded: 9, failed: 0 });
  expect(logins.length).toBeGreaterThanOrEqual(3);
  expect(new Set(logins).size).toBe(logins.length);
});
