import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { JobQueue, type JobSource, Pool, type PoolOptions, ThreadException } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

const NO_COUNTS = [
  [0, '0'],
  [-1, '-1'],
  [1.5, '1.5'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  ['3', "'3'"],
  [null, 'null'],
  [2n, '2n'],
] as const;

describe('the options of a pool', () => {
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

  it.each([
    ['a queue, as the original takes it', new JobQueue(), 'JobQueue {}'],
    ['an array of jobs', [], '[]'],
    ['null', null, 'null'],
  ])('are a record, and not %s', (_, junk, shown) => {
    expect(() => new Pool(junk as object)).toThrow(
      new TypeError(`Pool takes a record, such as { jobQueue }, got ${shown}`),
    );
  });

  it.each([
    ['num_processes', 'numProcesses'],
    ['jobs', 'jobQueue'],
    ['initArgs', 'initargs'],
    ['closeSession', 'closeSessions'],
    ['auth_generator', 'authGenerator'],
    ['ratelimit', 'rateLimit'],
    ['lookahead', 'lookAhead'],
    ['highWatermark', 'highWaterMark'],
  ])('refuse the unknown %s and name the nearest known one', (unknown, nearest) => {
    expect(() => new Pool({ [unknown]: undefined })).toThrow(
      new TypeError(`Pool: unknown key "${unknown}"; did you mean "${nearest}"?`),
    );
  });

  it.each(['numProcesses', 'lookAhead'])('refuse as %s what is no count', (name) => {
    for (const [junk, shown] of NO_COUNTS)
      expect(() => new Pool({ [name]: junk })).toThrow(
        new RangeError(`${name} must be a whole number from 1 on, got ${shown}`),
      );
  });

  it.each(['closeSessions', 'raiseForStatus'])('refuse as %s what is no flag', (name) => {
    for (const [junk, shown] of [
      ['no', "'no'"],
      [0, '0'],
      [null, 'null'],
    ])
      expect(() => new Pool({ [name as string]: junk })).toThrow(
        new TypeError(`${name} must be true or false, got ${shown}`),
      );
  });

  it('refuse as signal what is no AbortSignal', () => {
    const controller = new AbortController();
    for (const [junk, shown] of [
      [controller, 'AbortController {}'],
      [{}, '{}'],
      [null, 'null'],
    ])
      expect(() => new Pool({ signal: junk as unknown as AbortSignal })).toThrow(
        new TypeError(`signal must be an AbortSignal, got ${shown}`),
      );
  });

  describe.each(['rateLimit', 'perOrigin.rateLimit'])('as %s', (name) => {
    const make = (rateLimit: unknown) => () =>
      new Pool(
        (name === 'rateLimit' ? { rateLimit } : { perOrigin: { rateLimit } }) as PoolOptions,
      );

    it.each([
      [5, '5'],
      [null, 'null'],
      [[1, 1000], '[ 1, 1000 ]'],
    ])('refuse %o, which is no record', (junk, shown) => {
      expect(make(junk)).toThrow(
        new TypeError(`${name} takes a record, such as { limit, interval }, got ${shown}`),
      );
    });

    it('refuse an unknown key', () => {
      expect(make({ limit: 1, intervall: 1 })).toThrow(
        new TypeError(`${name}: unknown key "intervall"; did you mean "interval"?`),
      );
    });

    it('refuse a limit that is no count', () => {
      for (const [limit, shown] of [...NO_COUNTS, [undefined, 'undefined']])
        expect(make({ limit, interval: 1 })).toThrow(
          new RangeError(`${name}.limit must be a whole number from 1 on, got ${shown}`),
        );
    });

    it.each([
      [0, '0'],
      [-1, '-1'],
      [Number.NaN, 'NaN'],
      [Infinity, 'Infinity'],
      ['1', "'1'"],
      [undefined, 'undefined'],
    ])('refuse an interval of %o', (interval, shown) => {
      expect(make({ limit: 1, interval })).toThrow(
        new RangeError(`${name}.interval must be a number of milliseconds above 0, got ${shown}`),
      );
    });

    it('take a record, with a fraction of a millisecond too', async () => {
      await make({ limit: 1, interval: 0.5 })().close();
    });
  });

  it('refuse as perOrigin what is no record of its limits', async () => {
    const make = (perOrigin: unknown) => () => new Pool({ perOrigin } as PoolOptions);
    expect(make(4)).toThrow(
      new TypeError('perOrigin takes a record, such as { concurrency, rateLimit }, got 4'),
    );
    expect(make({ concurency: 4 })).toThrow(
      new TypeError('perOrigin: unknown key "concurency"; did you mean "concurrency"?'),
    );
    for (const [concurrency, shown] of NO_COUNTS.filter(([count]) => count !== Infinity))
      expect(make({ concurrency })).toThrow(
        new RangeError(`perOrigin.concurrency must be a whole number from 1 on, got ${shown}`),
      );
    for (const concurrency of [1, Infinity, undefined]) await make({ concurrency })().close();
    await make({ rateLimit: undefined })().close();
  });

  it('refuse as highWaterMark what is neither a count nor a record of them', async () => {
    const make = (highWaterMark: unknown) => () => new Pool({ highWaterMark } as PoolOptions);
    for (const [junk, shown] of [
      ['9', "'9'"],
      [null, 'null'],
      [[], '[]'],
    ])
      expect(make(junk)).toThrow(
        new TypeError(
          `highWaterMark takes a record, such as { outcomes, bytes }, or a number, got ${shown}`,
        ),
      );
    expect(make({ byte: 1 })).toThrow(
      new TypeError('highWaterMark: unknown key "byte"; did you mean "bytes"?'),
    );
    for (const [junk, name, shown] of [
      [0, 'outcomes', '0'],
      [Number.NaN, 'outcomes', 'NaN'],
      [{ outcomes: 1.5 }, 'outcomes', '1.5'],
      [{ bytes: -1 }, 'bytes', '-1'],
      [{ bytes: '1' }, 'bytes', "'1'"],
    ])
      expect(make(junk)).toThrow(
        new RangeError(`highWaterMark.${name} must be a whole number from 1 on, got ${shown}`),
      );
    for (const good of [
      1,
      Infinity,
      {},
      { outcomes: Infinity },
      { bytes: 1 },
      { bytes: undefined },
    ])
      await make(good)().close();
  });

  it.each([
    [-1, new RangeError('retry must be a whole number from 0 on, or Infinity, got -1')],
    ['2', new TypeError("retry must be a number or a record, got '2'")],
    [{ limits: 2 }, new TypeError('retry: unknown key "limits"; did you mean "limit"?')],
    [
      { backoffBase: '1s' },
      new TypeError("retry.backoffBase must be a number of milliseconds from 0 on, got '1s'"),
    ],
  ])('refuse %o as retry', (junk, error) => {
    expect(() => new Pool({ retry: junk as number })).toThrow(error);
  });

  it('refuse what is wrong before any session is made', () => {
    const { session, sessions } = new Script();
    for (const junk of [
      { rateLimit: 1 },
      { perOrigin: 1 },
      { lookAhead: 0 },
      { retry: -1 },
      { highWaterMark: 0 },
      { signal: 1 },
    ])
      expect(() => new Pool({ session, ...junk } as object)).toThrow(Object.keys(junk)[0]);
    expect(sessions).toEqual([]);
  });

  it('may be undefined, each', async () => {
    const pool = new Pool({
      numProcesses: undefined,
      jobQueue: undefined,
      rateLimit: undefined,
      perOrigin: undefined,
      lookAhead: undefined,
      retry: undefined,
      raiseForStatus: undefined,
      highWaterMark: undefined,
      signal: undefined,
    } as object);
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
