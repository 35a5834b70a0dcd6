import { afterEach, describe, expect, it, vi } from 'vitest';
import { Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { FAST, run, summary } from './helpers/retrying.js';
import { collect } from './helpers/scripted-session.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Retry-After', () => {
  /** Asks for a wait at first, and stamps what comes. */
  async function startLimited(retryAfter: () => string, { host = '127.0.0.1', status = 429 } = {}) {
    const stamps: number[] = [];
    const server = await startServer(
      (_, reply) => {
        stamps.push(performance.now());
        if (stamps.length > 1) reply.end();
        else reply.writeHead(status, { 'Retry-After': retryAfter() }).end();
      },
      { host },
    );
    return Object.assign(server, { stamps });
  }

  it.each([429, 503, 413])('is waited for in seconds, with a status of %d', async (status) => {
    const { url, stamps } = await startLimited(() => '0.3', { status });
    expect(summary(await run([{ url }], { retry: FAST }))).toEqual([[200, 2]]);
    expect((stamps[1] as number) - (stamps[0] as number)).toBeGreaterThanOrEqual(300);
  });

  it('is waited for until a date', async () => {
    const date = Math.ceil(Date.now() / 1000 + 0.5) * 1000;
    const arrivals: number[] = [];
    const server = await startServer((_, reply) => {
      if (arrivals.push(Date.now()) > 1) reply.end();
      else reply.writeHead(429, { 'Retry-After': new Date(date).toUTCString() }).end();
    });
    expect(summary(await run([{ url: server.url }], { retry: FAST }))).toEqual([[200, 2]]);
    expect(arrivals[1]).toBeGreaterThanOrEqual(date);
  });

  it('that is longer than is waited for makes the answer the outcome', async () => {
    const { url, stamps } = await startLimited(() => '3600');
    expect(summary(await run([{ url }], { retry: FAST }))).toEqual([[429, 1]]);
    const short = await startLimited(() => '2');
    const retry = { ...FAST, maxRetryAfter: 1999 };
    expect(summary(await run([{ url: short.url }], { retry }))).toEqual([[429, 1]]);
    expect([stamps, short.stamps].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('of 0 is as none, and so is a date that is past', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    for (const value of ['0', new Date(0).toUTCString(), 'soon']) {
      const { url, stamps } = await startLimited(() => value);
      expect(summary(await run([{ url }], { retry: { backoffBase: 100 } }))).toEqual([[200, 2]]);
      expect((stamps[1] as number) - (stamps[0] as number)).toBeGreaterThanOrEqual(100);
    }
  });

  it('holds its origin, and no other', async () => {
    const limited = await startLimited(() => '0.5');
    const other = await startServer(undefined, { host: '127.0.0.2' });
    const jobs = [
      ...Array.from({ length: 5 }, (_, i) => ({ url: `${limited.url}/${i}` })),
      ...Array.from({ length: 50 }, (_, i) => ({ url: `${other.url}/${i}` })),
    ];
    const pool = new Pool({ jobQueue: jobs, numProcesses: 1, retry: FAST });
    await other.received(50);
    expect(limited.requests).toHaveLength(1);
    await pool.joinAll();
    expect(limited.requests).toHaveLength(6);
    const [first = 0, ...later] = limited.stamps;
    expect(Math.min(...later) - first).toBeGreaterThanOrEqual(500);
  });

  it('holds its origin for jobs that are not retried themselves', async () => {
    const { url, stamps } = await startLimited(() => '0.3');
    const jobs = [{ method: 'POST', url }, { url }];
    expect(summary(await run(jobs, { retry: FAST }))).toEqual([
      [429, 1],
      [200, 1],
    ]);
    expect((stamps[1] as number) - (stamps[0] as number)).toBeGreaterThanOrEqual(300);
  });

  it('after a redirect holds where that led to, and not where it came from', async () => {
    const limited = await startLimited(() => '0.4', { host: '127.0.0.2' });
    const stamps: number[] = [];
    const door = await startServer(({ path }, reply) => {
      stamps.push(performance.now());
      if (path === '/') reply.writeHead(302, { Location: limited.url });
      reply.end();
    });
    const jobs = [{ url: door.url }, { url: limited.url }, { url: `${door.url}/open` }];
    expect(summary(await run(jobs, { retry: FAST }))).toEqual([
      [200, 2],
      [200, 1],
      [200, 1],
    ]);
    const [asked = 0, ...later] = limited.stamps;
    expect(Math.min(...later) - asked).toBeGreaterThanOrEqual(400);
    expect(stamps).toHaveLength(3);
    expect((stamps[1] as number) - asked).toBeLessThan((later[0] as number) - asked);
  });

  it('that is missing from a burst of 429s makes one step of backoff', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const gate = new Gate();
    const stamps: number[] = [];
    const server = await startServer(async (_, reply) => {
      const number = stamps.push(performance.now());
      if (number === 8) gate.open();
      await gate.opened;
      reply.writeHead(number <= 8 ? 429 : 200).end();
    });
    const urls = Array.from({ length: 8 }, (_, i) => `${server.url}/${i}`);
    const retry = { limit: 1, backoffBase: 200, backoffFactor: 1_000_000, backoffLimit: 1e9 };
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 8, retry });
    const outcomes = await collect(pool);
    // A second step would take two days.
    expect(outcomes.map(({ attempts }) => attempts)).toEqual(Array(8).fill(2));
    expect((stamps[8] as number) - (stamps[7] as number)).toBeGreaterThanOrEqual(200);
  });

  it('that is missing where the origin is not known leaves the backoff to the job', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const stamps: number[] = [];
    const session = () => ({
      request(_: object) {
        stamps.push(performance.now());
        return { statusCode: 429 };
      },
    });
    const options = { session, retry: { limit: 1, backoffBase: 100 } };
    await new Pool({ jobQueue: [{ url: '/relative' }], ...options }).joinAll();
    // A timer may be a millisecond early by this clock.
    expect((stamps[1] as number) - (stamps[0] as number)).toBeGreaterThanOrEqual(99);
  });

  it('that is missing from an answer to what was sent before a pause that is over', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const gate = new Gate();
    const late = { url: 'http://a.test/late' };
    const answers = new Map([
      [late.url, [429, 200]],
      ['http://a.test/', [429, 200]],
    ]);
    const session = () => ({
      request: async ({ url }: { url: string }) => {
        const status = answers.get(url)?.shift();
        if (url === late.url && status === 429) await gate.opened;
        return { status };
      },
    });
    const jobQueue = [late, { url: 'http://a.test/' }];
    const retry = { backoffBase: 3, backoffFactor: 1 };
    const pool = new Pool({ jobQueue, session, numProcesses: 2, retry });
    const delays: number[] = [];
    pool.on('retry', (_, delay) => delays.push(delay));
    expect((await pool.responses().next()).value).toMatchObject({ attempts: 2 });
    gate.open();
    await pool.joinAll();
    // Of the pause that is over it has nothing, so it waits by itself.
    expect(delays).toEqual([3, 3]);
  });

  it('is no matter to jobs that have no origin', async () => {
    const answers = [{ status: 503, headers: { 'Retry-After': 0.01 } }, { status: 200 }];
    const session = () => ({ request: (_: object) => answers.shift() ?? { status: 200 } });
    const jobQueue = [{}, { url: 'relative' }];
    const pool = new Pool({ jobQueue, session, numProcesses: 1, retry: 1 });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, 1]);
  });
});
