import { describe, expect, it } from 'vitest';
import { Pool } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import { collect, quiet } from './helpers/scripted-session.js';

describe('the limit in bytes', () => {
  it('holds for the bodies that are unread', async () => {
    const server = await startServer((_, reply) => reply.end('x'.repeat(100_000)));
    const urls = Array.from({ length: 60 }, (_, i) => `${server.url}/${i}`);
    const highWaterMark = { bytes: 1_000_000 };
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 4, highWaterMark });
    await server.received(10);
    await expect.poll(() => server.inFlight).toBe(0);
    await quiet();
    const { length } = server.requests;
    expect(length).toBeGreaterThanOrEqual(10);
    expect(length).toBeLessThanOrEqual(9 + 4);
    while (server.requests.length === length) {
      expect(pool.getResponse()).toBeDefined();
      await expect.poll(() => server.inFlight).toBe(0);
      await quiet();
    }
    expect(await collect(pool.responses())).not.toHaveLength(0);
    expect(server.requests).toHaveLength(60);
  });

  it('holds for the bodies of responses that raiseForStatus made exceptions', async () => {
    const server = await startServer((_, reply) => reply.writeHead(500).end('x'.repeat(100_000)));
    const urls = Array.from({ length: 60 }, (_, i) => `${server.url}/${i}`);
    const options = { numProcesses: 2, raiseForStatus: true, highWaterMark: { bytes: 500_000 } };
    const pool = Pool.fromUrls(urls, {}, options);
    await server.received(5);
    await expect.poll(() => server.inFlight).toBe(0);
    await quiet();
    expect(server.requests.length).toBeLessThanOrEqual(4 + 2);
    expect(await collect(pool.exceptions())).toHaveLength(60);
  });

  it('counts what is read no longer', async () => {
    const server = await startServer((_, reply) => reply.end('x'.repeat(100_000)));
    const urls = Array.from({ length: 30 }, (_, i) => `${server.url}/${i}`);
    const highWaterMark = { bytes: 1 };
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 1, highWaterMark });
    for (let count = 1; count <= 10; count++) {
      await server.received(count);
      await expect.poll(() => server.inFlight).toBe(0);
      await quiet();
      expect(server.requests).toHaveLength(count);
      await expect.poll(() => pool.getResponse()).toBeDefined();
    }
    await pool.close();
  });
});
