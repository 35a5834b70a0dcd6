import { describe, expect, it } from 'vitest';
import { type Job, Pool, type PoolOptions, type RequestOptions, Session } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { type Handler, startServer } from './helpers/http-server.js';
import {
  collect,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from './helpers/scripted-session.js';
import { collectSome, jobsOf, urlsOf } from './helpers/server-jobs.js';

/** What will not be over before the test's own limit is. */
const LONG = 60_000;

/** Blocks the event loop. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('rateLimit', () => {
  const INTERVAL = 300;

  /** Tells the server when it sent a request. */
  class Stamping extends Session {
    override request(job: Job, options?: RequestOptions) {
      this.headers.set('X-Sent', performance.now());
      return super.request(job, options);
    }
  }

  interface Plan {
    readonly limit?: number;
    readonly count?: number;
    readonly options?: PoolOptions<Stamping>;
    readonly handler?: Handler;
  }

  /**
   * Submits jobs whose server stamps them. Of those that were not long under way, it must have seen
   * no more than the limit in any interval: what a loaded machine holds up proves nothing.
   */
  async function runStamped({ limit = 10, count = 40, options, handler }: Plan = {}) {
    const arrivals: { at: number; sent: number }[] = [];
    const server = await startServer((request, reply) => {
      arrivals.push({ at: performance.now(), sent: Number(request.headers['x-sent']) });
      return handler === undefined ? reply.end() : handler(request, reply);
    });
    const rateLimit = { limit, interval: INTERVAL };
    const pool = new Pool({ session: Stamping, numProcesses: 16, rateLimit, ...options });
    await Promise.allSettled(jobsOf(server, count).map((job) => pool.submit(job)));
    await pool.close();
    const prompt = arrivals.filter(({ at, sent }) => at - sent < 0.08 * INTERVAL);
    for (const [i, { at }] of prompt.slice(limit).entries())
      expect(at - (prompt[i]?.at as number)).toBeGreaterThanOrEqual(INTERVAL);
    return { server, arrivals };
  }

  it('counts what its source submits while it is asked', async () => {
    const script = new Script();
    const when = new Gate();
    function* source(): Generator<ScriptedJob> {
      yield { url: 'http://a.test/1', when };
      yield { url: 'http://a.test/2', when };
      pool.submit({ url: 'http://b.test/', when }).catch(() => {});
      yield { url: 'http://c.test/', when };
    }
    const pool: Pool<ScriptedSession> = new Pool({
      jobQueue: source(),
      session: script.session,
      numProcesses: 4,
      rateLimit: { limit: 2, interval: LONG },
      perOrigin: { concurrency: 1 },
    });
    pool.pause();
    await quiet();
    pool.resume();
    await quiet();
    expect(script.requests.map(({ url }) => url)).toEqual(['http://a.test/1', 'http://b.test/']);
    pool.abort();
    when.open();
    await pool.joinAll();
  });

  it.each([
    [1, 1],
    [1, 16],
    [10, 4],
    [10, 32],
  ])('lets no interval see more than %d requests, on %d sessions', async (limit, numProcesses) => {
    const count = 4 * limit + 1;
    const { arrivals } = await runStamped({ limit, count, options: { numProcesses } });
    expect(arrivals).toHaveLength(count);
  });

  it('counts what goes on new connections', async () => {
    const handler: Handler = (_, reply) => reply.setHeader('Connection', 'close').end();
    const { server } = await runStamped({ handler });
    expect(server.connections).toBe(40);
  });

  it('counts strictly while the event loop is blocked now and then', async () => {
    const timer = setInterval(() => block(15), 40);
    await runStamped().finally(() => clearInterval(timer));
  });

  it('counts what is answered late, or not at all', async () => {
    // On new connections: a reused one that breaks is replaced at once, which counts for nothing.
    const handler: Handler = ({ path }, reply) => {
      const number = Number(path.slice(1));
      reply.setHeader('Connection', 'close');
      if (number % 5 === 0) reply.socket?.destroy();
      else setTimeout(() => reply.end(), (number % 3) * 40);
    };
    const { arrivals } = await runStamped({ handler });
    expect(arrivals).toHaveLength(40);
  });

  it('counts each attempt of a job that is retried', async () => {
    const seen = new Set<string>();
    const handler: Handler = ({ path }, reply) => {
      reply.writeHead(seen.has(path) ? 200 : 503).end();
      seen.add(path);
    };
    const options = { retry: { backoffBase: 1 } };
    const { arrivals } = await runStamped({ count: 20, handler, options });
    expect(arrivals).toHaveLength(40);
  });

  it('goes for a source’s jobs as for those that are submitted', async () => {
    const server = await startServer();
    const rateLimit = { limit: 5, interval: LONG };
    const pool = Pool.fromUrls(urlsOf(server, 20), {}, { numProcesses: 16, rateLimit });
    const submitted = Array.from({ length: 20 }, () => pool.submit({ url: server.url }));
    await Promise.all(submitted.slice(0, 5));
    await quiet();
    expect(server.requests.map(({ path }) => path)).toEqual(Array(5).fill('/'));
    pool.abort();
    await Promise.allSettled(submitted);
  });

  it('goes for all origins together, that of perOrigin for each alone', async () => {
    const stamps: { at: number; host: string }[] = [];
    const handler: Handler = ({ headers }, reply) => {
      stamps.push({ at: performance.now(), host: String(headers.host) });
      reply.end();
    };
    const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    const servers = await Promise.all(hosts.map((host) => startServer(handler, { host })));
    const jobs = servers.flatMap((server) => jobsOf(server, 5));
    const rateLimit = { limit: 5, interval: LONG };
    const together = new Pool({ jobQueue: jobs, numProcesses: 16, rateLimit });
    await Promise.all(Array.from({ length: 5 }, () => together.responses().next()));
    expect(stamps).toHaveLength(5);
    together.abort();
    stamps.splice(0);
    const each = { limit: 5, interval: LONG };
    await new Pool({ jobQueue: jobs, numProcesses: 16, perOrigin: { rateLimit: each } }).joinAll();
    expect(stamps).toHaveLength(15);
  });

  it.each(['rateLimit', 'perOrigin'])('of %s counts each hop of a redirect', async (name) => {
    const server = await startServer((_, reply) =>
      reply.writeHead(302, { Location: `/${server.requests.length}` }).end(),
    );
    const other = await startServer(undefined, { host: '127.0.0.2' });
    const rateLimit = { limit: 3, interval: LONG };
    const limits = name === 'rateLimit' ? { rateLimit } : { perOrigin: { rateLimit } };
    const pool = new Pool({ jobQueue: jobsOf(server, 1), numProcesses: 1, ...limits });
    await server.received(3);
    // Time enough for another hop.
    for (let i = 0; i < 10; i++) await fetch(other.url);
    expect(server.requests).toHaveLength(3);
    pool.abort();
    expect(await collect(pool.exceptions())).toMatchObject([{ exception: { name: 'AbortError' } }]);
  });

  it('does not hold a pool that has nothing left to send', async () => {
    const server = await startServer();
    const rateLimit = { limit: 4, interval: LONG };
    for (const limits of [{ rateLimit }, { perOrigin: { rateLimit } }]) {
      const watch = new HandleWatch();
      await watch.run(() =>
        Pool.fromUrls(urlsOf(server, 4), {}, { numProcesses: 2, ...limits }).joinAll(),
      );
      await expect.poll(() => watch.count).toBe(0);
      watch.stop();
    }
    expect(server.requests).toHaveLength(8);
  });

  it('holds nothing in flight back, and close() waits for no interval', async () => {
    const server = await startServer();
    const rateLimit = { limit: 2, interval: LONG };
    const queue = urlsOf(server, 5);
    const pool = Pool.fromUrls(queue, {}, { numProcesses: 2, rateLimit });
    await collectSome(pool, 2);
    pool.abort();
    await pool.close();
    expect(server.requests).toHaveLength(2);
  });
});
