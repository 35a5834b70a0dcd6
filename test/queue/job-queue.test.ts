import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { InvalidJobError, JobQueue, Pool } from '../../src/index.js';
import { collect, quiet, Script, type ScriptedJob } from '../helpers/scripted-session.js';

describe('a job queue', () => {
  it('gives the jobs in the order in which they were put', () => {
    const queue = new JobQueue([{ n: 1 }, { n: 2 }]);
    queue.put({ n: 3 });
    expect(queue.size).toBe(3);
    expect([queue.get(), queue.get(), queue.get()]).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(queue.size).toBe(0);
  });

  it('gives the very objects that were put', () => {
    const job = { url: 'a' };
    expect(new JobQueue([job]).get()).toBe(job);
  });

  it('keeps the order of many thousand jobs that come and go', () => {
    const queue = new JobQueue<{ n: number }>();
    const taken: unknown[] = [];
    for (let n = 0; n < 5000; n++) {
      queue.put({ n });
      if (n % 2 === 1) taken.push(queue.get());
    }
    while (queue.size > 0) taken.push(queue.get());
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, n) => ({ n })));
  });

  it('gives undefined at once when nobody has a job who might put another', () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    queue.done();
    expect(queue.get()).toBe(undefined);
  });

  it('waits while a job that was handed out is not done', async () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const next = queue.get();
    queue.put({ n: 2 });
    expect(await next).toEqual({ n: 2 });
  });

  it('serves those who wait in their order', async () => {
    const queue = new JobQueue([{ n: 0 }]);
    void queue.get();
    const waiting = [queue.get(), queue.get()];
    queue.put({ n: 1 });
    queue.put({ n: 2 });
    expect(await Promise.all(waiting)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('ends those who wait when the last job is done', async () => {
    const queue = new JobQueue([{ n: 1 }, { n: 2 }]);
    void queue.get();
    void queue.get();
    const waiting = Promise.all([queue.get(), queue.get()]);
    queue.done();
    queue.done();
    expect(await waiting).toEqual([undefined, undefined]);
  });

  it('lets whoever says done put another job in the same breath', async () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const next = queue.get();
    queue.done();
    queue.put({ n: 2 });
    expect(await next).toEqual({ n: 2 });
  });

  it('counts a job until the promise that brings it has called back', async () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const sizes: number[] = [];
    const next = Promise.resolve(queue.get()).then(() => sizes.push(queue.size));
    queue.put({ n: 2 });
    sizes.push(queue.size);
    await next;
    await quiet();
    expect([...sizes, queue.size]).toEqual([1, 1, 0]);
  });

  it('refuses a done() for a job that it did not hand out', () => {
    const queue = new JobQueue([{ n: 1 }]);
    expect(() => queue.done()).toThrow('done() was called more often than get() gave jobs');
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['7', 7],
    ["'a'", 'a'],
    ['[Promise]', Promise.resolve({ n: 1 })],
  ])('refuses %s as a job', (shown, junk) => {
    const queue = new JobQueue<object>();
    expect(() => queue.put(junk as object)).toThrow(InvalidJobError);
    expect(() => queue.put(junk as object)).toThrow(`a job must be a plain object, got ${shown}`);
    expect(queue.size).toBe(0);
  });
});

describe('the priority of jobs that are put', () => {
  /** A job for each priority, in their order; undefined for none. */
  const ranked = (...priorities: unknown[]) => priorities.map((priority, i) => ({ i, priority }));

  function takeAll<J>(queue: JobQueue<J>): J[] {
    return Array.from({ length: queue.size }, () => queue.get() as J);
  }

  it('lets the highest go first, and equals in their order', () => {
    const queue = new JobQueue(ranked(0, 1, undefined, -1, 2, 1, 0, -1, 2));
    expect(queue.size).toBe(9);
    expect(takeAll(queue).map(({ i }) => i)).toEqual([4, 8, 1, 5, 0, 2, 6, 3, 7]);
    expect(queue.size).toBe(0);
  });

  it('is 0 where it is no number, and any number goes', () => {
    const queue = new JobQueue(ranked('9', Number.NaN, -0.5, null, 0.5, Infinity, -Infinity));
    expect(takeAll(queue).map(({ i }) => i)).toEqual([5, 4, 0, 1, 3, 2, 6]);
  });

  it('is looked at again for each job that is put', () => {
    const queue = new JobQueue(ranked(0, 1));
    expect(queue.get()).toMatchObject({ i: 1 });
    const [, , late] = ranked(0, 0, 5);
    queue.put(late as { i: number; priority: unknown });
    expect(takeAll(queue).map(({ i }) => i)).toEqual([2, 0]);
  });

  it('is the order in which a pool runs them', async () => {
    const script = new Script();
    const urls = ['a', 'b', 'c'];
    const queue = new JobQueue<ScriptedJob>(urls.map((url, priority) => ({ url, priority })));
    await new Pool({ jobQueue: queue, session: script.session, numProcesses: 1 }).joinAll();
    expect(script.requests.map(({ url }) => url)).toEqual(['c', 'b', 'a']);
  });

  it('does not keep jobs that are urgent from ending the queue', async () => {
    const queue = new JobQueue(ranked(3, -3));
    queue.close();
    expect(takeAll(queue)).toHaveLength(2);
    expect(queue.get()).toBeUndefined();
  });
});

describe('a closed job queue', () => {
  it('takes no more jobs, and still gives those it has', () => {
    const queue = new JobQueue([{ n: 1 }]);
    queue.close();
    expect(() => queue.put({ n: 2 })).toThrow('the job queue is closed');
    expect(queue.get()).toEqual({ n: 1 });
    expect(queue.get()).toBe(undefined);
  });

  it('ends those who wait, although a job is not done', async () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const next = queue.get();
    queue.close();
    expect(await next).toBe(undefined);
  });

  it('ends a pool whose reader would put more', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>([{ url: 'a' }]);
    const pool = new Pool({ jobQueue: queue, session: script.session });
    for await (const _ of pool.responses()) {
      queue.close();
      expect(() => queue.put({ url: 'b' })).toThrow('the job queue is closed');
    }
    expect(script.requests).toEqual([{ url: 'a' }]);
  });
});

describe('the signal of get()', () => {
  it('ends those who wait with it, and nobody else', async () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const controller = new AbortController();
    const given = [queue.get(controller), queue.get(), queue.get(controller)];
    controller.abort();
    queue.put({ n: 2 });
    expect(await Promise.all(given)).toEqual([undefined, { n: 2 }, undefined]);
  });

  it('has one listener, however many wait with it', () => {
    const queue = new JobQueue([{ n: 1 }]);
    void queue.get();
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++) void queue.get({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  it('has nothing handed out once it is aborted', () => {
    const queue = new JobQueue([{ n: 1 }]);
    expect(queue.get({ signal: AbortSignal.abort() })).toBe(undefined);
    expect(queue.size).toBe(1);
  });
});

describe('pools that share a job queue', () => {
  it('take each job once between them', async () => {
    const script = new Script();
    const options = { session: script.session, numProcesses: 2 };
    const queue = new JobQueue(Array.from({ length: 20 }, (_, n) => ({ url: `${n}` })));
    const pools = [
      new Pool({ jobQueue: queue, ...options }),
      new Pool({ jobQueue: queue, ...options }),
    ];
    const read = await Promise.all(pools.map((pool) => collect(pool.responses())));
    expect(read.every((responses) => responses.length > 0)).toBe(true);
    expect(new Set(read.flat().map(({ url }) => url)).size).toBe(20);
    expect(script.requests).toHaveLength(20);
  });

  it('leave what they did not take when one is closed', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>([{ url: 'a' }, { url: 'b' }]);
    const closed = new Pool({ jobQueue: queue, session: script.session });
    await closed.close();
    expect(queue.size).toBe(2);
    const pool = new Pool({ jobQueue: queue, session: script.session });
    expect(await collect(pool.responses())).toHaveLength(2);
  });
});
