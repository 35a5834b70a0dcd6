import fc from 'fast-check';
import { CookieJar, MemoryCookieStore, Store } from 'tough-cookie';
import { describe, expect, test, vi } from 'vitest';
import { Session } from '../../src/index.js';
import { cookieHeader } from '../../src/request/cookies.js';
import { Headers } from '../../src/request/headers.js';
import { AddressedRequest } from '../../src/request/prepared-request.js';
import { startServer, type TestServer } from '../helpers/http-server.js';

/** Sets the cookies that stand in a request's query, and leads /to?url to that URL. */
function startCookieServer(): Promise<TestServer> {
  return startServer(({ path }, reply) => {
    const query = new URL(path, 'http://x').searchParams;
    const cookies = query.getAll('set');
    if (cookies.length > 0) reply.setHeader('Set-Cookie', cookies);
    const location = query.get('to');
    if (location) reply.writeHead(302, { Location: location });
    reply.end();
  });
}

const cookiesOf = ({ requests }: TestServer) => requests.map(({ headers }) => headers.cookie);
const setting = (...cookies: string[]) =>
  `?${new URLSearchParams(cookies.map((cookie): [string, string] => ['set', cookie]))}`;

describe('a session', () => {
  test('sends no header while it has no cookie', async () => {
    const server = await startCookieServer();
    await new Session().get(server.url);
    expect(server.requests[0]?.rawHeaders.map((name) => name.toLowerCase())).not.toContain(
      'cookie',
    );
  });

  test('sends back what it was given, to the paths that it was given for', async () => {
    const server = await startCookieServer();
    const session = new Session();
    await session.get(`${server.url}/${setting('a=1', 'b=2; Path=/sub', 'c=3; HttpOnly')}`);
    await session.get(`${server.url}/`);
    await session.get(`${server.url}/sub/x`);
    expect(cookiesOf(server)).toEqual([undefined, 'a=1; c=3', 'b=2; a=1; c=3']);
  });

  test('forgets what has expired or was taken back', async () => {
    const server = await startCookieServer();
    const session = new Session();
    await session.get(server.url + setting('a=1', 'b=2', 'old=1; Max-Age=0'));
    await session.get(server.url + setting('a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'));
    await session.get(server.url);
    await session.get(server.url + setting('b=2; Max-Age=0'));
    await session.get(server.url);
    expect(cookiesOf(server)).toEqual([undefined, 'a=1; b=2', 'b=2', 'b=2', undefined]);
  });

  test('ignores what is malformed, or not that host’s to set', async () => {
    const server = await startCookieServer();
    const session = new Session();
    const foreign = 'x=1; Domain=example.com';
    await session.get(server.url + setting('', '=', ';', foreign, 'y=1; Domain=com', 'ok=1'));
    await session.get(server.url);
    expect(cookiesOf(server)).toEqual([undefined, 'ok=1']);
  });

  test('keeps its cookies from other sessions', async () => {
    const server = await startCookieServer();
    await new Session().get(server.url + setting('a=1'));
    await new Session().get(server.url);
    expect(cookiesOf(server)).toEqual([undefined, undefined]);
  });

  test('shares a jar that it was given', async () => {
    const server = await startCookieServer();
    const cookies = new CookieJar();
    cookies.setCookieSync('mine=1', server.url);
    await new Session({ cookies }).get(server.url + setting('a=1'));
    await new Session({ cookies }).get(server.url);
    expect(cookiesOf(server)).toEqual(['mine=1', 'mine=1; a=1']);
    expect(cookies.getCookieStringSync(server.url)).toBe('mine=1; a=1');
  });

  test('tells no other host, be it the same machine', async () => {
    const server = await startCookieServer();
    const session = new Session();
    const at = (host: string) => `http://${host}:${server.port}/`;
    await session.get(at('127.0.0.1') + setting('a=1'));
    await session.get(at('localhost') + setting('b=2'));
    await session.get(at('127.0.0.1'));
    await session.get(at('localhost'));
    expect(cookiesOf(server)).toEqual([undefined, undefined, 'a=1', 'b=2']);
  });
});

describe('a Cookie header set by hand', () => {
  test('goes in place of the jar’s', async () => {
    const server = await startCookieServer();
    const session = new Session();
    await session.get(server.url + setting('a=1'));
    await session.get(server.url, { headers: { cookie: 'mine=2' } });
    expect(cookiesOf(server)).toEqual([undefined, 'mine=2']);
  });

  test('is not sent on by a redirect', async () => {
    const server = await startCookieServer();
    await new Session().get(`${server.url}/?to=/end`, { headers: { Cookie: 'mine=2' } });
    expect(cookiesOf(server)).toEqual(['mine=2', undefined]);
  });
});

describe('over a redirect', () => {
  test('cookies are stored at each hop and asked for again', async () => {
    const server = await startCookieServer();
    const url = `${server.url}/${setting('a=1')}&to=${encodeURIComponent(`/${setting('a=2', 'b=3')}&to=/end`)}`;
    await new Session().get(url);
    expect(cookiesOf(server)).toEqual([undefined, 'a=1', 'a=2; b=3']);
  });

  test('cookies of one host stay there', async () => {
    const server = await startCookieServer();
    const other = `http://localhost:${server.port}/`;
    const session = new Session();
    await session.get(`http://127.0.0.1:${server.port}/${setting('a=1')}&to=${other}`);
    await session.get(`http://127.0.0.1:${server.port}/`);
    expect(cookiesOf(server)).toEqual([undefined, undefined, 'a=1']);
  });
});

/** A jar's store that answers in its own time, as one on disk does. */
function asynchronousStore(): Store {
  const store = new MemoryCookieStore();
  store.synchronous = false;
  return store;
}

test('a jar whose store is asynchronous is waited for', async () => {
  const server = await startCookieServer();
  const session = new Session({ cookies: new CookieJar(asynchronousStore()) });
  await session.get(server.url + setting('a=1', 'b=2', 'bad=1; Domain=com'));
  await session.get(server.url);
  expect(cookiesOf(server)).toEqual([undefined, 'a=1; b=2']);
});

test('a jar whose store is asynchronous may have no cookie for the host', async () => {
  const server = await startCookieServer();
  const cookies = new CookieJar(asynchronousStore());
  await cookies.setCookie('a=1', 'http://another.test/');
  await new Session({ cookies }).get(server.url);
  expect(cookiesOf(server)).toEqual([undefined]);
});

test("a jar with a store of the user's own is asked even when it is empty", async () => {
  const memory = new MemoryCookieStore();
  const own = Object.assign(new Store(), {
    synchronous: true,
    findCookie: memory.findCookie.bind(memory),
    findCookies: memory.findCookies.bind(memory),
    putCookie: memory.putCookie.bind(memory),
  });
  const server = await startCookieServer();
  const session = new Session({ cookies: new CookieJar(own) });
  await session.get(server.url + setting('a=1'));
  await session.get(server.url);
  expect(cookiesOf(server)).toEqual([undefined, 'a=1']);
});

describe('the cookies of a request whose URL was not taken apart', () => {
  const HOSTS = ['a.test', 'b.a.test', 'example.com', 'www.example.com', 'localhost', '127.0.0.1'];

  test('are not those of the host whose name has no dot at its end', () => {
    const jar = new CookieJar();
    jar.setCookieSync('a=1; Domain=example.com', 'http://example.com/');
    jar.setCookieSync('b=2', 'http://example.com/');
    expect(lookUp(jar, 'http://example.com.')).toBe('');
    expect(lookUp(jar, 'http://example.com')).toBe('a=1; b=2');
  });

  const origin = fc
    .tuple(fc.constantFrom('http', 'https'), fc.constantFrom(...HOSTS, '[::1]'), fc.boolean())
    .map(([scheme, host, hasPort]) => `${scheme}://${host}${hasPort ? ':8080' : ''}`);
  const path = fc
    .array(fc.constantFrom('/', '/a', '/b', '/a/', '?a=/b', 'a', ';', '='), { maxLength: 4 })
    .map((parts) => `/${parts.join('')}`);
  const cookie = fc
    .tuple(
      fc.constantFrom('a=1', 'b=2', 'c=3', '__Host-d=4'),
      fc.subarray(['Path=/', 'Path=/a', 'Secure', 'HttpOnly', 'Max-Age=60', 'Domain=a.test']),
    )
    .map(([pair, attributes]) => [pair, ...attributes].join('; '));

  test('are those of its URL', () => {
    let sent = 0;
    const settings = fc.array(fc.tuple(origin, path, cookie), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(settings, origin, path, (set, at, where) => {
        const jar = new CookieJar();
        for (const [from, under, each] of set)
          jar.setCookieSync(each, from + under, { ignoreError: true });
        const address = { origin: at, path: where };
        const request = new AddressedRequest('GET', address, new Headers(), undefined);
        const header = cookieHeader(jar, request);
        expect(header).toBe(jar.getCookieStringSync(at + where));
        if (header !== '') sent++;
      }),
      { numRuns: 1_000 },
    );
    expect(sent).toBeGreaterThan(100);
  });

  const lookUp = (jar: CookieJar, origin = 'http://a.test') =>
    cookieHeader(
      jar,
      new AddressedRequest('GET', { origin, path: '/b' }, new Headers(), undefined),
    );

  test('end when they were set to, however often they are sent', () => {
    vi.useFakeTimers();
    const jar = new CookieJar();
    jar.setCookieSync('a=1; Max-Age=60', 'http://a.test/');
    jar.setCookieSync('b=2', 'http://a.test/');
    const sent = [0, 40_000, 19_999, 1].map((time) => {
      vi.advanceTimersByTime(time);
      return lookUp(jar);
    });
    expect(sent).toEqual(['a=1; b=2', 'a=1; b=2', 'a=1; b=2', 'b=2']);
    expect(jar.serializeSync()?.cookies.map(({ key }) => key)).toEqual(['b']);
    vi.useRealTimers();
  });

  test('are asked of a jar that knows no special domains, as it tells', () => {
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: false });
    jar.setCookieSync('a=1', 'http://127.0.0.1/');
    expect(() => lookUp(jar)).toThrow('special use domain');
  });

  const filled = () => {
    const jar = new CookieJar();
    jar.setCookieSync('a=1', 'http://a.test/');
    return jar;
  };
  const NO_COOKIES = (...args: unknown[]) =>
    (args.at(-1) as (error: null, cookies: []) => void)(null, []);

  test.each<[string, () => CookieJar]>([
    ['that says itself what it has', () => Object.assign(filled(), { getCookies: NO_COOKIES })],
    ['that says what to send', () => Object.assign(filled(), { getCookieStringSync: () => '' })],
    [
      'that says what to send, if it takes time',
      () => Object.assign(filled(), { getCookieString: NO_COOKIES }),
    ],
    [
      'whose store says what it finds',
      () => {
        const jar = filled();
        Object.assign(jar.store, { findCookies: NO_COOKIES });
        return jar;
      },
    ],
    [
      'that a proxy stands before',
      () => {
        const get = (jar: CookieJar, name: string | symbol) =>
          name === 'getCookieStringSync' ? () => '' : Reflect.get(jar, name);
        return new Proxy(filled(), { get });
      },
    ],
  ])('are for a jar to tell %s', (_, make) => {
    expect([lookUp(filled()), String(lookUp(make()))]).toEqual(['a=1', '']);
  });

  test('are asked of a jar that takes its time, which is waited for', async () => {
    const store = new MemoryCookieStore();
    store.synchronous = false;
    const jar = new CookieJar(store);
    await jar.setCookie('a=1', 'http://a.test/');
    const header = lookUp(jar);
    expect(header).toBeInstanceOf(Promise);
    expect(await header).toBe('a=1');
  });

  test('are asked of another kind of jar by its text', async () => {
    const asked: unknown[] = [];
    class Watched extends CookieJar {
      override getCookieStringSync(url: string): string {
        asked.push(url);
        return super.getCookieStringSync(url);
      }
    }
    const server = await startCookieServer();
    await using session = new Session({ cookies: new Watched() });
    await session.get(server.url + setting('a=1'));
    await session.get(`${server.url}/b?c`);
    expect(asked).toEqual([`${server.url}/b?c`]);
    expect(cookiesOf(server)).toEqual([undefined, 'a=1']);
  });
});
