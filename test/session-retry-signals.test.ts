import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AbortError, type Job, Session } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { startRawServer } from './helpers/raw-server.js';
import { startFlaky } from './helpers/retrying.js';

const AT_ONCE = { limit: 2, backoffBase: 0 };
const REASON = new Error('enough');

describe("the job's signal", () => {
  const LONG_WAIT = { backoffBase: 1e7, backoffLimit: 1e7 };

  /** A request whose wait for its retry has begun. */
  async function waiting(job: Partial<Job>, retry: Job['retry']) {
    const controller = new AbortController();
    const { signal } = controller;
    const begun = new Gate();
    vi.spyOn(Math, 'random').mockImplementation(() => {
      queueMicrotask(() => setImmediate(begun.open));
      return 1;
    });
    const request = new Session().request({ url: 'http://127.0.0.1', ...job, signal, retry });
    const failure = request.catch((error) => error);
    await begun.opened;
    return { controller, failure };
  }
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('ends the wait at once', async () => {
    const server = await startFlaky([503]);
    const { controller, failure } = await waiting({ url: server.url }, LONG_WAIT);
    const reason = new Error('enough');
    controller.abort(reason);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error.phase).toBe('queued');
    expect(error.message).toBe(`GET ${server.url}/: aborted by its signal before its retry`);
    expect(error.cause).toBe(reason);
    expect(error.request.url.href).toBe(`${server.url}/`);
    expect(server.requests).toHaveLength(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('leaves no timer of the wait', async () => {
    const server = await startFlaky([503]);
    const [set, cleared] = [
      vi.spyOn(globalThis, 'setTimeout'),
      vi.spyOn(globalThis, 'clearTimeout'),
    ];
    const { controller, failure } = await waiting({ url: server.url }, LONG_WAIT);
    const timer = set.mock.results[set.mock.calls.findIndex(([, delay]) => delay === 1e7)]?.value;
    expect(timer.hasRef()).toBe(true);
    controller.abort();
    await failure;
    expect(cleared).toHaveBeenCalledWith(timer);
  });

  test('ends the wait after an exception of a broken connection', async () => {
    const server = await startRawServer((socket) => socket.destroy());
    const { controller, failure } = await waiting({ url: server.url }, LONG_WAIT);
    controller.abort();
    expect((await failure).request.url.href).toBe(`${server.url}/`);
  });

  test('ends the wait after an exception that knows no request', async () => {
    const auth = () => {
      throw undefined;
    };
    const retry = { ...LONG_WAIT, shouldRetry: () => true };
    const { controller, failure } = await waiting({ auth }, retry);
    controller.abort();
    expect((await failure).message).toBe('aborted by its signal before its retry');
  });

  test('lets no wait begin once it is aborted', async () => {
    const server = await startFlaky([503]);
    const controller = new AbortController();
    const retry = { ...LONG_WAIT, shouldRetry: () => controller.abort() };
    const request = new Session().get(server.url, { signal: controller.signal, retry });
    await expect(request).rejects.toThrow(AbortError);
  });

  test('is not listened to any more after the wait', async () => {
    const server = await startFlaky([503, 200]);
    const { signal } = new AbortController();
    await new Session().get(server.url, { signal, retry: AT_ONCE });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test.each(['the job', 'the options', 'both'])('ends the wait, be it of %s', async (whose) => {
    const server = await startFlaky([503]);
    const controllers = [new AbortController(), new AbortController()] as const;
    const [own, given] = controllers.map(({ signal }) => signal) as [AbortSignal, AbortSignal];
    const job: Job = { url: server.url, retry: LONG_WAIT };
    if (whose !== 'the options') job.signal = own;
    const begun = new Gate();
    vi.spyOn(Math, 'random').mockImplementation(() => {
      setImmediate(begun.open);
      return 1;
    });
    const options = whose === 'the job' ? {} : { signal: given };
    const failure = new Session().request(job, options).catch((error) => error);
    await begun.opened;
    controllers[whose === 'the job' ? 0 : 1].abort(REASON);
    expect(await failure).toMatchObject({ name: 'AbortError', cause: REASON });
    expect(server.requests).toHaveLength(1);
  });

  test('ends it although shouldRetry has not answered, whose answer is of no use then', async () => {
    const server = await startServer((_, reply) => void reply.writeHead(503).write('begun'));
    const [asked, gate] = [new Gate(), new Gate()];
    const controller = new AbortController();
    const shouldRetry = async () => {
      asked.open();
      await gate.opened;
      throw new Error('too late');
    };
    const job = { signal: controller.signal, stream: true, retry: { shouldRetry } };
    const failure = new Session().get(server.url, job).catch((error) => error);
    await asked.opened;
    controller.abort(REASON);
    expect(await failure).toMatchObject({ name: 'AbortError', cause: REASON });
    await expect.poll(() => server.openConnections).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    gate.open();
  });

  test('ends it although shouldRetry, which never answers, aborts it itself', async () => {
    const server = await startFlaky([503]);
    const controller = new AbortController();
    const shouldRetry = () => {
      controller.abort(REASON);
      return new Promise<boolean>(() => {});
    };
    const job = { signal: controller.signal, retry: { shouldRetry } };
    const request = new Session().get(server.url, job);
    await expect(request).rejects.toMatchObject({ name: 'AbortError', cause: REASON });
  });

  test('is not listened to any more when shouldRetry has answered', async () => {
    const server = await startFlaky([503, 200]);
    const { signal } = new AbortController();
    const retry = { ...AT_ONCE, shouldRetry: async () => undefined };
    expect((await new Session().get(server.url, { signal, retry })).statusCode).toBe(200);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('takes no request of a foreign error for that of its own', async () => {
    const auth = () => {
      throw Object.assign(new Error('no token'), { request: { foreign: true } });
    };
    const retry = { ...LONG_WAIT, shouldRetry: () => true };
    const { controller, failure } = await waiting({ auth }, retry);
    controller.abort();
    const { message, request } = await failure;
    expect([message, request]).toEqual(['aborted by its signal before its retry', undefined]);
  });
});
