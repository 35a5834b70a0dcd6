import { describe, expect, it } from 'vitest';
import { Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { collect, quiet } from './helpers/scripted-session.js';

describe('priority', () => {
  interface Ranked {
    readonly url: string;
    readonly priority?: number;
  }

  /** Answers one job at a time, and writes down in which order. */
  function ranking() {
    const order: (number | undefined)[] = [];
    const gate = new Gate();
    const session = () => ({
      async request({ url, priority }: Ranked) {
        if (url === 'first') await gate.opened;
        else order.push(priority);
      },
    });
    return { order, gate, options: { session, numProcesses: 1 } };
  }

  const ranked = (priority: number | undefined, i: number): Ranked => ({
    url: `http://a.test/${i}`,
    ...(priority === undefined ? {} : { priority }),
  });

  it('of what is submitted, the highest goes first', async () => {
    const { order, gate, options } = ranking();
    await using pool = new Pool(options);
    const done = [pool.submit({ url: 'first' })];
    done.push(...[0, 2, undefined, -1, 9, 2.5].map((each, i) => pool.submit(ranked(each, i))));
    await quiet();
    gate.open();
    await Promise.all(done);
    expect(order).toEqual([9, 2.5, 2, 0, undefined, -1]);
  });

  it('of a source, the highest that is looked at goes first', async () => {
    const { order, options } = ranking();
    const jobQueue = [0, 1, 2, 3, 4, 5, 6, 7].map(ranked);
    await new Pool({ jobQueue, ...options, lookAhead: 3 }).joinAll();
    expect(order).toEqual([2, 3, 4, 5, 6, 7, 1, 0]);
    order.splice(0);
    await new Pool({ jobQueue, ...options }).joinAll();
    expect(order).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it.each([
    ['a rate', { rateLimit: { limit: 1000, interval: 1 } }],
    ['a concurrency', { perOrigin: { concurrency: 1000 } }],
  ])('of a source, the highest goes first where there is %s', async (_, limits) => {
    const { order, options } = ranking();
    const jobQueue = [undefined, 0, 1, 2, 3].map(ranked);
    await new Pool({ jobQueue, ...options, ...limits }).joinAll();
    expect(order).toEqual([undefined, 3, 2, 1, 0]);
  });

  it('that is found past a limit is compared with those behind it', async () => {
    const order: (number | undefined)[] = [];
    const gate = new Gate();
    const session = () => ({
      async request({ url, priority }: Ranked) {
        order.push(priority);
        if (url === 'http://held.test/1') await gate.opened;
      },
    });
    const held: Ranked[] = [{ url: 'http://held.test/1' }, { url: 'http://held.test/2' }];
    const jobQueue = [...held, ...[0, 1, 2].map(ranked)];
    const perOrigin = { concurrency: 1 };
    const pool = new Pool({ jobQueue, session, numProcesses: 2, perOrigin });
    await quiet();
    expect(order).toEqual([undefined, 2, 1, 0]);
    gate.open();
    await pool.joinAll();
  });

  it('of an async source, the highest that has come goes first', async () => {
    const { order, gate, options } = ranking();
    async function* jobs() {
      yield { url: 'first', priority: 0 };
      yield* [0, 1, 2, 3].map(ranked);
    }
    const pool = new Pool<ReturnType<typeof options.session>>({ jobQueue: jobs(), ...options });
    await quiet();
    gate.open();
    await pool.joinAll();
    expect(order).toEqual([3, 2, 1, 0]);
  });

  it('of an urgent job that is submitted goes before the source’s', async () => {
    const { order, gate, options } = ranking();
    const jobQueue = [{ url: 'first' }, ...[1, 1].map(ranked)];
    const pool = new Pool({ jobQueue, ...options });
    await quiet();
    const done = [pool.submit(ranked(9, 9)), pool.submit(ranked(0, 8))];
    gate.open();
    await Promise.all([pool.joinAll(), ...done]);
    expect(order).toEqual([9, 1, 1, 0]);
  });

  it('that is no finite number is refused, alone', async () => {
    const server = await startServer();
    const priorities = [Number.NaN, '9', Infinity, 1] as number[];
    const jobs = priorities.map((priority) => ({ url: server.url, priority }));
    const pool = new Pool({ jobQueue: jobs, numProcesses: 1 });
    expect((await collect(pool.exceptions())).map(({ message }) => message).sort()).toEqual([
      "priority must be a finite number, got '9'",
      'priority must be a finite number, got Infinity',
      'priority must be a finite number, got NaN',
    ]);
    expect(server.requests).toHaveLength(1);
  });
});
