import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type Auth, Headers, InvalidJobError, type Job, Session } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

/** The Authorization header that the job is sent with. */
async function sentWith(job: Partial<Job>, session = new Session()): Promise<string | undefined> {
  const server = await startServer();
  await session.request({ url: server.url, ...job });
  return server.requests[0]?.headers.authorization;
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('a pair is sent as Basic authorization, in UTF-8', async () => {
  expect(await sentWith({ auth: ['Aladdin', 'open sesame'] })).toBe(
    'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
  );
  expect(await sentWith({ auth: ['zoë', '€:x'] })).toBe(basic('zoë:€:x'));
});

test('without auth there is no header', async () => {
  expect(await sentWith({})).toBeUndefined();
});

test("a job's auth goes before its session's, and that before the URL's", async () => {
  const server = await startServer();
  const url = server.url.replace('//', '//of:url@');
  const session = new Session({ auth: ['of', 'session'] });
  await session.get(url, { auth: ['of', 'job'] });
  await session.get(url);
  await new Session().get(url);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    basic('of:job'),
    basic('of:session'),
    basic('of:url'),
  ]);
});

test.each([
  ['user:pass@', 'user:pass'],
  ['user@', 'user:'],
  [':pass@', ':pass'],
  ['us%40er:p%3Aa%2Fss@', 'us@er:p:a/ss'],
  ['us%E9r:100%@', 'us%E9r:100%'],
])('credentials in a URL, %s, are decoded and leave it', async (userinfo, credentials) => {
  const server = await startServer();
  const response = await new Session().get(`${server.url.replace('//', `//${userinfo}`)}/path`);
  expect(server.requests[0]?.headers.authorization).toBe(basic(credentials));
  expect(response.url).toBe(`${server.url}/path`);
  expect(response.request.url.href).toBe(`${server.url}/path`);
});

test('a URL object that was passed keeps its credentials', async () => {
  const server = await startServer();
  const url = new URL(server.url.replace('//', '//user:pass@'));
  await new Session().get(url);
  expect(url.password).toBe('pass');
});

test.each<[string, Auth]>([
  ['changes the request', ({ headers }) => headers.set('Authorization', 'signed')],
  ['changes it in its own time', async ({ headers }) => headers.set('Authorization', 'signed')],
  ['returns another', (it) => ({ ...it, headers: new Headers({ Authorization: 'signed' }) })],
  [
    'returns another in its own time',
    async (it) => ({ ...it, headers: new Headers({ Authorization: 'signed' }) }),
  ],
])('a function that %s signs the request', async (_, auth) => {
  expect(await sentWith({ auth })).toBe('signed');
  expect(await sentWith({}, new Session({ auth }))).toBe('signed');
});

test('a function is given the request as it will be sent', async () => {
  const server = await startServer();
  const seen: unknown[] = [];
  await new Session({ params: { a: 1 } }).post(`${server.url}/path#end`, {
    json: [1],
    auth: ({ method, url, headers, body }) => {
      seen.push(method, url.href, headers.get('content-type'), body);
    },
  });
  expect(seen).toEqual(['POST', `${server.url}/path?a=1#end`, 'application/json', '[1]']);
});

test('a request that a function returned is the one that is sent, and is the response’s', async () => {
  const server = await startServer();
  const response = await new Session().get(`${server.url}/a`, {
    auth: (request) => ({ ...request, method: 'PUT', url: new URL('/b', request.url), body: 'x' }),
  });
  expect(server.requests).toMatchObject([{ method: 'PUT', path: '/b', body: Buffer.from('x') }]);
  expect(response.url).toBe(`${server.url}/b`);
});

test.each<[string, Auth]>([
  [
    'throws',
    () => {
      throw new RangeError('no token');
    },
  ],
  ['rejects', () => Promise.reject(new RangeError('no token'))],
])('what a function %s comes out as it is', async (_, auth) => {
  const request = new Session().get('http://127.0.0.1:1', { auth });
  await expect(request).rejects.toThrow(new RangeError('no token'));
});

test.each([
  ['a string', 'user:secret'],
  ['one of two', ['secret']],
  ['three', ['user', 'secret', 'x']],
  ['no strings', ['user', 5]],
  ['a record', { user: 'user', password: 'secret' }],
])('%s is no auth, and the error does not tell it', async (_, auth) => {
  const request = new Session().get('http://127.0.0.1:1', { auth: auth as unknown as Auth });
  const error = await request.catch((reason) => reason);
  expect(error).toEqual(new InvalidJobError('auth must be [user, password] or a function'));
  expect(inspect(error)).not.toContain('secret');
});

test.each([
  ['a string', 'Bearer x', "got 'Bearer x'"],
  ['a record', { url: 'http://h' }, 'got [Object]'],
])('a function that returns %s is refused', async (_, junk, got) => {
  const expected = new InvalidJobError(`auth must return a prepared request or nothing, ${got}`);
  for (const auth of [() => junk, async () => junk])
    await expect(sentWith({ auth: auth as unknown as Auth })).rejects.toThrow(expected);
});
