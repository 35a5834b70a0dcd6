import { inspect } from 'node:util';
import { CookieJar } from 'tough-cookie';
import { describe, expect, test } from 'vitest';
import {
  InvalidHeaderError,
  InvalidJobError,
  type Job,
  Session,
  type SessionOptions,
} from '../src/index.js';
import { startServer } from './helpers/http-server.js';

/** zstd is asked for where Node can decode it safely. */
const ENCODINGS =
  Number.parseInt(process.versions.node, 10) >= 24
    ? 'gzip, deflate, br, zstd'
    : 'gzip, deflate, br';

describe('methods', () => {
  test.each(['get', 'head', 'options', 'post', 'put', 'patch', 'delete'] as const)(
    '%s() sends a request of its name, with what it is given',
    async (method) => {
      const server = await startServer((_, reply) => reply.end('body'));
      const response = await new Session()[method](`${server.url}/path`, {
        params: { a: 1 },
        headers: { 'X-A': 'a' },
      });
      expect(server.requests).toMatchObject([
        { method: method.toUpperCase(), path: '/path?a=1', headers: { 'x-a': 'a' } },
      ]);
      expect(await response.text()).toBe(method === 'head' ? '' : 'body');
    },
  );

  test.each(['post', 'put', 'patch', 'delete', 'options'] as const)(
    '%s() sends a body',
    async (method) => {
      const server = await startServer();
      await new Session()[method](server.url, { json: { a: 1 } });
      expect(server.requests[0]?.body.toString()).toBe('{"a":1}');
    },
  );

  test('get() may send a body too', async () => {
    const server = await startServer();
    await new Session().get(server.url, { data: 'why not' });
    expect(server.requests[0]?.body.toString()).toBe('why not');
  });

  test.each(['get', 'options', 'post', 'put', 'patch', 'delete'] as const)(
    '%s() follows redirects unless told not to',
    async (method) => {
      const server = await startServer(({ path }, reply) =>
        path === '/end' ? reply.end() : reply.writeHead(307, { Location: '/end' }).end(),
      );
      expect((await new Session()[method](server.url)).statusCode).toBe(200);
      const options = { allowRedirects: false };
      expect((await new Session()[method](server.url, options)).statusCode).toBe(307);
    },
  );

  test('head() follows none unless told to', async () => {
    const server = await startServer(({ path }, reply) =>
      path === '/end' ? reply.end() : reply.writeHead(307, { Location: '/end' }).end(),
    );
    expect((await new Session().head(server.url)).statusCode).toBe(307);
    const options = { allowRedirects: true };
    expect((await new Session().head(server.url, options)).statusCode).toBe(200);
  });

  test('request() sends GET unless told otherwise, and any method in upper case', async () => {
    const server = await startServer();
    const session = new Session();
    await session.request({ url: server.url });
    await session.request({ url: server.url, method: 'purge' });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'PURGE']);
  });
});

describe('settings', () => {
  test('are the defaults at first', () => {
    const session = new Session();
    expect([...session.headers]).toEqual([
      ['User-Agent', expect.stringMatching(/^session-pool\/\d+\.\d+\.\d+/)],
      ['Accept-Encoding', ENCODINGS],
      ['Accept', '*/*'],
    ]);
    expect(session).toMatchObject({
      auth: undefined,
      params: undefined,
      timeout: undefined,
      maxRedirects: 30,
      maxResponseSize: undefined,
      hooks: {},
    });
    expect(session.cookies).toBeInstanceOf(CookieJar);
  });

  test('are a session’s own', () => {
    new Session().headers.set('X-A', 'a');
    expect(new Session().headers.has('X-A')).toBe(false);
  });

  test('can be changed later', async () => {
    const server = await startServer((_, reply) => reply.end('body'));
    const session = new Session();
    session.auth = ['user', 'pass'];
    session.params = { a: 1 };
    session.headers.set('X-A', 'a');
    session.hooks = { response: (response) => response.raiseForStatus() };
    await session.get(server.url);
    expect(server.requests).toMatchObject([
      { path: '/?a=1', headers: { authorization: 'Basic dXNlcjpwYXNz', 'x-a': 'a' } },
    ]);
    session.maxResponseSize = 3;
    await expect(session.get(server.url)).rejects.toMatchObject({ name: 'ResponseTooLargeError' });
  });

  test('are shown without what is secret', () => {
    const session = new Session({
      auth: ['ada', 'secret'],
      proxies: 'http://ada:secret@127.0.0.1',
      headers: { Authorization: 'secret' },
      maxRedirects: 3,
    });
    session.cookies.setCookieSync('a=secret', 'http://127.0.0.1/');
    for (const shown of [inspect(session, { depth: 9 }), JSON.stringify(session)]) {
      expect(shown).toMatch(/maxRedirects"?: ?3/);
      expect(shown).not.toContain('secret');
    }
  });

  test('of a job that are undefined or null are as if they were not there', async () => {
    const server = await startServer();
    const session = new Session({ auth: ['user', 'pass'], params: { a: 1 } });
    const nothing = {
      method: undefined,
      params: undefined,
      headers: undefined,
      auth: undefined,
      json: undefined,
      data: undefined,
      timeout: undefined,
      allowRedirects: undefined,
      maxRedirects: undefined,
      maxResponseSize: undefined,
      hooks: undefined,
      raiseForStatus: undefined,
      context: undefined,
    } satisfies Partial<Job>;
    await session.request({ url: server.url, ...nothing });
    await session.request({
      url: server.url,
      auth: null,
      timeout: null,
      params: null,
      headers: null,
      cookies: null,
      data: null,
      files: null,
    } as unknown as Job);
    for (const request of server.requests)
      expect(request).toMatchObject({
        method: 'GET',
        path: '/?a=1',
        headers: { authorization: 'Basic dXNlcjpwYXNz' },
      });
  });

  test.each<[unknown, new (message: string) => Error, string]>([
    [{ timeouts: 5 }, TypeError, 'Session: unknown key "timeouts"; did you mean "timeout"?'],
    [
      { maxRedirects: -1 },
      InvalidJobError,
      'maxRedirects must be a whole number from 0 on, got -1',
    ],
    [
      { maxRedirects: 1.5 },
      InvalidJobError,
      'maxRedirects must be a whole number from 0 on, got 1.5',
    ],
    [
      { maxResponseSize: '9' },
      InvalidJobError,
      "maxResponseSize must be a whole number from 0 on, got '9'",
    ],
    [5, TypeError, 'Session takes a record of options, got 5'],
    [null, TypeError, 'Session takes a record of options, got null'],
    [{ cookies: {} }, TypeError, 'cookies must be a CookieJar, got {}'],
    [{ cookies: null }, TypeError, 'cookies must be a CookieJar, got null'],
    [{ dispatcher: 5 }, TypeError, 'dispatcher must be a Dispatcher of undici, got 5'],
    [{ headers: { 'X-A': 'a\nb' } }, InvalidHeaderError, 'header X-A has a character'],
  ])('%j are refused', (options, ErrorClass, message) => {
    const make = () => new Session(options as SessionOptions);
    expect(make).toThrow(ErrorClass);
    expect(make).toThrow(message);
  });

  test.each(['maxRedirects', 'maxResponseSize'] as const)(
    'that are changed later are checked then: %s',
    async (limit) => {
      const server = await startServer((_, reply) =>
        reply.writeHead(302, { Location: '/' }).end('around'),
      );
      const session = new Session();
      session[limit] = Number.NaN;
      const request = session.get(server.url, { timeout: { total: 500 } });
      await expect(request).rejects.toThrow(
        new InvalidJobError(`${limit} must be a whole number from 0 on, got NaN`),
      );
    },
  );
});

test('a session is safe under concurrent requests', async () => {
  const server = await startServer(({ path }, reply) => {
    reply.setHeader('Set-Cookie', `c${path.slice(1)}=1`).end(path);
  });
  const session = new Session();
  const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
  const bodies = await Promise.all(
    paths.map(async (path) => (await session.get(server.url + path)).text()),
  );
  expect(bodies).toEqual(paths);
  expect(session.cookies.getCookiesSync(server.url)).toHaveLength(50);
});
