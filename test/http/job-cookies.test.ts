import { MemoryCookieStore } from 'tough-cookie';
import { describe, expect, test } from 'vitest';
import { CookieJar, InvalidJobError, type Job, Session } from '../../src/index.js';
import { startServer, type TestServer } from '../helpers/http-server.js';

/** The Cookie header of each request that a server had. */
function cookiesOf({ requests }: TestServer): (string | undefined)[] {
  return requests.map(({ headers }) => headers.cookie);
}

/** A server whose first answer is a redirect. */
function startRedirecting(location: string, setCookie: string[] = []): Promise<TestServer> {
  return startServer(({ path }, reply) => {
    if (path === '/') reply.writeHead(302, { Location: location, 'Set-Cookie': setCookie });
    reply.end();
  });
}

describe("a job's cookies", () => {
  test('go with it, over those of the session, and are not kept', async () => {
    const server = await startServer();
    const session = new Session();
    session.cookies.setCookieSync('a=session', server.url);
    session.cookies.setCookieSync('b=session', server.url);
    await session.get(server.url, { cookies: { b: 'job', c: 'job' } });
    await session.get(server.url);
    expect(cookiesOf(server)).toEqual(['a=session; b=job; c=job', 'a=session; b=session']);
  });

  test('may be a jar, which stays as it is', async () => {
    const server = await startRedirecting('/there', ['b=server']);
    const jar = new CookieJar();
    jar.setCookieSync('b=job', server.url);
    jar.setCookieSync('c=elsewhere', 'http://example.com/');
    const session = new Session();
    await session.get(server.url, { cookies: jar });
    expect(cookiesOf(server)).toEqual(['b=job', 'b=server']);
    expect(jar.getCookieStringSync(server.url)).toBe('b=job');
    expect(session.cookies.getCookieStringSync(server.url)).toBe('b=server');
  });

  test('give way to what the server sets', async () => {
    const server = await startRedirecting('/there', ['a=server', 'b=; Max-Age=0']);
    await new Session().get(server.url, { cookies: { a: 'job', b: 'job', c: 'job' } });
    expect(cookiesOf(server)).toEqual(['a=job; b=job; c=job', 'a=server; c=job']);
  });

  test('give way to it where the jar of the session takes its time', async () => {
    const server = await startRedirecting('/there', ['a=server']);
    const store = new MemoryCookieStore();
    store.synchronous = false;
    const cookies = new CookieJar(store);
    await new Session({ cookies }).get(server.url, { cookies: { a: 'job', b: 'job' } });
    expect(cookiesOf(server)).toEqual(['a=job; b=job', 'a=server; b=job']);
    expect(await cookies.getCookieString(server.url)).toBe('a=server');
  });

  test.each([
    ['host', 'localhost'],
    ['port', '127.0.0.1'],
  ])('of a record go to no other %s', async (_, host) => {
    const there = await startServer(undefined, { host });
    const here = await startRedirecting(there.url);
    await new Session().get(here.url, { cookies: { a: 'job' } });
    expect(cookiesOf(here)).toEqual(['a=job']);
    expect(cookiesOf(there)).toEqual([undefined]);
  });

  test('of a jar go where the jar says', async () => {
    const there = await startServer();
    const here = await startRedirecting(there.url);
    const cookies = new CookieJar();
    cookies.setCookieSync('a=job', here.url);
    await new Session().get(here.url, { cookies });
    expect(cookiesOf(there)).toEqual(['a=job']);
  });

  test('may have names that a server could not set', async () => {
    const server = await startServer();
    await new Session().get(server.url, { cookies: { '__Host-a': '1', '__Secure-b': '"2 3"' } });
    expect(cookiesOf(server)).toEqual(['__Host-a=1; __Secure-b="2 3"']);
  });

  test('are nothing beside a Cookie header', async () => {
    const server = await startServer();
    const job = { cookies: { a: 'job' }, headers: { Cookie: 'b=header' } };
    await new Session().get(server.url, job);
    expect(cookiesOf(server)).toEqual(['b=header']);
  });

  test.each<[unknown, string]>([
    ['a=1', 'cookies must be a record or a CookieJar, got string'],
    [['a=1'], 'cookies must be a record or a CookieJar, got Array'],
    [new Map(), 'cookies must be a record or a CookieJar, got Map'],
    [{ 'a b': '1' }, "cookies: the name 'a b' is not a token"],
    [{ '': '1' }, "cookies: the name '' is not a token"],
    [{ a: 1 }, 'cookies.a must be a string, got number'],
    [{ a: '1; b=2' }, 'cookies.a has a character that no cookie may have'],
    [{ a: '1\r\nX: y' }, 'cookies.a has a character that no cookie may have'],
    [{ a: '€' }, 'cookies.a has a character that no cookie may have'],
  ])('are refused if they cannot be sent: %j', async (cookies, message) => {
    const job = { url: 'http://127.0.0.1:1', cookies } as unknown as Job;
    await expect(new Session().request(job)).rejects.toThrow(new InvalidJobError(message));
  });
});

test('a jar comes back from a file as it was', async () => {
  const server = await startServer();
  const first = new Session();
  first.cookies.setCookieSync('a=1; HttpOnly; Max-Age=60', server.url);
  const second = new Session({ cookies: CookieJar.fromJSON(JSON.stringify(first.cookies)) });
  await second.get(server.url);
  expect(cookiesOf(server)).toEqual(['a=1']);
});
