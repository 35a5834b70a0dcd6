import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  InvalidURLError,
  type Job,
  type Response,
  Session,
  TooManyRedirectsError,
} from '../../src/index.js';
import { type Handler, startServer, type TestServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';

/** `/302?to=/x` leads to /x with that status; anything else is an end. */
const lead: Handler = ({ path }, reply) => {
  const { pathname, searchParams } = new URL(path, 'http://x');
  const status = Number(pathname.slice(1));
  const location = searchParams.get('to');
  if (status && location !== null) reply.writeHead(status, { Location: location });
  reply.end(pathname);
};
const to = (status: number, location: string) => `/${status}?to=${encodeURIComponent(location)}`;
const chain = ({ requests }: TestServer) => requests.map(({ method, path }) => `${method} ${path}`);

/** A session's answer from a server whose first Location has these very bytes. */
async function followed(location: string | Buffer, path = '/a/b?q'): Promise<[Response, string[]]> {
  const lines: string[] = [];
  const server = await startRawServer((socket, received) => {
    lines.push(received.slice(0, received.indexOf(' HTTP/1.1')));
    if (lines.length > 1) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    else {
      socket.write('HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ');
      socket.write(location);
      socket.write('\r\n\r\n');
    }
  });
  return [await new Session().get(server.url + path), lines];
}

describe('the method after a redirect is as in requests', () => {
  const AFTER: Record<string, Record<number, string>> = {
    GET: { 301: 'GET', 302: 'GET', 303: 'GET', 307: 'GET', 308: 'GET' },
    HEAD: { 301: 'HEAD', 302: 'HEAD', 303: 'HEAD', 307: 'HEAD', 308: 'HEAD' },
    POST: { 301: 'GET', 302: 'GET', 303: 'GET', 307: 'POST', 308: 'POST' },
    PUT: { 301: 'PUT', 302: 'GET', 303: 'GET', 307: 'PUT', 308: 'PUT' },
    PATCH: { 301: 'PATCH', 302: 'GET', 303: 'GET', 307: 'PATCH', 308: 'PATCH' },
    DELETE: { 301: 'DELETE', 302: 'GET', 303: 'GET', 307: 'DELETE', 308: 'DELETE' },
  };
  const cases = Object.entries(AFTER).flatMap(([method, row]) =>
    Object.entries(row).map(([status, after]) => [method, Number(status), after] as const),
  );

  test.each(cases)('%s, %i: %s', async (method, status, after) => {
    const server = await startServer(lead);
    const response = await new Session().request({ method, url: server.url + to(status, '/end') });
    expect(chain(server)[1]).toBe(`${after} /end`);
    expect(response.request.method).toBe(after);
  });
});

describe('a body', () => {
  test.each([301, 302, 303])('is dropped at a %i, and what describes it', async (status) => {
    const server = await startServer(lead);
    const headers = { 'X-Other': 'stays' };
    await new Session().put(server.url + to(status, '/end'), { json: { a: 1 }, headers });
    const [, second] = server.requests;
    expect(second?.body).toHaveLength(0);
    expect(second?.headers).toMatchObject({ 'x-other': 'stays' });
    expect(second?.headers).not.toHaveProperty('content-type');
  });

  test.each([307, 308])('is sent again at a %i', async (status) => {
    const server = await startServer(lead);
    await new Session().post(server.url + to(status, '/end'), { json: { a: 1 } });
    const [, second] = server.requests;
    expect(second?.body.toString()).toBe('{"a":1}');
    expect(second?.headers['content-type']).toBe('application/json');
  });
});

describe('what is a redirect', () => {
  test.each([300, 304, 305, 306])('a %i with a Location is none', async (status) => {
    const server = await startServer(lead);
    const response = await new Session().get(server.url + to(status, '/end'));
    expect(response.statusCode).toBe(status);
    expect(chain(server)).toHaveLength(1);
  });

  test.each(['', '  '])('a Location of %j leads nowhere', async (location) => {
    const [response, lines] = await followed(location);
    expect(response.statusCode).toBe(302);
    expect(response.history).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  test('a redirect without Location is none', async () => {
    const server = await startServer((_, reply) => reply.writeHead(302).end());
    expect((await new Session().get(server.url)).statusCode).toBe(302);
  });

  test('allowRedirects: false hands out the redirect itself', async () => {
    const server = await startServer(lead);
    const url = server.url + to(301, '/end');
    const response = await new Session().get(url, { allowRedirects: false, maxRedirects: 0 });
    expect(response.statusCode).toBe(301);
    expect(response.headers.get('location')).toBe('/end');
    expect(response.redirected).toBe(false);
    expect(chain(server)).toHaveLength(1);
  });
});

describe('history', () => {
  test('has each redirect with its own, the oldest first', async () => {
    const server = await startServer(lead);
    const second = to(307, '/end');
    const first = to(302, second);
    const response = await new Session().get(server.url + first);
    expect(response.redirected).toBe(true);
    expect(response.url).toBe(`${server.url}/end`);
    expect(response.history.map(({ url }) => url)).toEqual([
      server.url + first,
      server.url + second,
    ]);
    expect(response.history.map(({ history }) => history.length)).toEqual([0, 1]);
    expect(response.history[1]?.history[0]).toBe(response.history[0]);
    expect(await response.history[0]?.text()).toBe('/302');
  });

  test('of a response that no redirect led to is empty', async () => {
    const server = await startServer();
    const response = await new Session().get(server.url);
    expect(response.history).toEqual([]);
    expect(response.redirected).toBe(false);
  });
});

describe('the limit', () => {
  const around: Handler = (_, reply) => reply.writeHead(302, { Location: '/' }).end();

  test('is 30 redirects', async () => {
    const server = await startServer(around);
    const error = await new Session().get(server.url).catch((reason) => reason);
    expect(error).toBeInstanceOf(TooManyRedirectsError);
    expect(error.message).toBe(`GET ${server.url}/: more than 30 redirects`);
    expect(error.code).toBe('ERR_TOO_MANY_REDIRECTS');
    expect(error.response.statusCode).toBe(302);
    expect(error.response.history).toHaveLength(30);
    expect(error.request.url.href).toBe(`${server.url}/`);
    expect(server.requests).toHaveLength(31);
  });

  test.each<[Partial<Job>, number]>([
    [{}, 2],
    [{ maxRedirects: 0 }, 1],
    [{ maxRedirects: 4 }, 5],
  ])("is the session's unless the job, %j, has one", async (job, requests) => {
    const server = await startServer(around);
    const session = new Session({ maxRedirects: 1 });
    await expect(session.get(server.url, job)).rejects.toThrow(TooManyRedirectsError);
    expect(server.requests).toHaveLength(requests);
  });

  test('is not reached by as many redirects', async () => {
    const server = await startServer(lead);
    const response = await new Session({ maxRedirects: 1 }).get(server.url + to(302, '/end'));
    expect(response.statusCode).toBe(200);
  });
});

test('a page that sets a cookie and leads to itself is fetched again', async () => {
  const server = await startServer(({ headers }, reply) => {
    if (headers.cookie === 'seen=1') reply.end('welcome');
    else reply.writeHead(302, { Location: '/', 'Set-Cookie': 'seen=1' }).end();
  });
  expect(await (await new Session().get(server.url)).text()).toBe('welcome');
});

test('a form that leads from POST to a GET of itself is fetched again', async () => {
  const server = await startServer(({ method }, reply) => {
    if (method === 'POST') reply.writeHead(303, { Location: '/login' }).end();
    else reply.end('welcome');
  });
  const response = await new Session().post(`${server.url}/login`, { data: { user: 'me' } });
  expect(await response.text()).toBe('welcome');
});

describe('a Location', () => {
  test.each([
    ['relative', 'c', '/a/c'],
    ['with dots', '../c', '/c'],
    ['with an absolute path', '/c/d', '/c/d'],
    ['a query alone', '?r', '/a/b?r'],
    ['with a space', '/c d', '/c%20d'],
    ['percent-encoded', '/%7Ec?x=%20', '/~c?x=%20'],
    ['of other bytes', Buffer.from('/\xf1?\xe9', 'latin1'), '/%F1?%E9'],
    ['of UTF-8 bytes', Buffer.from('/ñ?é=€'), '/%C3%B1?%C3%A9=%E2%82%AC'],
  ])('may be %s', async (_, location, path) => {
    const [response, lines] = await followed(location);
    expect(lines).toEqual(['GET /a/b?q', `GET ${path}`]);
    expect(new URL(response.url).pathname + new URL(response.url).search).toBe(path);
  });

  test('may be absolute, in any case', async () => {
    const server = await startServer();
    const [response] = await followed(server.url.replace('http', 'HTTP'));
    expect(response.url).toBe(`${server.url}/`);
  });

  test('may lack its scheme', async () => {
    const server = await startServer();
    const [response] = await followed(`//127.0.0.1:${server.port}/x`);
    expect(response.url).toBe(`${server.url}/x`);
  });

  test.each([
    ['/c', '/a#old', '#old'],
    ['/c#new', '/a#old', '#new'],
    ['/c#new', '/a', '#new'],
    ['/c', '/a', ''],
  ])('%s, coming from %s, has the fragment %j', async (location, path, fragment) => {
    const [response, lines] = await followed(location, path);
    expect(new URL(response.url).hash).toBe(fragment);
    expect(lines[1]).toBe('GET /c');
  });

  test('with credentials does not have them sent, nor told', async () => {
    const server = await startServer();
    const [response] = await followed(server.url.replace('//', '//user:secret@'));
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(response.url).toBe(`${server.url}/`);
  });

  test.each([
    ['http://', 'invalid URL "http://"'],
    ['http://user:secret@:x/', 'invalid URL "http://***@:x/"'],
    ['ftp://host/x', 'invalid URL "ftp://host/x": http or https expected, got ftp:'],
    ['javascript:alert(1)', /http or https expected, got javascript:$/],
    ['file:///etc/passwd', /http or https expected, got file:$/],
  ])('%s is refused', async (location, message) => {
    const error = await followed(location).catch((reason) => reason);
    expect(error).toBeInstanceOf(InvalidURLError);
    expect(error.message).toMatch(message);
  });

  test('that is refused is told with the request and the response that it came with', async () => {
    const error = await followed('ftp://host/x').catch((reason) => reason);
    expect(error.request?.url.pathname).toBe('/a/b');
    expect(error.response?.statusCode).toBe(302);
  });
});

describe('what was for one host is not told to another', () => {
  const job = {
    auth: ['user', 'pass'],
    headers: { Host: 'virtual.test', 'Proxy-Authorization': 'Basic x', 'X-Other': 'stays' },
  } satisfies Partial<Job>;

  test('the same host is told all again', async () => {
    const server = await startServer(lead);
    await new Session().get(server.url + to(302, '/end'), job);
    expect(server.requests[1]?.headers).toMatchObject({
      host: 'virtual.test',
      authorization: 'Basic dXNlcjpwYXNz',
      'x-other': 'stays',
    });
  });

  test.each([
    ['port', (other: TestServer) => other.url],
    ['name', (other: TestServer) => `http://localhost:${other.port}`],
  ])('another %s is told neither Authorization nor Host', async (_, target) => {
    const [server, other] = [await startServer(lead), await startServer()];
    await new Session().get(server.url + to(307, target(other)), job);
    expect(other.requests[0]?.headers).toMatchObject({
      host: new URL(target(other)).host,
      'x-other': 'stays',
    });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('Proxy-Authorization is sent on to none, as in requests', async () => {
    const [server, other] = [await startServer(lead), await startServer()];
    await new Session().get(server.url + to(307, other.url), job);
    expect(other.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test("a session's auth function signs the first request alone", async () => {
    const [server, other] = [await startServer(lead), await startServer()];
    let calls = 0;
    const session = new Session({
      auth: ({ headers }) => headers.set('Authorization', `signed ${++calls}`),
    });
    await session.get(server.url + to(302, to(302, other.url)));
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'signed 1',
      'signed 1',
    ]);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(calls).toBe(1);
  });
});

test('a redirect whose body cannot be decoded is followed, as in requests', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/end') return reply.end('here');
    reply.writeHead(302, { Location: '/end', 'Content-Encoding': 'gzip' });
    return reply.end('no gzip');
  });
  expect(await (await new Session().get(server.url)).text()).toBe('here');
});

test('a redirect has a body as any response', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/end') return reply.end();
    reply.writeHead(302, { Location: '/end', 'Content-Encoding': 'gzip' });
    return reply.end(gzipSync('moved'));
  });
  const { history } = await new Session().get(server.url);
  expect(await history[0]?.text()).toBe('moved');
});
