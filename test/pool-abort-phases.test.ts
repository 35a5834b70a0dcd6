import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  AbortError,
  type Job,
  JobQueue,
  type Outcome,
  Pool,
  type PoolOptions,
  type RequestError,
} from '../src/index.js';
import { errorOf, expectAborted, reason } from './helpers/aborted.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startHangingListener } from './helpers/hanging-listener.js';
import { startServer } from './helpers/http-server.js';
import { startRawServer } from './helpers/raw-server.js';
import { quiet } from './helpers/scripted-session.js';

/** What a job hangs in, and how it can be told that it does. */
interface Phase {
  readonly job: Job;
  readonly options?: PoolOptions;
  /** Whether the session is free then, and may take the next job. */
  readonly isSessionFree?: boolean;
  /** @param retries how many were announced */
  isReached(retries: number): boolean;
  /** Sockets that a server has of it. */
  openConnections(): number;
}

const LONG = 1_000_000_000;
const FOREVER = new Gate().opened;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n';

/** A server that says something once. */
async function hangingAfter(answer: string, job: Partial<Job> = {}): Promise<Phase> {
  let said = 0;
  const server = await startRawServer((socket) => {
    socket.write(answer);
    said++;
  });
  return {
    job: { ...job, url: server.url },
    isReached: () => said > 0,
    openConnections: () => server.openConnections,
  };
}

/** A server that fails, and a pool that will try again. */
async function retrying(status: number, headers: Record<string, string> = {}): Promise<Phase> {
  const server = await startServer((_, reply) => reply.writeHead(status, headers).end('no'));
  const retry = { limit: 3, backoffBase: LONG, backoffLimit: LONG, maxRetryAfter: LONG };
  return {
    job: { url: server.url },
    options: { retry, lookAhead: 1 },
    isReached: (retries) => retries > 0,
    openConnections: () => server.openConnections,
  };
}

/** A callback that never answers. */
async function stuckIn(
  use: (stuck: () => Promise<never>) => { job?: Partial<Job>; options?: PoolOptions },
): Promise<Phase> {
  const server = await startServer();
  let isAsked = false;
  const { job, options = {} } = use(() => {
    isAsked = true;
    return FOREVER as Promise<never>;
  });
  return {
    job: { ...job, url: server.url },
    options,
    isReached: () => isAsked,
    isSessionFree: options.retry !== undefined,
    openConnections: () => server.openConnections,
  };
}

const PHASES: Readonly<Record<string, () => Promise<Phase>>> = {
  'the connect': async () => ({
    job: { url: `http://127.0.0.1:${await startHangingListener()}/` },
    isReached: () => true,
    openConnections: () => 0,
  }),
  'the TLS handshake': async () => {
    const server = await startRawServer(() => undefined);
    return {
      job: { url: server.url.replace('http', 'https') },
      isReached: () => server.connections > 0,
      openConnections: () => server.openConnections,
    };
  },
  'the wait for an answer': () => hangingAfter(''),
  'the wait for an answer, with a limit to the whole time': () =>
    hangingAfter('', { timeout: { total: 100_000 } }),
  'the body': () => hangingAfter(`${HEAD}some of it`),
  'the answer to a redirect': async () => {
    const server = await startServer(async ({ path }, reply) => {
      if (path !== '/') await FOREVER;
      reply.writeHead(302, { Location: '/next' }).end();
    });
    return {
      job: { url: server.url },
      isReached: () => server.requests.length === 2,
      openConnections: () => server.openConnections,
    };
  },
  'the backoff': () => retrying(503),
  'the wait that a Retry-After asks for': () => retrying(503, { 'Retry-After': '3600' }),
  'the pause of an origin that said 429': () => retrying(429),
  'an auth function': () => stuckIn((auth) => ({ job: { auth } })),
  'a response hook': () => stuckIn((response) => ({ job: { hooks: { response } } })),
  'a shouldRetry': () =>
    stuckIn((shouldRetry) => ({ options: { retry: { limit: 1, shouldRetry } } })),
};

/** What its error says, if that is not the wait for a first byte. */
const SAID: Readonly<Record<string, RequestError['phase']>> = {
  'the connect': 'connect',
  'the TLS handshake': 'connect',
  'the body': 'body',
  'the backoff': 'queued',
  'the wait that a Retry-After asks for': 'queued',
  'the pause of an origin that said 429': 'queued',
  'an auth function': 'prepare',
  'a response hook': 'response',
  'a shouldRetry': 'response',
};

interface Way {
  readonly isOfJob?: boolean;
  options?(signal: AbortSignal): PoolOptions;
  abort(pool: Pool, control: AbortController): void;
}

const WAYS: Readonly<Record<string, Way>> = {
  'abort()': { abort: (pool) => pool.abort(reason) },
  'the signal of a pool': {
    options: (signal) => ({ signal }),
    abort: (_, control) => control.abort(reason),
  },
  'the signal of a job': {
    isOfJob: true,
    abort: (_, control) => control.abort(reason),
  },
};

const CASES = Object.keys(WAYS).flatMap((way) =>
  Object.keys(PHASES).map((phase) => [way, phase] as const),
);

describe('a job is ended at once, and nothing of it is left', () => {
  it.each(CASES)('by %s, in %s', async (wayName, phaseName) => {
    const way = WAYS[wayName] as Way;
    const phase = await (PHASES[phaseName] as () => Promise<Phase>)();
    const control = new AbortController();
    const { signal } = control;
    const job = way.isOfJob ? { ...phase.job, signal } : phase.job;
    const rest = way.isOfJob ? [] : Array.from({ length: 3 }, () => ({ ...phase.job }));
    const queue = new JobQueue([job, ...rest]);
    const handles = new HandleWatch();
    const pool = handles.run(
      () =>
        new Pool({ ...phase.options, ...way.options?.(signal), jobQueue: queue, numProcesses: 1 }),
    );
    let retries = 0;
    pool.on('retry', () => retries++);
    const outcomes: Outcome<Job>[] = [];
    const reading = handles.run(async () => {
      for await (const outcome of pool) outcomes.push(outcome);
    });
    const joining = pool.joinAll();
    await expect.poll(() => phase.isReached(retries)).toBe(true);
    await quiet();
    expect(outcomes).toEqual([]);

    way.abort(pool, control);
    await quiet();
    expect(outcomes).toHaveLength(1 + rest.length - queue.size);
    expect(outcomes[0]).toMatchObject({ kind: 'exception', index: 0, requestKwargs: job });
    expect(outcomes[0]?.attempts).toBe(1);
    for (const outcome of outcomes) expectAborted(errorOf(outcome));
    expect(errorOf(outcomes[0])).toHaveProperty('phase', SAID[phaseName] ?? 'firstByte');
    if (!phase.isSessionFree) expect(queue.size).toBe(rest.length);
    await Promise.all([reading, joining]);
    await expect(pool.submit(phase.job)).rejects.toBeInstanceOf(AbortError);
    await pool.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await expect.poll(phase.openConnections).toBe(0);
    await expect.poll(() => handles.count).toBe(0);
    handles.stop();
  });
});
