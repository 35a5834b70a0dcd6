import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { RequestContext } from '../src/http/request-context.js';
import { ConnectionError, HTTPError, InvalidJobError, type Job, Session } from '../src/index.js';
import { startServer, type TestServer } from './helpers/http-server.js';
import { startRawServer } from './helpers/raw-server.js';

const AT_ONCE = { limit: 2, backoffBase: 0 };

/** A server that answers with each status in turn, and then with the last again. */
function startAnswers(
  statuses: readonly number[],
  headers: Record<string, string> = {},
): Promise<TestServer> {
  let n = 0;
  return startServer((_, reply) => {
    const status = statuses[Math.min(n++, statuses.length - 1)] as number;
    reply.writeHead(status, headers).end(`answer ${n}`);
  });
}

describe('a session by itself', () => {
  test('tries a job again until it has an answer', async () => {
    const server = await startAnswers([503, 503, 200]);
    const response = await new Session().get(server.url, { retry: AT_ONCE });
    expect(await response.text()).toBe('answer 3');
  });

  test('gives up with the last answer', async () => {
    const server = await startAnswers([503]);
    const response = await new Session().get(server.url, { retry: AT_ONCE });
    expect(await response.text()).toBe('answer 3');
    expect(server.requests).toHaveLength(3);
  });

  test('gives up with the last exception', async () => {
    const server = await startAnswers([503]);
    const request = new Session().get(server.url, { retry: AT_ONCE, raiseForStatus: true });
    await expect(request).rejects.toThrow(HTTPError);
    expect(server.requests).toHaveLength(3);
  });

  test('tries again what its connection broke for', async () => {
    const server = await startRawServer((socket) => socket.destroy());
    const request = new Session().get(server.url, { retry: { limit: 3, backoffBase: 0 } });
    await expect(request).rejects.toThrow(ConnectionError);
    expect(server.connections).toBe(4);
  });

  test('has nothing to try again with a limit of 0', async () => {
    const server = await startAnswers([503]);
    expect((await new Session().get(server.url, { retry: 0 })).statusCode).toBe(503);
    expect(server.requests).toHaveLength(1);
  });

  test('leaves it to whoever gives it options that say so, as a pool', async () => {
    for (const options of [new RequestContext(), { retry: false } as const]) {
      const server = await startAnswers([503]);
      const job = { url: server.url, retry: AT_ONCE };
      expect((await new Session().request(job, options)).statusCode).toBe(503);
      expect(server.requests).toHaveLength(1);
    }
  });

  test('tries again with other options, and heeds them each time', async () => {
    const server = await startAnswers([503]);
    const job = { url: server.url, retry: AT_ONCE };
    const { signal } = new AbortController();
    expect((await new Session().request(job, { signal })).statusCode).toBe(503);
    expect(server.requests).toHaveLength(3);
    const request = new Session().request(job, { raiseForStatus: true });
    await expect(request).rejects.toThrow(HTTPError);
    expect(server.requests).toHaveLength(6);
  });

  test('refuses a wrong retry', async () => {
    const request = new Session().get('http://127.0.0.1:1', { retry: -1 });
    await expect(request).rejects.toThrow(InvalidJobError);
  });

  test('gives each attempt its whole time', async () => {
    let n = 0;
    const server = await startServer((_, reply) => ++n === 3 && reply.end());
    const retry = { ...AT_ONCE, methods: ['GET'] };
    const response = await new Session().get(server.url, { retry, timeout: { total: 50 } });
    expect(response.ok).toBe(true);
  });

  test('closes a streamed response that it drops', async () => {
    let n = 0;
    const server = await startServer((_, reply) => {
      reply.writeHead(++n < 3 ? 503 : 200).write('begun');
    });
    const session = new Session();
    const response = await session.get(server.url, { retry: AT_ONCE, stream: true });
    expect(response.statusCode).toBe(200);
    await expect.poll(() => server.openConnections).toBe(1);
    response.close();
  });
});

test('a job whose retry cannot be looked at is refused', async () => {
  const job = Object.defineProperty({ url: 'http://127.0.0.1:1' }, 'retry', {
    enumerable: true,
    get: () => {
      throw new Error('no retry');
    },
  });
  const { proxy, revoke } = Proxy.revocable<Job>({ url: 'http://127.0.0.1:1' }, {});
  revoke();
  for (const bad of [job, proxy]) await expect(new Session().request(bad)).rejects.toThrow();
});

describe('shouldRetry', () => {
  test('is told of each attempt, and has the last word', async () => {
    const server = await startAnswers([200]);
    const seen: unknown[] = [];
    const job: Job = {
      url: server.url,
      retry: {
        ...AT_ONCE,
        shouldRetry: async ({ requestKwargs, attempts, response }) => {
          seen.push([requestKwargs === job, attempts, response?.statusCode]);
          return (await response?.text()) !== 'answer 2';
        },
      },
    };
    expect(await (await new Session().request(job)).text()).toBe('answer 2');
    expect(seen).toEqual([
      [true, 1, 200],
      [true, 2, 200],
    ]);
  });

  test.each([true, false])('fails its job with what it throws: stream %s', async (stream) => {
    const server = await startServer((_, reply) => {
      reply.write('begun');
      if (!stream) reply.end();
    });
    const shouldRetry = () => {
      throw new Error('of the hook');
    };
    const request = new Session().get(server.url, { retry: { shouldRetry }, stream });
    await expect(request).rejects.toThrow('of the hook');
    if (stream) await expect.poll(() => server.openConnections).toBe(0);
  });

  test('fails its job with what it throws after an exception', async () => {
    const shouldRetry = () => {
      throw new Error('of the hook');
    };
    const job = { url: 'no url', retry: { shouldRetry } };
    await expect(new Session().request(job)).rejects.toThrow('of the hook');
  });
});

describe('between two attempts, a session waits', () => {
  /** What a session could wait for here; no other timer has one of these. */
  const WAITS: readonly unknown[] = [500, 1000, 2000, 7000];
  const { setTimeout } = globalThis;
  let timers: MockInstance<typeof setTimeout>;

  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    timers = vi.spyOn(globalThis, 'setTimeout');
    timers.mockImplementation(((callback: () => void, delay?: number) =>
      setTimeout(callback, WAITS.includes(delay) ? 0 : delay)) as typeof setTimeout);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const waitsOf = async (server: TestServer, retry: Job['retry']) => {
    await new Session().get(server.url, { retry });
    return timers.mock.calls.map(([, delay]) => delay).filter((delay) => WAITS.includes(delay));
  };

  test('longer each time', async () => {
    expect(await waitsOf(await startAnswers([503]), 3)).toEqual([500, 1000, 2000]);
  });

  test('for as long as a Retry-After says', async () => {
    const server = await startAnswers([503], { 'Retry-After': '7' });
    expect(await waitsOf(server, 2)).toEqual([7000, 7000]);
  });

  test('by itself for a 429 without one', async () => {
    expect(await waitsOf(await startAnswers([429]), 2)).toEqual([500, 1000]);
  });
});
