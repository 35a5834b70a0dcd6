import { describe, expect, it } from 'vitest';
import { Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startServer } from './helpers/http-server.js';
import { collect, quiet } from './helpers/scripted-session.js';
import { collectSome, jobsOf } from './helpers/server-jobs.js';

/** What will not be over before the test's own limit is. */
const LONG = 60_000;

describe('jobs that wait', () => {
  it('leave no timer behind when they are aborted, whatever waits beside them', async () => {
    const watch = new HandleWatch();
    const gate = new Gate();
    const session = () => ({
      request: async ({ waits }: { url: string; waits?: boolean; signal?: AbortSignal }) =>
        waits ? gate.opened : undefined,
    });
    const controller = new AbortController();
    const rateLimit = { limit: 1, interval: LONG };
    await watch.run(async () => {
      const pool = new Pool({ session, numProcesses: 1, perOrigin: { rateLimit } });
      await pool.submit({ url: 'http://a.test/' });
      const { signal } = controller;
      const held = pool.submit({ url: 'http://a.test/', signal });
      const rest = [
        pool.submit({ url: 'http://b.test/', waits: true }),
        pool.submit({ url: 'http://c.test/' }),
      ];
      await quiet();
      controller.abort();
      await expect(held).rejects.toMatchObject({ name: 'AbortError' });
      gate.open();
      await Promise.all(rest);
      await pool.close();
    });
    await quiet();
    expect(watch.count).toBe(0);
    watch.stop();
  });

  it.each(['the pool', 'its signal'])(
    'for a long hold end with %s, and leave no timer',
    async (by) => {
      const server = await startServer((_, reply) =>
        reply.writeHead(429, { 'Retry-After': '50' }).end(),
      );
      const watch = new HandleWatch();
      const controller = new AbortController();
      const outcomes = await watch.run(async () => {
        const jobQueue = jobsOf(server, 3).map((job) => ({ ...job, signal: controller.signal }));
        const pool = new Pool({ jobQueue, numProcesses: 1, retry: 1 });
        await new Promise((resolve) => pool.once('retry', resolve));
        await quiet();
        if (by === 'the pool') pool.abort();
        else controller.abort();
        return collect(pool);
      });
      expect(outcomes.every(({ kind }) => kind === 'exception')).toBe(true);
      await expect.poll(() => watch.count).toBe(0);
      watch.stop();
      expect(server.requests).toHaveLength(1);
    },
  );

  it('wait on while the pool is paused, and keep to the limits after it', async () => {
    const gate = new Gate();
    const server = await startServer((_, reply) => gate.opened.then(() => reply.end()));
    const jobQueue = jobsOf(server, 10);
    const pool = new Pool({ jobQueue, numProcesses: 4, perOrigin: { concurrency: 2 } });
    await server.received(2);
    pool.pause();
    gate.open();
    await collectSome(pool, 2);
    await quiet();
    expect(server.requests).toHaveLength(2);
    pool.resume();
    await pool.joinAll();
    expect(server.requests).toHaveLength(10);
    expect(server.maxInFlight).toBe(2);
  });

  it('for a rate go on when a paused pool is resumed', async () => {
    const server = await startServer();
    const rateLimit = { limit: 2, interval: 50 };
    const pool = new Pool({ jobQueue: jobsOf(server, 6), numProcesses: 2, rateLimit });
    await server.received(2);
    pool.pause();
    await quiet();
    pool.resume();
    await pool.joinAll();
    expect(server.requests).toHaveLength(6);
  });
});
