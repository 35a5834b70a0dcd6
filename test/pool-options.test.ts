import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { JobQueue, type JobSource, Pool, ThreadException } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

describe('the options of a pool', () => {
  it.each([
    [0, '0'],
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    ['3', "'3'"],
    [null, 'null'],
    [2n, '2n'],
  ])('refuse %o as numProcesses', (junk, shown) => {
    const script = new Script();
    const make = () => new Pool({ session: script.session, numProcesses: junk as number });
    expect(make).toThrow(
      new RangeError(`numProcesses must be a whole number from 1 on, got ${shown}`),
    );
    expect(script.sessions).toEqual([]);
  });

  it.each(['session', 'initializer', 'authGenerator'])(
    'refuse as %s what is no function',
    (name) => {
      for (const [junk, shown] of [
        [new Script().session(), '[ScriptedSession]'],
        ['Session', "'Session'"],
        [null, 'null'],
        [Object.create(null), '[Object: null prototype] {}'],
      ])
        expect(() => new Pool({ [name]: junk })).toThrow(
          new TypeError(`${name} must be a function, got ${shown}`),
        );
    },
  );

  it('refuse as initargs what is no array', () => {
    const options = { session: new Script().session, initializer: () => {} };
    expect(() => new Pool({ ...options, initargs: 'ab' as unknown as [] })).toThrow(
      new TypeError("initargs must be an array, got 'ab'"),
    );
  });

  it('refuse as closeSessions what is neither true nor false', () => {
    expect(() => new Pool({ closeSessions: 'no' as unknown as boolean })).toThrow(
      new TypeError("closeSessions must be true or false, got 'no'"),
    );
  });

  it.each([
    ['a queue, as the original takes it', new JobQueue(), 'JobQueue {}'],
    ['an array of jobs', [], '[]'],
    ['null', null, 'null'],
  ])('are a record, and not %s', (_, junk, shown) => {
    expect(() => new Pool(junk as object)).toThrow(
      new TypeError(`Pool takes a record of options, such as { jobQueue }, got ${shown}`),
    );
  });

  it.each([
    ['num_processes', 'numProcesses'],
    ['jobs', 'jobQueue'],
    ['initArgs', 'initargs'],
    ['closeSession', 'closeSessions'],
    ['auth_generator', 'authGenerator'],
  ])('refuse the unknown %s and name the nearest known one', (unknown, nearest) => {
    expect(() => new Pool({ [unknown]: undefined })).toThrow(
      new TypeError(`Pool: unknown key "${unknown}"; did you mean "${nearest}"?`),
    );
  });

  it('may be undefined, each', async () => {
    const pool = new Pool({ numProcesses: undefined, jobQueue: undefined } as object);
    expect(pool.numProcesses).toBe(availableParallelism());
    await pool.close();
  });

  it('make as many sessions as they say, by default as there are cores', async () => {
    const script = new Script();
    const { session } = script;
    const pools = [new Pool({ session, numProcesses: 100 }), new Pool({ session })];
    expect(pools.map(({ numProcesses }) => numProcesses)).toEqual([100, availableParallelism()]);
    expect(script.sessions).toHaveLength(100 + availableParallelism());
    await Promise.all(pools.map((pool) => pool.close()));
  });
});

describe('Pool.fromUrls', () => {
  it('gets each URL', async () => {
    const script = new Script();
    const url = new URL('http://b.example/');
    const pool = Pool.fromUrls(['http://a.example/', url], undefined, {
      session: script.session,
      numProcesses: 1,
    });
    await pool.joinAll();
    expect(script.requests).toEqual([
      { method: 'GET', url: 'http://a.example/' },
      { method: 'GET', url },
    ]);
  });

  it('gives each job the other fields as well, and a copy of its own', async () => {
    const script = new Script();
    const context = { row: 7 };
    const fields = { method: 'POST', context, url: 'never' };
    async function* urls() {
      yield 'a';
      yield 'b';
    }
    const pool = Pool.fromUrls(urls(), fields, { session: script.session, numProcesses: 1 });
    await pool.joinAll();
    expect(script.requests).toEqual([
      { method: 'POST', context, url: 'a' },
      { method: 'POST', context, url: 'b' },
    ]);
    expect(fields.url).toBe('never');
  });
});

describe('Pool.fromExceptions', () => {
  it('runs the very jobs again', async () => {
    const script = new Script();
    const work = jobs(5);
    const exceptions = work.map((job) => new ThreadException(job, new Error('no')));
    const pool = Pool.fromExceptions(exceptions, { session: script.session, numProcesses: 2 });
    const responses = await collect(pool.responses());
    expect(new Set(responses.map(({ requestKwargs }) => requestKwargs))).toEqual(new Set(work));
    expect(script.requests.every((job, i) => job === work[i])).toBe(true);
  });

  it('takes the exceptions of a pool that still runs, each as it comes', async () => {
    const attempts = new Map<string, number>();
    const session = () => ({
      async request({ url }: ScriptedJob) {
        const attempt = (attempts.get(url) ?? 0) + 1;
        attempts.set(url, attempt);
        if (attempt === 1 && url !== 'job 3') throw new Error('at first');
        return attempt;
      },
    });
    const first = new Pool({ jobQueue: jobs(10), session, numProcesses: 3 });
    const again = Pool.fromExceptions(first.exceptions(), { session, numProcesses: 1 });
    await again.joinAll();
    expect(await collect(again.responses())).toHaveLength(9);
    expect(await collect(first.responses())).toHaveLength(1);
    expect([again.getException(), first.getException()]).toEqual([undefined, undefined]);
  });

  it('breaks off the exceptions when it is closed, and leaves the rest', async () => {
    const told: unknown[] = [];
    const work = [failing('a'), failing('b')];
    const pending = work.values();
    const source: JobSource<ScriptedJob> = {
      get: () => pending.next().value,
      done: (job, outcome) => void told.push([job, outcome]),
    };
    const first = new Pool({ jobQueue: source, session: new Script().session, numProcesses: 1 });
    const gate = new Gate();
    const session = () => ({ request: (_: ScriptedJob) => gate.opened.then(() => 'late') });
    const again = Pool.fromExceptions(first.exceptions(), { session, numProcesses: 1 });
    await quiet();
    const closing = again.close();
    gate.open();
    await closing;
    expect(again.getResponse()?.requestKwargs).toBe(work[0]);
    expect(told).toEqual([[work[0], undefined]]);
    const [rest] = await collect(first.exceptions());
    expect(rest?.requestKwargs).toBe(work[1]);
  });
});
