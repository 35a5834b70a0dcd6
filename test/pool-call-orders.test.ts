import { describe, expect, it } from 'vitest';
import { JobQueue, map, Pool } from '../src/index.js';
import { poolOf } from './helpers/counted.js';
import {
  collect,
  failing,
  mixedJobs,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';

type ScriptedPool = Pool<ScriptedSession>;

/** Orders of calls; each gives the indexes of all the outcomes that it read. */
const ORDERS: Readonly<Record<string, (pool: ScriptedPool) => Promise<readonly number[]>>> = {
  'outcomes()': (pool) => read(pool),
  'the ordered outcomes': (pool) => read(pool.outcomes({ ordered: true })),
  'joinAll(), then responses() and exceptions()': async (pool) => {
    await pool.joinAll();
    return [...(await read(pool.responses())), ...(await read(pool.exceptions()))];
  },
  'joinAll(), then the ordered outcomes': async (pool) => {
    await pool.joinAll();
    return read(pool.outcomes({ ordered: true }));
  },
  'responses(), then exceptions()': async (pool) => [
    ...(await read(pool.responses())),
    ...(await read(pool.exceptions())),
  ],
  'exceptions(), then responses()': async (pool) => [
    ...(await read(pool.exceptions())),
    ...(await read(pool.responses())),
  ],
  'responses() and exceptions() at once': async (pool) =>
    (await Promise.all([read(pool.responses()), read(pool.exceptions())])).flat(),
  'some responses, joinAll(), then the rest': async (pool) => {
    const seen = await read(pool.responses(), 10);
    await pool.joinAll();
    return [...seen, ...(await read(pool))];
  },
  'joinAll() while a reader holds an outcome': async (pool) => {
    const seen: number[] = [];
    for await (const { index } of pool.responses()) {
      seen.push(index);
      if (seen.length === 1) await pool.joinAll();
    }
    return [...seen, ...(await read(pool.exceptions()))];
  },
  'exceptions() within a loop of responses()': async (pool) => {
    const seen: number[] = [];
    for await (const { index } of pool.responses())
      seen.push(index, ...(await read(pool.exceptions(), 1)));
    return [...seen, ...(await read(pool.exceptions()))];
  },
  'an ordered reader, and one of responses() beside it': async (pool) =>
    (await Promise.all([read(pool.outcomes({ ordered: true })), read(pool.responses())])).flat(),
  'some ordered outcomes, then exceptions() and responses()': async (pool) => [
    ...(await read(pool.outcomes({ ordered: true }), 10)),
    ...(await read(pool.exceptions())),
    ...(await read(pool.responses())),
  ],
  'getResponse() and getException(), again and again': async (pool) => {
    const seen: number[] = [];
    while (seen.length < 1000) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let outcome = next(pool); outcome !== undefined; outcome = next(pool))
        seen.push(outcome.index);
    }
    return seen;
  },
  'joinAll(), then getResponse() and getException()': async (pool) => {
    await pool.joinAll();
    const seen: number[] = [];
    for (let outcome = next(pool); outcome !== undefined; outcome = next(pool))
      seen.push(outcome.index);
    return seen;
  },
  'fromExceptions(pool.exceptions()), then responses()': async (pool) => {
    const options = { session: new Script().session, numProcesses: 2, highWaterMark: 1 };
    const again = Pool.fromExceptions<ScriptedSession>(pool.exceptions(), options);
    const seen = (await collect(again.exceptions())).map(({ requestKwargs }) =>
      place(requestKwargs),
    );
    return [...seen, ...(await read(pool.responses()))];
  },
  'responses(), then fromExceptions(pool.exceptions())': async (pool) => {
    const seen = await read(pool.responses());
    const options = { session: new Script().session, numProcesses: 2, highWaterMark: 1 };
    const again = Pool.fromExceptions<ScriptedSession>(pool.exceptions(), options);
    await again.joinAll();
    for await (const { requestKwargs } of again) seen.push(place(requestKwargs));
    return seen;
  },
  'close(), once all that was wanted has been read': async (pool) => {
    const seen = await read(pool, 1000);
    await pool.close();
    return seen;
  },
};

const next = (pool: ScriptedPool) => pool.getResponse() ?? pool.getException();
const place = ({ url }: ScriptedJob) => Number(url.slice('job '.length));

/** The indexes of what a reader gives, until it breaks off. */
async function read(
  outcomes: AsyncIterable<{ index: number }>,
  breakAfter = Infinity,
): Promise<number[]> {
  const seen: number[] = [];
  for await (const { index } of outcomes) if (seen.push(index) >= breakAfter) break;
  return seen;
}

describe('1,000 jobs of which every other one fails, and room for one outcome', () => {
  it.each(Object.keys(ORDERS).flatMap((name) => [1, 4].map((workers) => [name, workers] as const)))(
    'end: %s, with %i sessions',
    async (name, numProcesses) => {
      const pool = poolOf(mixedJobs(1000), { numProcesses, highWaterMark: 1 });
      const seen = await ORDERS[name]?.(pool);
      expect(seen?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
      await pool.joinAll();
    },
  );

  it('end with map(), whichever of its two is read first', async () => {
    const { session } = new Script();
    const options = { session, numProcesses: 2, highWaterMark: 1 };
    for (const isReversed of [false, true]) {
      const readers: AsyncIterable<unknown>[] = [...map<ScriptedSession>(mixedJobs(1000), options)];
      if (isReversed) readers.reverse();
      for (const reader of readers) expect(await collect(reader)).toHaveLength(500);
    }
  });

  it('end although the jobs are put by their reader, who looks at responses first', async () => {
    const queue = new JobQueue<ScriptedJob>([{ url: '' }]);
    const pool = poolOf(queue, { numProcesses: 4, highWaterMark: 1 });
    let count = 0;
    for await (const { url } of pool.responses()) {
      count++;
      if (url.length < 9) for (const way of [0, 1]) queue.put({ url: `${url}${way}` });
      queue.put(failing(`${url}x`));
    }
    expect(count).toBe(2 ** 10 - 1);
    expect(await collect(pool.exceptions())).toHaveLength(count);
  });

  it('end with a close() in the middle: what was taken is read, the rest is in the queue', async () => {
    const queue = new JobQueue<ScriptedJob>(mixedJobs(1000));
    const pool = poolOf(queue, { numProcesses: 4, highWaterMark: 1 });
    const seen = await read(pool, 100);
    await pool.close();
    seen.push(...(await read(pool)));
    expect(seen.length + queue.size).toBe(1000);
    expect(new Set(seen).size).toBe(seen.length);
  });
});
