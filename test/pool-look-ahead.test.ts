import { describe, expect, it } from 'vitest';
import { type Job, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { collect, quiet, Script, jobs as scriptedJobs } from './helpers/scripted-session.js';
import { collectSome, jobsOf } from './helpers/server-jobs.js';

/** What will not be over before the test's own limit is. */
const LONG = 60_000;

describe('lookAhead', () => {
  /** Jobs of one origin without an end, and how many were taken. */
  function counted(url: string) {
    const count = { pulls: 0 };
    function* jobs(): Generator<Job> {
      for (;;) yield { url: `${url}/${count.pulls++}` };
    }
    return { count, jobs: jobs() };
  }

  it.each([1, 7, 1000])('of %d bounds how far a source is read past a limit', async (lookAhead) => {
    const gate = new Gate();
    const server = await startServer((_, reply) => gate.opened.then(() => reply.end()));
    const { count, jobs } = counted(server.url);
    const perOrigin = { concurrency: 2 };
    const pool = new Pool({ jobQueue: jobs, numProcesses: 4, perOrigin, lookAhead });
    await server.received(2);
    await quiet();
    expect(count.pulls).toBe(2 + lookAhead);
    pool.abort();
    gate.open();
    expect(await collect(pool)).toHaveLength(2 + lookAhead);
  });

  it('reads no further than to know the end, where all origins share a rate', async () => {
    const server = await startServer();
    const { count, jobs } = counted(server.url);
    const rateLimit = { limit: 3, interval: LONG };
    const pool = new Pool({ jobQueue: jobs, numProcesses: 4, rateLimit });
    await collectSome(pool, 3);
    await quiet();
    expect(count.pulls).toBe(4);
    pool.abort();
  });

  it('bounds how many jobs are taken while all wait for their retry', async () => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const { count, jobs } = counted(server.url);
    const retry = { backoffBase: LONG, shouldRetry: () => true };
    const pool = new Pool({ jobQueue: jobs, numProcesses: 4, lookAhead: 20, retry });
    await server.received(20);
    await quiet();
    // Those that were asked for while some were in flight.
    expect(count.pulls).toBeGreaterThanOrEqual(20);
    expect(count.pulls).toBeLessThanOrEqual(20 + 4);
    pool.abort();
    expect(await collect(pool)).toHaveLength(count.pulls);
  });

  it('is not needed where nothing waits: a job is taken when a worker is free', async () => {
    const gate = new Gate();
    const server = await startServer((_, reply) => gate.opened.then(() => reply.end()));
    const { count, jobs } = counted(server.url);
    const pool = new Pool({ jobQueue: jobs, numProcesses: 3 });
    await server.received(3);
    await quiet();
    expect(count.pulls).toBe(3);
    pool.abort();
    gate.open();
  });

  it('finds in an async source what may go', async () => {
    const gate = new Gate();
    const slow = await startServer((_, reply) => gate.opened.then(() => reply.end()));
    const other = await startServer(undefined, { host: '127.0.0.2' });
    async function* jobs() {
      yield* jobsOf(slow, 20);
      yield* jobsOf(other, 20);
    }
    const pool = new Pool({ jobQueue: jobs(), numProcesses: 4, perOrigin: { concurrency: 1 } });
    await other.received(20);
    expect(slow.requests).toHaveLength(1);
    gate.open();
    await pool.joinAll();
    expect(slow.maxInFlight).toBe(1);
  });

  it('has every session work again when those that used it up were retried', async () => {
    const script = new Script();
    const [early, gate] = [new Gate(), new Gate()];
    const failure = { thrown: Object.assign(new Error('reset'), { code: 'ECONNRESET' }), times: 1 };
    const others = [...scriptedJobs(3, { when: early }), ...scriptedJobs(20, { when: gate })];
    const work = [{ url: 'first', failure }, ...others];
    const options = { numProcesses: 4, lookAhead: 1, retry: { backoffBase: 0 } };
    const pool = new Pool({ jobQueue: work, session: script.session, ...options });
    pool.on('retry', early.open);
    await expect.poll(() => script.inFlight).toBe(4);
    expect(script.requests).toHaveLength(1 + 3 + 1 + 4);
    gate.open();
    expect(await collect(pool)).toHaveLength(24);
  });

  it('does not count what was submitted, however much of it is held', async () => {
    const script = new Script();
    const gate = new Gate();
    const work = scriptedJobs(20).map(({ url }) => ({ url: `http://other.test/${url}` }));
    const options = { numProcesses: 4, lookAhead: 10, perOrigin: { concurrency: 1 } };
    await using pool = new Pool({ jobQueue: work, session: script.session, ...options });
    const submitted = scriptedJobs(30, { when: gate }).map((job) =>
      pool.submit({ ...job, url: `http://held.test/${job.url}` }),
    );
    await quiet();
    expect(script.requests.filter(({ url }) => url.includes('other'))).toHaveLength(20);
    gate.open();
    await Promise.all(submitted);
  });

  it('counts each job of the source once, whatever became of those that were submitted', async () => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const { count, jobs } = counted(server.url);
    const retry = { backoffBase: LONG, shouldRetry: () => true };
    const options = { numProcesses: 2, lookAhead: 5, retry };
    const pool = new Pool({ jobQueue: jobs, ...options });
    const submitted = jobsOf(server, 9).map((job) => pool.submit(job).catch(() => {}));
    await server.received(14);
    await quiet();
    expect(count.pulls).toBeLessThanOrEqual(5 + 2);
    pool.abort();
    await Promise.all(submitted);
  });
});
