import { describe, expect, it } from 'vitest';
import { Pool, type PoolOptions } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { type Handler, startServer } from './helpers/http-server.js';
import { quiet } from './helpers/scripted-session.js';
import { collectSome, jobsOf } from './helpers/server-jobs.js';

/** What will not be over before the test's own limit is. */
const LONG = 60_000;

describe('perOrigin', () => {
  it('has no more in flight at each server than its concurrency', async () => {
    const gate = new Gate();
    const hold: Handler = async (_, reply) => {
      if (servers.every(({ inFlight }) => inFlight === 3)) gate.open();
      await gate.opened;
      reply.end();
    };
    const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];
    const servers = await Promise.all(hosts.map((host) => startServer(hold, { host })));
    const jobQueue = servers.flatMap((server) => jobsOf(server, 20));
    const pool = new Pool({ jobQueue, numProcesses: 16, perOrigin: { concurrency: 3 } });
    await pool.joinAll();
    expect(servers.map(({ maxInFlight }) => maxInFlight)).toEqual([3, 3, 3, 3]);
    expect(servers.map(({ requests }) => requests.length)).toEqual([20, 20, 20, 20]);
  });

  it('counts attempts that fail, and jobs that are submitted', async () => {
    const server = await startServer((_, reply) => {
      if (server.requests.length % 2 === 0) reply.socket?.destroy();
      else setImmediate(() => reply.end());
    });
    const options = { numProcesses: 8, retry: { limit: 9, backoffBase: 1 } };
    await using pool = new Pool({ ...options, perOrigin: { concurrency: 2 } });
    await Promise.all(jobsOf(server, 40).map((job) => pool.submit(job)));
    expect(server.maxInFlight).toBeLessThanOrEqual(2);
  });

  it.each<[string, PoolOptions['perOrigin']]>([
    ['is slow', { concurrency: 2 }],
    ['has used up its rate', { rateLimit: { limit: 2, interval: LONG } }],
  ])(
    'an origin that %s costs the others nothing, though its jobs come first',
    async (_, perOrigin) => {
      const gate = new Gate();
      const slow = await startServer((_, reply) => gate.opened.then(() => reply.end()));
      const hosts = ['127.0.0.2', '127.0.0.3'];
      const others = await Promise.all(hosts.map((host) => startServer(undefined, { host })));
      const count = perOrigin?.rateLimit === undefined ? 20 : 2;
      const jobQueue = [slow, ...others].flatMap((server) =>
        jobsOf(server, server === slow ? 20 : count),
      );
      const pool = new Pool({ jobQueue, numProcesses: 4, perOrigin: perOrigin ?? {} });
      const ended = await collectSome(pool, 2 * count);
      expect(others.map(({ requests }) => requests.length)).toEqual([count, count]);
      expect(slow.requests).toHaveLength(2);
      expect(ended).toHaveLength(2 * count);
      gate.open();
      if (perOrigin?.rateLimit !== undefined) pool.abort();
      await pool.joinAll();
      expect(slow.maxInFlight).toBe(2);
    },
  );

  it('is left alone by jobs without an origin', async () => {
    let [inFlight, most] = [0, 0];
    const session = () => ({
      async request(_: object) {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight--;
      },
    });
    const jobQueue = Array.from({ length: 20 }, (_, i) => ({ sql: i }));
    await new Pool({ jobQueue, session, numProcesses: 4, perOrigin: { concurrency: 1 } }).joinAll();
    expect(most).toBe(4);
  });

  it('has the origins take turns', async () => {
    const gate = new Gate();
    const order: string[] = [];
    const session = () => ({
      async request({ url }: { url: string }) {
        if (url.includes('first')) await gate.opened;
        order.push(url.slice(7, 8));
      },
    });
    await using pool = new Pool({ session, numProcesses: 1, perOrigin: { concurrency: 1 } });
    const done = ['first', 'a', 'a', 'a', 'b', 'b', 'c'].map((host) =>
      pool.submit({ url: `http://${host}.test/` }),
    );
    await quiet();
    gate.open();
    await Promise.all(done);
    expect(order.join('')).toBe('fabcaba');
  });
});
