import { describe, expect, it } from 'vitest';
import {
  AbortError,
  type Affinity,
  InvalidJobError,
  Pool,
  type PoolOptions,
} from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

/** Jobs named by their key and a number, as `a1`. One that begins with a digit has no key. */
function jobsNamed(names: string, fields: Partial<ScriptedJob> = {}): ScriptedJob[] {
  return names.split(' ').map((url) => ({ url, ...fields }));
}

const byName: Affinity<ScriptedJob> = ({ url }) => /^\D/.exec(url)?.[0];

/** A pool of scripted sessions, and which jobs have been sent. */
function poolOf(
  jobQueue: PoolOptions<ScriptedSession>['jobQueue'],
  options: PoolOptions<ScriptedSession> = {},
) {
  const script = new Script();
  const pool = new Pool<ScriptedSession>({
    session: script.session,
    ...(jobQueue && { jobQueue }),
    numProcesses: 2,
    affinity: byName,
    ...options,
  });
  const sent = () => script.requests.map(({ url }) => url).join(' ');
  /** Which session answered each job. */
  const answeredBy = async () => {
    const outcomes = await collect(pool.responses());
    return Object.fromEntries(outcomes.map(({ url, by }) => [url, by]));
  };
  return { pool, script, sent, answeredBy };
}

describe('affinity', () => {
  it('has one session run all jobs of a key, and the others do what else there is', async () => {
    const gate = new Gate();
    const work = [...jobsNamed('a1', { when: gate }), ...jobsNamed('a2 a3 b4 5 b6 a7 8')];
    const { sent, answeredBy } = poolOf(work);
    await quiet();
    expect(sent()).toBe('a1 b4 5 b6 8');
    gate.open();
    expect(await answeredBy()).toEqual({ a1: 0, a2: 0, a3: 0, a7: 0, b4: 1, 5: 1, b6: 1, 8: 1 });
  });

  it("by origin looks at the job's URL; one that has none goes to any session", async () => {
    const gate = new Gate();
    const [first, second] = ['http://a.test/1', 'http://a.test/2'];
    const work = [{ url: first, when: gate }, { url: second }, { url: 'x' }, { url: 'y' }];
    const { sent, answeredBy } = poolOf(work, { affinity: 'origin' });
    await quiet();
    expect(sent()).toBe(`${first} x y`);
    gate.open();
    expect(await answeredBy()).toMatchObject({ [first]: 0, [second]: 0 });
  });

  it('has a job that is tried again go to the same session, and is asked for its key once', async () => {
    const asked: string[] = [];
    const failure = { thrown: Object.assign(new Error('reset'), { code: 'ECONNRESET' }), times: 2 };
    const work = [...jobsNamed('a1 b2 c3', { failure }), ...jobsNamed('a4 b5 c6')];
    const affinity = (job: ScriptedJob) => {
      asked.push(job.url);
      return byName(job);
    };
    const { pool, script } = poolOf(work, {
      affinity,
      numProcesses: 3,
      retry: { limit: 2, backoffBase: 0 },
    });
    const by: Record<string, Set<number>> = {};
    for (const session of script.sessions) {
      const request = session.request.bind(session);
      session.request = (job, options) => {
        const key = byName(job) as string;
        by[key] = (by[key] ?? new Set()).add(session.number);
        return request(job, options);
      };
    }
    expect(await collect(pool.responses())).toHaveLength(6);
    expect(script.requests).toHaveLength(12);
    expect(Object.values(by).map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(asked.sort()).toEqual(['a1', 'a4', 'b2', 'b5', 'c3', 'c6']);
  });

  it('wakes the very session for which a job comes', async () => {
    const { pool, script } = poolOf(undefined, { numProcesses: 4 });
    const submit = (url: string) => pool.submit({ url });
    const first = await Promise.all(['a1', 'b2', 'c3', 'd4'].map(submit));
    expect(first.map(({ by }) => by).sort()).toEqual([0, 1, 2, 3]);
    for (const name of ['c5', 'a6', 'd7', 'b8', 'a9'])
      expect((await submit(name)).by).toBe(first.find(({ url }) => url[0] === name[0])?.by);
    await pool.close();
    expect(script.mishaps).toEqual([]);
  });

  it('has submitted jobs wait for their session alone', async () => {
    const gate = new Gate();
    const { pool, sent } = poolOf(undefined);
    const submitted = jobsNamed('a1 a2 a3', { when: gate }).map((job) => pool.submit(job));
    await quiet();
    expect(sent()).toBe('a1');
    const other = await pool.submit({ url: 'b4' });
    gate.open();
    const answers = await Promise.all(submitted);
    expect(answers.map(({ by }) => by)).toEqual([0, 0, 0]);
    expect(other.by).toBe(1);
    await pool.close();
  });

  it('lets jobs of no key have their turn among those of a session', async () => {
    const gate = new Gate();
    const work = [...jobsNamed('a1 b2', { when: gate }), ...jobsNamed('a3 a4 a5 b6 b7 b8')];
    const { pool, sent } = poolOf(work);
    await quiet();
    const submitted = pool.submit({ url: '9' });
    await quiet();
    expect(sent()).toBe('a1 b2');
    gate.open();
    await submitted;
    await pool.joinAll();
    expect(sent().split(' ').indexOf('9')).toBeLessThan(5);
  });

  it('goes by priority within what a session may run', async () => {
    const gate = new Gate();
    const urgent = { priority: 1 };
    const work = [
      ...jobsNamed('a1 b2', { when: gate, priority: 2 }),
      ...jobsNamed('a3 b4 5 a6'),
      ...jobsNamed('a7 b8 9', urgent),
    ];
    const { pool, sent, script } = poolOf(work);
    await quiet();
    expect(sent()).toBe('a1 b2');
    gate.open();
    await pool.joinAll();
    expect(sent().split(' ').slice(2, 5).sort()).toEqual(['9', 'a7', 'b8']);
    expect(script.requests).toHaveLength(9);
  });
});

describe('looking ahead past what is bound to a busy session', () => {
  it('ends at lookAhead, and goes on when the session has taken one', async () => {
    const gates = [new Gate(), new Gate()];
    const [first, second] = gates.map((when, i) => ({ url: `a${i}`, when }));
    const work = [first, second, ...jobsNamed('a3 b4 b5')] as ScriptedJob[];
    const { sent, answeredBy } = poolOf(work, { lookAhead: 2 });
    await quiet();
    expect(sent()).toBe('a0');
    gates[0]?.open();
    await quiet();
    expect(sent()).toBe('a0 a1 b4 b5');
    gates[1]?.open();
    expect(await answeredBy()).toEqual({ a0: 0, a1: 0, a3: 0, b4: 1, b5: 1 });
  });

  it('does not deadlock a reader in the order of the jobs', async () => {
    const gate = new Gate();
    const work = [
      ...jobsNamed('b0'),
      ...jobsNamed('a1', { when: gate }),
      ...jobsNamed('a2 b3 b4 a5 b6'),
    ];
    const { pool } = poolOf(work, { highWaterMark: 1, lookAhead: 2 });
    const reading = collect(pool.outcomes({ ordered: true }));
    await quiet();
    gate.open();
    expect((await reading).map(({ requestKwargs: { url } }) => url)).toEqual(
      work.map(({ url }) => url),
    );
  });
});

describe('jobs that wait for their session', () => {
  it('are held by a pause, and go on after it', async () => {
    const { pool, sent, answeredBy } = poolOf(jobsNamed('a1 b2 a3 b4'));
    pool.pause();
    await quiet();
    expect(sent()).toBe('');
    pool.resume();
    const by = await answeredBy();
    expect([by.a1 === by.a3, by.b2 === by.b4]).toEqual([true, true]);
  });

  it('are withdrawn by their own signal', async () => {
    const gate = new Gate();
    const controller = new AbortController();
    const work = [
      ...jobsNamed('a1', { when: gate }),
      ...jobsNamed('a2', { signal: controller.signal }),
      ...jobsNamed('a3'),
    ];
    const { pool, sent } = poolOf(work);
    await quiet();
    controller.abort('enough');
    const { value: outcome } = await pool.exceptions().next();
    expect(outcome).toMatchObject({ requestKwargs: { url: 'a2' }, attempts: 0 });
    expect(outcome?.exception.cause).toBe('enough');
    gate.open();
    await pool.joinAll();
    expect(sent()).toBe('a1 a3');
  });

  it('end at once when the pool is aborted', async () => {
    const { pool } = poolOf(jobsNamed('a1 a2 a3 b4', { when: new Gate() }));
    await quiet();
    pool.abort();
    const outcomes = await collect(pool);
    expect(outcomes.map(({ requestKwargs: { url }, attempts }) => [url, attempts]).sort()).toEqual([
      ['a1', 1],
      ['a2', 0],
      ['a3', 0],
      ['b4', 1],
    ]);
  });

  it('are let go by the limits of their origin, whichever session they are for', async () => {
    const gate = new Gate();
    const urls = ['a', 'b', 'c', 'a', 'b', 'c'].map((key, i) => `http://o.test/${key}${i}`);
    const affinity = ({ url }: ScriptedJob) => url.at(-2);
    const work = urls.map((url) => ({ url, when: gate }));
    const options = { affinity, numProcesses: 3, perOrigin: { concurrency: 1 } };
    const { script, answeredBy } = poolOf(work, options);
    await quiet();
    expect(script.inFlight).toBe(1);
    gate.open();
    const by = await answeredBy();
    expect(urls.map((url) => by[url])).toEqual(
      [...urls.slice(0, 3), ...urls.slice(0, 3)].map((url) => by[url]),
    );
    expect(script.maxInFlight).toBe(1);
  });

  it('of many sessions go when time opens their origin', async () => {
    const affinity = ({ url }: ScriptedJob) => url.at(-1);
    const work = Array.from({ length: 12 }, (_, i) => ({ url: `http://o.test/${i % 4}` }));
    const perOrigin = { rateLimit: { limit: 2, interval: 2 } };
    const { pool } = poolOf(work, { affinity, numProcesses: 4, perOrigin });
    expect(await collect(pool.responses())).toHaveLength(12);
  });
});

describe('a key that cannot be had', () => {
  const thrown = new Error('no account');
  const affinity: Affinity<ScriptedJob> = ({ url }) => {
    if (url === 'throws') throw thrown;
    if (url === 'null') return null as unknown as undefined;
    return byName({ url });
  };
  const names = 'a1 throws a2 null a3';

  it('is the exception of that job, and disturbs no other', async () => {
    const { pool } = poolOf(jobsNamed(names), { affinity });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'response',
      'exception',
      'response',
      'exception',
      'response',
    ]);
    expect(outcomes[1]).toMatchObject({ exception: thrown, attempts: 0 });
    expect(outcomes[3]).toMatchObject({
      exception: new InvalidJobError(
        'affinity must give a string, a number or undefined, got null',
      ),
      attempts: 0,
    });
  });

  it('is what submit() rejects with', async () => {
    const { pool } = poolOf(undefined, { affinity });
    await expect(pool.submit({ url: 'throws' })).rejects.toBe(thrown);
    await expect(pool.submit({ url: 'null' })).rejects.toBeInstanceOf(InvalidJobError);
    expect((await pool.submit({ url: 'a1' })).url).toBe('a1');
    await pool.close();
  });

  it('may come late, from a source that takes its time', async () => {
    async function* work() {
      yield* jobsNamed(names);
    }
    const { pool } = poolOf(work(), { affinity });
    expect((await collect(pool)).map(({ kind }) => kind).sort()).toEqual([
      'exception',
      'exception',
      'response',
      'response',
      'response',
    ]);
  });

  it('because the function aborts the pool leaves no job without its outcome', async () => {
    const affinity = ({ url }: ScriptedJob) => {
      if (url === 'a2') pool.abort();
      return 'a';
    };
    const { pool, sent } = poolOf(jobsNamed('a1 a2 a3'), { affinity });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes).toHaveLength(2);
    expect(outcomes[1]).toMatchObject({ exception: expect.any(AbortError), attempts: 0 });
    expect(sent()).not.toContain('a2');
  });
});

describe('the option', () => {
  it.each([
    ['origins', "'origins'"],
    [null, 'null'],
    [true, 'true'],
    [{}, '{}'],
  ])('is refused as %s', (junk, shown) => {
    expect(() => poolOf([], { affinity: junk as never })).toThrow(
      new TypeError(`affinity must be 'origin' or a function of the job, got ${shown}`),
    );
  });
});
