import { describe, expect, it, vi } from 'vitest';
import { JobQueue, Pool, type PoolOptions, Session } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

type Options = PoolOptions<ScriptedSession>;

/** A pool of three workers that has run five jobs. */
async function run(script: Script, options: Options = {}) {
  const pool = new Pool({
    jobQueue: jobs(5),
    session: script.session,
    numProcesses: 3,
    ...options,
  });
  const responses = await collect(pool.responses());
  await quiet();
  return responses;
}

const broken = new Error('no credentials');

function fail(): never {
  throw broken;
}

describe('the option session', () => {
  it('is a class', async () => {
    const made: Custom[] = [];
    class Custom {
      constructor() {
        made.push(this);
      }
      request = async ({ url }: { url: string }) => url.toUpperCase();
    }
    const pool = new Pool({ jobQueue: jobs(2), session: Custom, numProcesses: 2 });
    const responses = await collect(pool.responses());
    expect(responses.map(({ response }) => response).sort()).toEqual(['JOB 0', 'JOB 1']);
    expect(made).toHaveLength(2);
  });

  it('is a constructor function as they were before there were classes', async () => {
    function Old(this: { prefix: string }) {
      this.prefix = 'old ';
    }
    Old.prototype.request = function (job: { url: string }) {
      return this.prefix + job.url;
    };
    const session = Old as unknown as new () => { request(job: { url: string }): string };
    const pool = new Pool({ jobQueue: jobs(1), session });
    const [response] = await collect(pool.responses());
    expect(response?.response).toBe('old job 0');
  });

  it.each<[string, (script: Script) => Options['session']]>([
    ['an arrow function', (script) => () => script.session()],
    [
      'a function',
      (script) =>
        function make() {
          return script.session();
        },
    ],
    ['an async function', (script) => async () => script.session()],
    ['a function that returns a thenable', (script) => () => thenable(script.session())],
  ])('is %s', async (_, session) => {
    const script = new Script();
    expect(await run(script, { session: session(script) } as Options)).toHaveLength(5);
    expect(script.closed).toEqual([1, 1, 1]);
  });

  it('is Session unless given', async () => {
    const seen: unknown[] = [];
    const pool = new Pool({ numProcesses: 2, initializer: (session) => void seen.push(session) });
    expect(seen).toEqual([expect.any(Session), expect.any(Session)]);
    expect(seen[0]).not.toBe(seen[1]);
    await pool.close();
  });

  it.each([undefined, null, 7, {}, { request: 'GET' }, Object.create(null)])(
    'may not return %o',
    async (junk) => {
      const what = 'session must return a session, with a method request, got';
      expect(() => new Pool({ jobQueue: jobs(1), session: () => junk })).toThrow(what);
      const pool = new Pool({ jobQueue: jobs(1), session: async () => junk });
      await expect(pool.joinAll()).rejects.toThrow(what);
    },
  );
});

/** A promise as other libraries make them. */
function thenable<T>(value: T): PromiseLike<T> {
  const promise = Promise.resolve(value);
  const then = promise.then.bind(promise);
  return { then };
}

describe.each(['initializer', 'authGenerator'] as const)('the option %s', (option) => {
  it('is called with each session before any job', async () => {
    const script = new Script();
    const seen: unknown[] = [];
    await run(script, {
      [option]: (session: ScriptedSession) => {
        expect(script.requests).toEqual([]);
        seen.push(session);
      },
    });
    expect(seen).toEqual(script.sessions);
    expect(seen).toHaveLength(3);
  });

  it.each<[string, (session: ScriptedSession) => unknown]>([
    ['return another', (session) => session],
    ['return a promise of another', async (session) => session],
    ['return a thenable of another', (session) => thenable(session)],
  ])('may %s, and both are closed', async (_, wrap) => {
    const first = new Script();
    const second = new Script();
    await run(first, { [option]: () => wrap(second.session()) as ScriptedSession });
    expect(first.requests).toEqual([]);
    expect(second.requests).toHaveLength(5);
    expect([first.closed, second.closed]).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a promise of undefined', Promise.resolve()],
  ])('keeps the session if it returns %s', async (_, nothing) => {
    const script = new Script();
    await run(script, { [option]: () => nothing as undefined });
    expect(script.requests).toHaveLength(5);
    expect(script.closed).toEqual([1, 1, 1]);
  });

  it('throws out of the constructor; the sessions made are closed, and no job is taken', async () => {
    const script = new Script();
    const source = vi.fn(() => ({ url: 'a' }));
    const options = { session: script.session, jobQueue: { get: source }, numProcesses: 3 };
    const make = () =>
      new Pool({ ...options, [option]: () => (script.sessions.length < 3 ? undefined : fail()) });
    expect(make).toThrow(broken);
    await quiet();
    expect(script.closed).toEqual([1, 1, 1]);
    expect(source).not.toHaveBeenCalled();
  });

  it('rejects out of joinAll() and every iterator; no job is taken', async () => {
    const script = new Script();
    const source = vi.fn(() => ({ url: 'a' }));
    const pool = new Pool({
      session: script.session,
      jobQueue: { get: source },
      numProcesses: 3,
      [option]: async (session: ScriptedSession) => (session.number === 1 ? fail() : undefined),
    });
    const read = [pool.responses(), pool.exceptions(), pool.outcomes()].map(collect);
    await Promise.all(read.map((reading) => expect(reading).rejects.toBe(broken)));
    await expect(pool.joinAll()).rejects.toBe(broken);
    await pool.close();
    expect([pool.getResponse(), pool.getException()]).toEqual([undefined, undefined]);
    expect(script.closed).toEqual([1, 1, 1]);
    expect(source).not.toHaveBeenCalled();
  });

  it('rejects what was submitted meanwhile, and what is later', async () => {
    const { session } = new Script();
    const pool = new Pool({ session, [option]: async () => fail() });
    await expect(pool.submit({ url: 'a' })).rejects.toBe(broken);
    await expect(pool.submit({ url: 'b' })).rejects.toThrow('the pool takes no more jobs');
  });

  it.each([7, 'session', {}, []])('may not return %o', async (junk) => {
    const { session } = new Script();
    const what = `${option} must return a session, with a method request, got`;
    const options = { jobQueue: jobs(1), session };
    expect(() => new Pool({ ...options, [option]: () => junk })).toThrow(what);
    const pool = new Pool({ ...options, [option]: async () => junk });
    await expect(pool.joinAll()).rejects.toThrow(what);
  });
});

describe('worker sessions', () => {
  it('go through the initializer, with initargs, and then the authGenerator', async () => {
    const calls: unknown[] = [];
    const script = new Script();
    await run(script, {
      numProcesses: 1,
      initializer: async (session, ...args) => {
        await null;
        calls.push(['initializer', session, ...args]);
      },
      initargs: [7, 'x'],
      authGenerator: (session) => void calls.push(['authGenerator', session]),
    });
    const [session] = script.sessions;
    expect(calls).toEqual([
      ['initializer', session, 7, 'x'],
      ['authGenerator', session],
    ]);
  });

  it('are made in the constructor, and initialized before any works', async () => {
    const script = new Script();
    const gate = new Gate();
    const pool = new Pool({
      jobQueue: jobs(3),
      session: script.session,
      numProcesses: 3,
      initializer: ({ number }) => (number === 2 ? gate.opened : undefined),
    });
    expect(script.sessions).toHaveLength(3);
    await quiet();
    expect(script.requests).toEqual([]);
    gate.open();
    await pool.joinAll();
    expect(script.requests).toHaveLength(3);
  });

  it('are all closed when one could not be made, also those that come later', async () => {
    const script = new Script();
    const gate = new Gate();
    const late = new Script();
    let rejectedToo = false;
    const initializer = ({ number }: ScriptedSession) => {
      if (number === 2) throw broken;
      return gate.opened.then(() => {
        if (number === 0) return late.session();
        rejectedToo = true;
        throw new Error('this one too');
      });
    };
    const make = () => new Pool({ session: script.session, numProcesses: 3, initializer });
    expect(make).toThrow(broken);
    gate.open();
    await quiet();
    expect(rejectedToo).toBe(true);
    expect([...script.closed, ...late.closed]).toEqual([1, 1, 1, 1]);
  });

  it('that are one and the same are closed once', async () => {
    const script = new Script();
    const shared = script.session();
    await run(script, { session: () => shared });
    expect(script.requests).toHaveLength(5);
    expect(shared.closed).toBe(1);
  });

  it('are left open with closeSessions: false', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(5), session: script.session, closeSessions: false });
    await collect(pool);
    await pool.close();
    expect(script.closed.every((closed) => closed === 0)).toBe(true);
  });

  it('need no close()', async () => {
    const session = () => ({ request: ({ url }: { url: string }) => url });
    const pool = new Pool({ jobQueue: jobs(2), session });
    expect(await collect(pool.responses())).toHaveLength(2);
    await pool.close();
  });

  it.each([
    ['throws', fail],
    ['rejects', async () => fail()],
  ])(
    'that cannot be closed make close() fail, for the others are closed: one %s',
    async (_, close) => {
      const script = new Script();
      const pool = new Pool({
        session: script.session,
        numProcesses: 3,
        initializer: (session) => {
          if (session.number === 0) session.close = close;
        },
      });
      await pool.submit({ url: 'a' });
      await expect(pool.close()).rejects.toBe(broken);
      await expect(pool.close()).rejects.toBe(broken);
      await expect(pool.joinAll()).rejects.toBe(broken);
      expect(script.closed).toEqual([0, 1, 1]);
    },
  );

  it('that cannot be closed make a pool fail that ends by itself', async () => {
    const session = () => ({ request: ({ url }: { url: string }) => url, close: fail });
    const pool = new Pool({ session, numProcesses: 2, jobQueue: jobs(2) });
    await pool.joinAll();
    await quiet();
    await expect(pool.joinAll()).rejects.toBe(broken);
    expect([pool.getResponse(), pool.getResponse()]).not.toContain(undefined);
  });

  it('are closed again after a job that came late', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(2));
    const pool = new Pool({ session: script.session, numProcesses: 2, jobQueue: queue });
    await pool.joinAll();
    expect(script.closed).toEqual([1, 1]);
    queue.put({ url: 'late' });
    await quiet();
    expect(script.closed).toEqual([2, 2]);
    expect(await collect(pool)).toHaveLength(3);
    await pool.close();
    expect(script.closed).toEqual([2, 2]);
    expect(script.mishaps).toEqual([]);
  });

  it('run one job at a time each', async () => {
    const script = new Script();
    const work = [...jobs(20, { when: 'later' }), failing('a'), { url: 'b', when: 'now' as const }];
    const pool = new Pool({ session: script.session, numProcesses: 4, jobQueue: work });
    await pool.joinAll();
    expect(script.maxInFlight).toBe(4);
    expect(script.mishaps).toEqual([]);
  });
});
