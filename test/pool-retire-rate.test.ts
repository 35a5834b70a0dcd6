import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobQueue } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { banned, freeze, INTERVAL, pass, poolOf, ranBy } from './helpers/retiring.js';
import { collect, flaky, jobs, quiet, Script } from './helpers/scripted-session.js';

const broken = new Error('no credentials');

afterEach(() => {
  vi.useRealTimers();
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

  it('has one job of the source taken ahead, however many workers rest', async () => {
    freeze();
    const work = Array.from({ length: 9 }, (_, i) => banned(`job ${i}`));
    const pool = poolOf(new Script(), work.values(), { numProcesses: 2 });
    await pass(0);
    expect(pool.stats).toMatchObject({ succeeded: 4, taken: 5, waiting: 1 });
    pool.abort();
    await pool.joinAll();
  });

  it('has none taken while the pool is paused', async () => {
    freeze();
    const hold = new Gate();
    const work = [banned('a'), banned('b', { when: hold }), ...jobs(2)];
    const pool = poolOf(new Script(), work.values());
    await pass(0);
    pool.pause();
    hold.open();
    await pass(INTERVAL);
    expect(pool.stats).toMatchObject({ succeeded: 2, taken: 2 });
    pool.resume();
    await pool.joinAll();
    expect(pool.stats).toMatchObject({ succeeded: 4, taken: 4 });
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

  it('holds up no job either when no session can be made', async () => {
    freeze();
    const script = new Script();
    const hold = new Gate();
    const work = [banned('a'), { url: 'hold', when: hold }, { url: 'b' }, ...jobs(4)];
    const pool = poolOf(script, work, {
      numProcesses: 2,
      initializer: ({ number }) => {
        if (number > 1) throw broken;
      },
    });
    await quiet();
    hold.open();
    await quiet();
    expect(pool.stats).toMatchObject({ succeeded: 6, failed: 1, waiting: 0 });
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
