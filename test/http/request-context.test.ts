import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { RequestContext } from '../../src/http/request-context.js';
import { AbortError, HTTPError, type Job, type RequestError, Session } from '../../src/index.js';
import type { RequestMessage } from '../../src/message.js';
import { Gate } from '../helpers/gate.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { startServer, type TestServer } from '../helpers/http-server.js';

const REASON = new Error('the pool has enough');

/** A server that answers nothing. */
const startSilent = () => startServer(() => undefined);

/** A server that sends the head of a response, and its body when the gate is open. */
function startSlow(gate: Gate): Promise<TestServer> {
  return startServer(async (_, reply) => {
    reply.write('first');
    await gate.opened;
    reply.end('last');
  });
}

const failureOf = (request: Promise<unknown>): Promise<RequestError> =>
  request.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe("a context's abort", () => {
  test.each<[string, Partial<Job>]>([
    ['a request', {}],
    ['one with a time of its own', { timeout: { total: 60_000 } }],
    ['one with a signal of its own', { signal: new AbortController().signal }],
  ])('ends %s that is under way, and frees its connection', async (_, fields) => {
    const server = await startSilent();
    const context = new RequestContext();
    const url = `${server.url}/path`;
    const failure = failureOf(new Session().request({ ...fields, url }, context));
    await server.received(1);
    context.abort(REASON);
    const error = await failure;
    expect(error).toBeInstanceOf(AbortError);
    expect(error.message).toBe(`GET ${url}: aborted by its pool`);
    expect(error.cause).toBe(REASON);
    expect(error.request?.url.href).toBe(url);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('ends one that connects', async () => {
    const context = new RequestContext();
    const url = `http://127.0.0.1:${await startHangingListener()}/`;
    const failure = failureOf(new Session().request({ url }, context));
    context.abort(REASON);
    expect((await failure).cause).toBe(REASON);
  });

  test.each<[string, Partial<Job>]>([
    ['one', {}],
    ['one with a time of its own', { timeout: { total: 60_000 } }],
  ])('ends every later request as it begins: %s', async (_, fields) => {
    const server = await startServer();
    const context = new RequestContext();
    context.abort(REASON);
    const { signal } = new AbortController();
    const job = { ...fields, url: server.url, signal };
    const error = await failureOf(new Session().request(job, context));
    expect(error).toBeInstanceOf(AbortError);
    expect(error.cause).toBe(REASON);
    expect(server.connections).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('lets no request begin that was still being signed', async () => {
    const server = await startServer();
    const [asked, signed] = [new Gate(), new Gate()];
    const context = new RequestContext();
    const auth = async () => {
      asked.open();
      await signed.opened;
    };
    const failure = failureOf(new Session().request({ url: server.url, auth }, context));
    await asked.opened;
    context.abort(REASON);
    signed.open();
    expect((await failure).cause).toBe(REASON);
    expect(server.connections).toBe(0);
  });

  test('ends the hop that is under way, and names it', async () => {
    const server = await startServer(({ path }, reply) => {
      if (path === '/') reply.writeHead(302, { Location: '/next' }).end();
    });
    const context = new RequestContext();
    const failure = failureOf(new Session().request({ url: server.url }, context));
    await server.received(2);
    context.abort(REASON);
    expect((await failure).message).toBe(`GET ${server.url}/next: aborted by its pool`);
  });

  test('ends a streamed response that a hook still has', async () => {
    const server = await startSlow(new Gate());
    const [seen, released] = [new Gate(), new Gate()];
    const context = new RequestContext();
    const hooks = {
      response: async () => {
        seen.open();
        await released.opened;
      },
    };
    const request = new Session().request({ url: server.url, stream: true, hooks }, context);
    await seen.opened;
    context.abort(REASON);
    released.open();
    expect((await failureOf((await request).text())).cause).toBe(REASON);
  });

  test.each<[string, Partial<Job>]>([
    ['', {}],
    [', with a time of its own', { timeout: { total: 60_000 } }],
  ])('leaves a response alone that was handed over at its head%s', async (_, fields) => {
    const gate = new Gate();
    const server = await startSlow(gate);
    const context = new RequestContext();
    const job = { ...fields, url: server.url, stream: true };
    const response = await new Session().request(job, context);
    context.abort(REASON);
    gate.open();
    expect(await response.text()).toBe('firstlast');
  });

  test('leaves the body of a response alone that is read while the next job runs', async () => {
    const gate = new Gate();
    const server = await startSlow(gate);
    const silent = await startSilent();
    const [session, context] = [new Session(), new RequestContext()];
    const response = await session.request({ url: server.url, stream: true }, context);
    const failure = failureOf(session.request({ url: silent.url }, context));
    await silent.received(1);
    gate.open();
    expect(await response.text()).toBe('firstlast');
    context.abort(REASON);
    expect((await failure).cause).toBe(REASON);
  });

  test.each<[string, Partial<Job>]>([
    ['', {}],
    [', each with a time of its own', { timeout: { total: 60_000 } }],
  ])('ends every request of several at a time%s', async (_, fields) => {
    const server = await startServer(({ path }, reply) => path === '/ends' && reply.end());
    const [session, context] = [new Session(), new RequestContext()];
    const send = (path: string) => session.request({ ...fields, url: server.url + path }, context);
    const failures = ['/1', '/2', '/3'].map((path) => failureOf(send(path)));
    // The end of one of them is no other's.
    expect((await send('/ends')).ok).toBe(true);
    await server.received(4);
    context.abort(REASON);
    for (const [i, failure] of failures.entries())
      expect(await failure).toMatchObject({
        message: `GET ${server.url}/${i + 1}: aborted by its pool`,
        cause: REASON,
      });
    // That of the one that ended is kept.
    await expect.poll(() => server.openConnections).toBe(1);
  });

  test('ends what is left when the first of several has ended', async () => {
    const [gate, session, context] = [new Gate(), new Session(), new RequestContext()];
    const server = await startServer(async ({ path }, reply) => {
      await gate.opened;
      if (path === '/first') reply.end();
    });
    const first = session.request({ url: `${server.url}/first` }, context);
    const failure = failureOf(session.request({ url: server.url }, context));
    await server.received(2);
    gate.open();
    await first;
    const later = failureOf(session.request({ url: server.url }, context));
    await server.received(3);
    context.abort(REASON);
    expect([(await failure).cause, (await later).cause]).toEqual([REASON, REASON]);
  });

  test('leaves each step alone whose request has ended', () => {
    const request = { url: new URL('http://a.test/'), method: 'GET' } as RequestMessage;
    const context = new RequestContext();
    const [first, second, third] = [context.begin(), context.begin(), context.begin()];
    const ended = [first, third].map((watch) => {
      const step = { phase: 'connect', abort: vi.fn() } as const;
      watch.watch(step, request);
      context.end(watch);
      return step.abort;
    });
    const step = { phase: 'connect', abort: vi.fn() } as const;
    second.watch(step, request);
    context.abort(REASON);
    expect(step.abort).toHaveBeenCalledOnce();
    for (const abort of ended) expect(abort).not.toHaveBeenCalled();
  });

  test('has its first reason only', async () => {
    const context = new RequestContext();
    context.abort(REASON);
    context.abort(new Error('another'));
    const error = await failureOf(new Session().request({ url: 'http://127.0.0.1:1' }, context));
    expect(error.cause).toBe(REASON);
    expect(context.signal.reason).toBe(REASON);
  });
});

describe('a context has no request under way', () => {
  test.each<[string, Partial<Job>]>([
    ['of no job', { url: 7 as never }],
    ['to no URL', { url: 'nowhere' }],
    ['with a timeout that is none', { timeout: -1 }],
    ['with cookies that cannot be sent', { cookies: { 'a b': '' } }],
    ['with a signal that is aborted already', { signal: AbortSignal.abort() }],
    ['whose auth throws', { auth: () => Promise.reject(REASON) }],
    ['that nobody answers', {}],
  ])('after one %s', async (_, fields) => {
    const context = new RequestContext();
    const request = new Session().request({ url: 'http://127.0.0.1:1', ...fields }, context);
    await failureOf(request);
    expect(context.phase).toBeUndefined();
  });

  test.each<[string, Partial<Job>]>([
    ['one that was answered', {}],
    ['one with a time of its own', { timeout: { total: 60_000 } }],
    ['one with cookies of its own', { cookies: { name: 'value' } }],
    ['one with a hook', { hooks: { response: () => undefined } }],
  ])('after %s', async (_, fields) => {
    const server = await startServer((_request, reply) => void reply.end());
    const context = new RequestContext();
    const request = new Session().request({ ...fields, url: server.url }, context);
    expect(context.phase).toBeDefined();
    await request;
    expect(context.phase).toBeUndefined();
  });
});

describe("a context's signal", () => {
  test('is one for all jobs, and aborted with the reason', () => {
    const context = new RequestContext();
    const { signal } = context;
    expect(context.signal).toBe(signal);
    expect(signal.aborted).toBe(false);
    context.abort(REASON);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(REASON);
  });

  test('is aborted already for who asks later', () => {
    const context = new RequestContext();
    context.abort(REASON);
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toBe(REASON);
  });
});

describe('the signal of plain options', () => {
  const begin = async (job: Partial<Job>, signal: AbortSignal) => {
    const server = await startSilent();
    const failure = failureOf(new Session().request({ ...job, url: server.url }, { signal }));
    await server.received(1);
    return { server, failure };
  };

  test('ends a request', async () => {
    const controller = new AbortController();
    const { server, failure } = await begin({}, controller.signal);
    controller.abort(REASON);
    expect((await failure).message).toBe(`GET ${server.url}/: aborted by its signal`);
    expect((await failure).cause).toBe(REASON);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test.each([0, 1])("ends a request beside the job's own: %i", async (which) => {
    const controllers = [new AbortController(), new AbortController()] as const;
    const [own, given] = [controllers[0].signal, controllers[1].signal];
    const { failure } = await begin({ signal: own }, given);
    controllers[which]?.abort(REASON);
    expect((await failure).cause).toBe(REASON);
    expect(getEventListeners(own, 'abort')).toEqual([]);
    expect(getEventListeners(given, 'abort')).toEqual([]);
  });

  test('is not listened to any more when the request has failed', async () => {
    const { signal } = new AbortController();
    const job = { url: 'http://127.0.0.1:1' };
    expect((await failureOf(new Session().request(job, { signal }))).code).toBe('ECONNREFUSED');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('lets nothing begin once it is aborted', async () => {
    const server = await startServer();
    const signal = AbortSignal.abort(REASON);
    const job = { url: server.url, signal: new AbortController().signal };
    expect((await failureOf(new Session().request(job, { signal }))).cause).toBe(REASON);
    expect(server.connections).toBe(0);
  });
});

describe('raiseForStatus in a context', () => {
  const contexts = [new RequestContext({ raiseForStatus: true }), { raiseForStatus: true }];

  test.each(contexts)('is for jobs that do not say it: %#', async (context) => {
    const server = await startServer((_, reply) => reply.writeHead(404).end());
    const error = await failureOf(new Session().request({ url: server.url }, context));
    expect(error).toBeInstanceOf(HTTPError);
  });

  test.each(contexts)("gives way to the job's: %#", async (context) => {
    const server = await startServer((_, reply) => reply.writeHead(404).end());
    const job = { url: server.url, raiseForStatus: false };
    expect((await new Session().request(job, context)).statusCode).toBe(404);
  });
});

describe('a copy of a context', () => {
  test('ends a request as the context does', async () => {
    const server = await startSilent();
    const context = new RequestContext();
    const copy = { ...context, raiseForStatus: true };
    const failure = failureOf(new Session().request({ url: server.url }, copy));
    await server.received(1);
    context.abort(REASON);
    expect(await failure).toMatchObject({ name: 'AbortError', cause: REASON });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('has every redirect wait for its turn, and tries nothing again', async () => {
    const server = await startServer(({ path }, reply) =>
      reply.writeHead(path === '/' ? 302 : 503, { Location: '/next' }).end(),
    );
    const admit = vi.fn(() => undefined);
    const context = new RequestContext({ admit });
    const job = { url: server.url, retry: { backoffBase: 0 } };
    const response = await new Session().request(job, { ...context });
    expect([response.statusCode, server.requests.length]).toEqual([503, 2]);
    expect(admit).toHaveBeenCalledExactlyOnceWith(new URL('/next', server.url));
  });
});
