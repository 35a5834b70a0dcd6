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
import { startServer } from './helpers/http-server.js';
import { banned, poolOf, ranBy } from './helpers/retiring.js';
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
import { urlsOf } from './helpers/server-jobs.js';

type Options = PoolOptions<ScriptedSession>;
type RetireWhen = NonNullable<Options['retireWhen']>;

const broken = new Error('no credentials');

afterEach(() => {
  vi.useRealTimers();
});

/** A promise as other libraries make them. */
function thenable<T>(value: T): PromiseLike<T> {
  const promise = Promise.resolve(value);
  const then = promise.then.bind(promise);
  return { then };
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

  it('has a job wait for the fresh session, which its response tells', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const server = await startServer();
    let calls = 0;
    const pool = Pool.fromUrls<Session>(
      urlsOf(server, 2),
      {},
      {
        numProcesses: 1,
        retireWhen: ({ index }) => index === 0,
        initializer: () => {
          if (calls++ > 0) vi.advanceTimersByTime(500);
        },
      },
    );
    const responses = await collect(pool.responses());
    expect(responses.map(({ timings }) => timings.queued)).toEqual([0, 500]);
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
