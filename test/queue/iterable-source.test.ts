import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import {
  InvalidJobError,
  type Job,
  JobQueue,
  map,
  Pool,
  type ThreadException,
} from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { collect, jobs, quiet, Script, type ScriptedJob } from '../helpers/scripted-session.js';

const work = jobs(5);

function* generate() {
  yield* work;
}

async function* generateLater() {
  for (const job of work) {
    await null;
    yield job;
  }
}

/** An async iterable whose promises are not this realm's. */
const ofAnotherRealm: AsyncIterable<ScriptedJob> = {
  [Symbol.asyncIterator]: () =>
    runInNewContext('(async function* () { yield* work; })()', { work: [...work] }),
};

/** An async iterable whose promises are none, and call back at once. */
const ofThenables = {
  [Symbol.asyncIterator]() {
    const items = work.values();
    const then = (resolve: (result: IteratorResult<ScriptedJob>) => void) => resolve(items.next());
    return { next: () => ({ then }) };
  },
} as unknown as AsyncIterable<ScriptedJob>;

describe('jobs from an iterable', () => {
  it.each<[string, () => Iterable<ScriptedJob> | AsyncIterable<ScriptedJob>]>([
    ['an array', () => work],
    ['a Set', () => new Set(work)],
    ["a Map's values", () => new Map(work.map((job) => [job.url, job])).values()],
    ['a generator', generate],
    ['an async generator', generateLater],
    ['a ReadableStream', () => ReadableStream.from(work) as AsyncIterable<ScriptedJob>],
    ['an async generator of another realm', () => ofAnotherRealm],
    ['an async iterable of mere thenables', () => ofThenables],
  ])('are those of %s, in its order', async (_, source) => {
    for (const numProcesses of [1, 3]) {
      const script = new Script();
      const pool = new Pool({ jobQueue: source(), session: script.session, numProcesses });
      const indexes = (await collect(pool)).map(({ index }) => index);
      expect(script.requests).toEqual(work);
      expect(indexes.sort()).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('are pulled one when a worker is free', async () => {
    const script = new Script();
    const gates = [new Gate(), new Gate(), new Gate(), new Gate()];
    let pulled = 0;
    function* lazily() {
      for (const when of gates) yield { url: `${pulled++}`, when };
    }
    const pool = new Pool({ jobQueue: lazily(), session: script.session, numProcesses: 2 });
    await quiet();
    expect(pulled).toBe(2);
    gates[0]?.open();
    await quiet();
    expect(pulled).toBe(3);
    for (const gate of gates) gate.open();
    await pool.joinAll();
    expect(pulled).toBe(4);
  });

  it('are asked of an async iterator one after another, and never beyond its end', async () => {
    const gate = new Gate();
    let asked = 0;
    let asking = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          expect(++asking).toBe(1);
          const n = asked++;
          if (n === 0) await gate.opened;
          asking--;
          return n < 3 ? { done: false, value: { url: `${n}` } } : { done: true, value: undefined };
        },
      }),
    } as AsyncIterable<ScriptedJob>;
    const script = new Script();
    const pool = new Pool({ jobQueue: source, session: script.session, numProcesses: 3 });
    await quiet();
    expect(asked).toBe(1);
    gate.open();
    expect(await collect(pool)).toHaveLength(3);
    expect(asked).toBe(4);
  });

  it('may be no jobs at all: each is an exception of its own', async () => {
    function* junk() {
      yield* [null, undefined, 7, 'text', [], { url: 'http://a.example/', nmae: 1 }];
    }
    const pool = new Pool({ jobQueue: junk() as unknown as Iterable<{ url: string }> });
    const exceptions = await collect(pool.exceptions());
    const byIndex = exceptions.sort((a, b) => a.index - b.index);
    expect(byIndex.map(({ exception }) => exception)).toEqual(
      Array.from({ length: 6 }, () => expect.any(InvalidJobError)),
    );
    expect(byIndex.map(({ message }) => message)).toEqual([
      'a job must be an object with a url, got null',
      'a job must be an object with a url, got null',
      'a job must be an object with a url, got 7',
      "a job must be an object with a url, got 'text'",
      'a job must be an object with a url, got []',
      expect.stringContaining('unknown key "nmae"; did you mean'),
    ]);
    expect(pool.getResponse()).toBe(undefined);
  });

  it.each<[string, unknown, string]>([
    ['a number', 7, '7'],
    ['a string', 'http://a.example/', "'http://a.example/'"],
    ['null', null, 'null'],
    ['a function', generate, '[GeneratorFunction: generate]'],
    ['an object', { url: 'http://a.example/' }, '[Object]'],
    ['an object without a prototype', Object.create(null), '[Object: null prototype] {}'],
  ])('cannot be %s', (_, junk, shown) => {
    const what = 'must be an iterable, an async iterable or a queue, got';
    expect(() => new Pool({ jobQueue: junk as [] })).toThrow(
      new TypeError(`jobQueue ${what} ${shown}`),
    );
    expect(() => map(junk as [])).toThrow(TypeError);
  });
});

describe('a source that breaks', () => {
  const broken = new Error('the file ended');

  function* breaks() {
    yield* jobs(2);
    throw broken;
  }

  async function* breaksLater() {
    yield* jobs(2);
    throw broken;
  }

  it.each([
    ['synchronously', breaks],
    ['asynchronously', breaksLater],
  ])('%s loses none of the jobs taken, and says so at the end', async (_, source) => {
    for (const numProcesses of [1, 4]) {
      const { session } = new Script();
      const pool = new Pool({ jobQueue: source(), session, numProcesses });
      await expect(pool.joinAll()).rejects.toBe(broken);
      const read: string[] = [];
      const reading = async () => {
        for await (const { url } of pool.responses()) read.push(url);
      };
      await expect(reading()).rejects.toBe(broken);
      expect(read).toEqual(['job 0', 'job 1']);
      await expect(collect(pool.exceptions())).rejects.toBe(broken);
      await pool.close();
    }
  });

  it('breaks the constructor if it cannot even begin', () => {
    const source = {
      [Symbol.iterator]() {
        throw broken;
      },
    };
    const script = new Script();
    expect(() => new Pool({ jobQueue: source, session: script.session })).toThrow(broken);
    expect(script.sessions).toEqual([]);
  });
});

describe('a source whose pool is closed', () => {
  it.each(['sync', 'async'])('is told so, once: %s', async (kind) => {
    const gate = new Gate();
    let ended = 0;
    const endless = {
      next: () => ({ done: false, value: { url: 'a', when: gate } }) as const,
      return: () => {
        ended++;
        return { done: true, value: undefined } as const;
      },
    };
    const source =
      kind === 'sync'
        ? { [Symbol.iterator]: () => endless }
        : {
            [Symbol.asyncIterator]: () => ({
              next: async () => endless.next(),
              return: async () => endless.return(),
            }),
          };
    const { session } = new Script();
    const pool = new Pool({ jobQueue: source, session, numProcesses: 2 });
    await quiet();
    const closing = [pool.close(), pool.close()];
    gate.open();
    await Promise.all(closing);
    expect(ended).toBe(1);
    expect(await collect(pool.responses())).toHaveLength(2);
  });

  it('is not told when it had ended by itself', async () => {
    const items = generate();
    const told = vi.spyOn(items, 'return');
    const pool = new Pool({ jobQueue: items, session: new Script().session });
    await pool.joinAll();
    await pool.close();
    expect(told).not.toHaveBeenCalled();
  });

  it('may be a generator that closes the pool itself', async () => {
    let cleanedUp = false;
    function* closing(): Generator<ScriptedJob> {
      try {
        yield { url: 'a' };
        void pool.close();
        yield { url: 'b' };
        yield { url: 'c' };
      } finally {
        cleanedUp = true;
      }
    }
    const script = new Script();
    const pool: Pool<ReturnType<typeof script.session>> = new Pool({
      jobQueue: closing(),
      session: script.session,
      numProcesses: 1,
    });
    await pool.joinAll();
    expect((await collect(pool.responses())).map(({ url }) => url)).toEqual(['a', 'b']);
    expect(cleanedUp).toBe(true);
  });

  it('makes the pool fail if it cannot clean up', async () => {
    const broken = new Error('cannot clean up');
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: { url: 'a' } }) as const,
        return: () => {
          throw broken;
        },
      }),
    };
    const pool = new Pool({ jobQueue: source, session: new Script().session });
    await expect(pool.close()).rejects.toBe(broken);
    await expect(pool.joinAll()).rejects.toBe(broken);
  });
});

describe('items of fromUrls and fromExceptions', () => {
  it.each<[string, unknown, string]>([
    ['a string', 'http://a.example/', "'http://a.example/'"],
    ['nothing', undefined, 'undefined'],
    ['a number', 1, '1'],
  ])('cannot be %s', (_, junk, shown) => {
    const what = 'must be an iterable or an async iterable, got';
    expect(() => Pool.fromUrls(junk as [])).toThrow(new TypeError(`urls ${what} ${shown}`));
    expect(() => Pool.fromExceptions(junk as [])).toThrow(
      new TypeError(`exceptions ${what} ${shown}`),
    );
  });

  it('are refused alone if they are no exceptions', async () => {
    const junk = [null, new Error('no'), 7] as unknown as ThreadException<Job, Error>[];
    const exceptions = await collect(Pool.fromExceptions(junk, { numProcesses: 1 }).exceptions());
    expect(exceptions.map(({ message }) => message)).toEqual([
      'a job must be an object with a url, got null',
      'a job needs a url, a string or a URL, got undefined',
      'a job must be an object with a url, got 7',
    ]);
  });
});

it('takes a queue for one although it can be iterated over', async () => {
  class IterableQueue extends JobQueue<ScriptedJob> {
    *[Symbol.iterator]() {}
  }
  const pool = new Pool({ jobQueue: new IterableQueue(jobs(2)), session: new Script().session });
  expect(await collect(pool)).toHaveLength(2);
});
