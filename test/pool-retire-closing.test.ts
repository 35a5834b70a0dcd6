import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { JobQueue, type PoolOptions } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { banned, freeze, INTERVAL, pass, poolOf, ranBy } from './helpers/retiring.js';
import {
  collect,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

type Options = PoolOptions<ScriptedSession>;

const broken = new Error('no credentials');

afterEach(() => {
  vi.useRealTimers();
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

  it.each<[string, Options]>([
    ['after', {}],
    ['before', { retireWhen: async ({ requestKwargs }) => requestKwargs.context === 'banned' }],
  ])('happens once, though the pool closes all of them just %s', async (_, options) => {
    const script = new Script();
    const queue = new JobQueue([banned('a')]);
    const pool = poolOf(script, queue, { numProcesses: 2, ...options });
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

  it.each(['afterwards', 'before'])(
    'the pool may be used again, and be settled %s',
    async (when) => {
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
      if (when === 'before') last.open();
      await quiet();
      expect(script.closed).toEqual([1, 0, 0]);
      gate.open();
      await quiet();
      expect(script.closed).toEqual(when === 'before' ? [1, 1, 1] : [1, 0, 0]);
      last.open();
      expect(await ranBy(pool)).toEqual([0, 1, undefined, 1]);
      await pool.close();
      checkClosed(script);
    },
  );

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
