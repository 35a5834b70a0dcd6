import { EventEmitter, once } from 'node:events';
import { type Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import { describe, expect, test } from 'vitest';
import { RequestContext } from '../../src/http/request-context.js';
import {
  type Job,
  type Phase,
  Pool,
  type RequestError,
  Session,
  type SessionLike,
} from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { startServer } from '../helpers/http-server.js';
import { startRawAnswer, startRawServer } from '../helpers/raw-server.js';

/** What a request failed with. */
const failureOf = (request: Promise<unknown>): Promise<RequestError> =>
  request.then(
    () => expect.fail('there was a response'),
    (error) => error,
  );

/** The name of what a job failed with, and its phase. */
async function nameAndPhase(request: Promise<unknown>): Promise<[string, Phase]> {
  const { name, phase } = await failureOf(request);
  return [name, phase];
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
type Waiting = SessionLike<Job, string>;
const NEVER = new Promise<never>(() => undefined);

describe('an error tells that the request', () => {
  test.each<[string, object]>([
    ['InvalidJobError', { url: 'http://h/', method: 'NO METHOD' }],
    ['InvalidJobError', { url: 'http://h/', nonsense: 1 }],
    ['InvalidURLError', { url: 'nonsense' }],
    ['InvalidHeaderError', { url: 'http://h/', headers: { 'a b': 'c' } }],
    ['InvalidHeaderError', { url: 'http://127.0.0.1:1/', headers: { Expect: '100-continue' } }],
    ['InvalidJobError', { url: 'http://127.0.0.1:1/', headers: { Upgrade: 'h2c' } }],
    ['InvalidJobError', { url: 'http://h/', auth: () => 5 }],
    ['RequestError', { url: 'http://h/', method: 'PUT', data: refuse }],
  ])('was not ready: %s of %j', async (name, job) => {
    expect(await nameAndPhase(new Session().request(job as Job))).toEqual([name, 'prepare']);
  });

  test('had a body that was read before', async () => {
    const data = (async function* () {})();
    await data.next();
    const server = await startServer();
    const session = new Session();
    await session.put(server.url, { data });
    const failed = session.put(server.url, { data });
    expect(await nameAndPhase(failed)).toEqual(['UnrewindableBodyError', 'prepare']);
  });

  test('was being signed', async () => {
    const auth = () => NEVER;
    const options = { auth, timeout: { total: 5 } };
    const failed = new Session().get('http://127.0.0.1:1/', options);
    expect(await nameAndPhase(failed)).toEqual(['TimeoutError', 'prepare']);
  });

  test('was aborted before it began', async () => {
    const failed = new Session().get('http://127.0.0.1:1/', { signal: AbortSignal.abort() });
    expect(await nameAndPhase(failed)).toEqual(['AbortError', 'prepare']);
  });

  test('had no connection', async () => {
    const server = await startRawServer(() => undefined);
    await server.close();
    const failed = new Session().get(server.url);
    expect(await nameAndPhase(failed)).toEqual(['ConnectionError', 'connect']);
  });

  test('had no connection within its time', async () => {
    const url = `http://127.0.0.1:${await startHangingListener()}/`;
    const failed = new Session().get(url, { timeout: { connect: 20 } });
    expect(await nameAndPhase(failed)).toEqual(['ConnectTimeoutError', 'connect']);
  });

  test.each<[string, string]>([
    ['ConnectionError', ''],
    ['ConnectionError', `${HEAD}Content-`],
    ['ProtocolError', 'nonsense\r\n\r\n'],
    ['ProtocolError', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(101)],
  ])('had no head: %s of %j', async (name, answer) => {
    const server = await startRawAnswer(answer);
    expect(await nameAndPhase(new Session().get(server.url))).toEqual([name, 'firstByte']);
  });

  test.each<[string, () => AsyncGenerator<unknown>]>([
    ['RequestError', explode],
    [
      'InvalidJobError',
      async function* () {
        yield 'text';
        yield {};
      },
    ],
  ])('had a body that broke as it was sent: %s', async (name, make) => {
    const server = await startServer();
    const data = make() as AsyncGenerator<string>;
    expect(await nameAndPhase(new Session().put(server.url, { data }))).toEqual([
      name,
      'firstByte',
    ]);
  });

  test.each<[string, string, Partial<Job>]>([
    ['ProtocolError', `${HEAD}Content-Length: 9\r\n\r\nbody`, {}],
    ['ProtocolError', `${HEAD}Transfer-Encoding: chunked\r\n\r\nnonsense`, {}],
    ['ResponseTooLargeError', `${HEAD}Content-Length: 4\r\n\r\nbody`, { maxResponseSize: 3 }],
    ['ContentDecodingError', `${HEAD}Content-Encoding: gzip\r\n\r\nbody`, {}],
  ])('had a broken body: %s of %j', async (name, answer, options) => {
    const server = await startRawAnswer(answer);
    expect(await nameAndPhase(new Session().get(server.url, options))).toEqual([name, 'body']);
    const streamed = await new Session().get(server.url, { ...options, stream: true });
    expect(await nameAndPhase(streamed.text())).toEqual([name, 'body']);
  });

  test('was closed before its body was read', async () => {
    const server = await startRawServer((socket) => socket.write(`${HEAD}\r\n`));
    const response = await new Session().get(server.url, { stream: true });
    const text = response.text();
    response.close();
    expect(await nameAndPhase(text)).toEqual(['AbortError', 'body']);
  });

  test('had its response: a status that is an error', async () => {
    const server = await startServer((_, reply) => reply.writeHead(500).end());
    const failed = new Session().get(server.url, { raiseForStatus: true });
    expect(await nameAndPhase(failed)).toEqual(['HTTPError', 'response']);
  });

  test.each<[string, string, Partial<Job>]>([
    ['TooManyRedirectsError', '/again', {}],
    ['InvalidURLError', 'ftp://h/', {}],
    ['UnrewindableBodyError', '/', { method: 'PUT', data: (async function* () {})() }],
  ])('had its response: %s after a redirect to %s', async (name, location, fields) => {
    const server = await startServer((_, reply) => reply.writeHead(307, { location }).end());
    const failed = new Session().request({ ...fields, url: server.url });
    expect(await nameAndPhase(failed)).toEqual([name, 'response']);
  });

  test('had its response: a hook that returned something else', async () => {
    const server = await startServer();
    const hooks = { response: () => 5 } as unknown as NonNullable<Job['hooks']>;
    const failed = new Session().get(server.url, { hooks });
    expect(await nameAndPhase(failed)).toEqual(['InvalidJobError', 'response']);
  });

  test.each<[Phase, object]>([
    ['response', {}],
    ['body', { stream: true }],
  ])('was in the hands of a hook: %s', async (phase, fields) => {
    const server = await startServer((_, reply) => reply.end('body'));
    const control = new AbortController();
    const response = () => {
      control.abort();
      return NEVER;
    };
    const options = { ...fields, hooks: { response }, signal: control.signal };
    expect(await nameAndPhase(new Session().get(server.url, options))).toEqual([
      'AbortError',
      phase,
    ]);
  });

  test('was being given its cookies, after a redirect too', async () => {
    const server = await startServer((_, reply) =>
      reply.writeHead(302, { location: '/there' }).end(),
    );
    const control = new AbortController();
    const store = new MemoryCookieStore();
    store.synchronous = false;
    const cookies = new CookieJar(store);
    await cookies.setCookie('a=1', server.url);
    const find = store.findCookies.bind(store) as (...parameters: unknown[]) => unknown;
    store.findCookies = (...parameters: unknown[]) => {
      if (parameters[1] !== '/there') return find(...parameters) as Promise<Cookie[]>;
      setImmediate(() => control.abort());
      return NEVER;
    };
    const failed = new Session({ cookies }).get(server.url, { signal: control.signal });
    expect(await nameAndPhase(failed)).toEqual(['AbortError', 'prepare']);
    expect(server.requests).toHaveLength(1);
  });

  test.each<[Phase, object]>([
    ['response', {}],
    ['body', { stream: true }],
  ])('was having the cookies of its response stored: %s', async (phase, fields) => {
    const server = await startServer((_, reply) =>
      reply.writeHead(200, { 'set-cookie': 'a=1' }).end('body'),
    );
    const control = new AbortController();
    const store = new MemoryCookieStore();
    store.synchronous = false;
    store.putCookie = () => {
      setImmediate(() => control.abort());
      return NEVER;
    };
    const cookies = new CookieJar(store);
    const options = { ...fields, signal: control.signal };
    expect(await nameAndPhase(new Session({ cookies }).get(server.url, options))).toEqual([
      'AbortError',
      phase,
    ]);
  });

  test('waited for the turn of its redirect', async () => {
    const server = await startServer((_, reply) =>
      reply.writeHead(302, { location: '/there' }).end(),
    );
    const gate = new Gate();
    const asked = new EventEmitter();
    const admit = () => {
      queueMicrotask(() => asked.emit('asked'));
      return { granted: gate.opened, cancel: gate.open };
    };
    const context = new RequestContext({ admit });
    const failed = new Session().request({ url: server.url }, context);
    await once(asked, 'asked');
    context.abort('why');
    expect(await nameAndPhase(failed)).toEqual(['AbortError', 'queued']);
  });
});

describe('an error of a pool tells that the job', () => {
  const silent: Waiting = { request: () => NEVER };

  test('was never run', async () => {
    const pool = new Pool({ numProcesses: 1 });
    pool.pause();
    const submitted = pool.submit({ url: 'http://127.0.0.1:1/' });
    pool.abort('why');
    expect(await nameAndPhase(submitted)).toEqual(['AbortError', 'queued']);
    expect(await nameAndPhase(pool.submit({ url: 'http://h/' }))).toEqual(['AbortError', 'queued']);
  });

  test('was aborted before it was run', async () => {
    const signal = AbortSignal.abort();
    const pool = new Pool({ numProcesses: 1 });
    const submitted = pool.submit({ url: 'http://127.0.0.1:1/', signal });
    expect(await nameAndPhase(submitted)).toEqual(['AbortError', 'queued']);
    await pool.close();
  });

  test('was with a session that does not tell', async () => {
    const pool = new Pool<Waiting>({ session: () => silent, numProcesses: 1 });
    const submitted = pool.submit({ url: 'http://h/' });
    await new Promise((resolve) => setImmediate(resolve));
    pool.abort('why');
    expect(await nameAndPhase(submitted)).toEqual(['AbortError', 'firstByte']);
  });

  test('was with one that knows of signals alone', async () => {
    const session: Waiting = {
      request: (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const pool = new Pool<Waiting>({ session: () => session, numProcesses: 1 });
    const submitted = pool.submit({ url: 'http://h/' });
    await new Promise((resolve) => setImmediate(resolve));
    pool.abort('why');
    expect(await nameAndPhase(submitted)).toEqual(['AbortError', 'firstByte']);
  });

  test('had its response, which nobody wants any more', async () => {
    const gate = new Gate();
    const session: Waiting = {
      request: () => gate.opened.then(() => 'response'),
    };
    const pool = new Pool<Waiting>({ session: () => session, numProcesses: 1 });
    const submitted = pool.submit({ url: 'http://h/' });
    await new Promise((resolve) => setImmediate(resolve));
    pool.abort('why');
    gate.open();
    expect(await nameAndPhase(submitted)).toEqual(['AbortError', 'response']);
  });
});

async function* explode(): AsyncGenerator<string> {
  yield 'some of it';
  throw new Error('the source broke');
}

function refuse(): never {
  throw new Error('there is no source');
}
