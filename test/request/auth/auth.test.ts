import { expect, test } from 'vitest';
import { type Auth, Headers, InvalidJobError, type Job, Session } from '../../../src/index.js';
import {
  type Authenticator,
  authorize,
  basic as basicValue,
  bearerAuth,
  isAuthenticator,
} from '../../../src/request/auth/auth.js';
import type { PreparedRequest } from '../../../src/request/prepared-request.js';
import { startServer } from '../../helpers/http-server.js';

/** The Authorization header that the job is sent with. */
async function sentWith(job: Partial<Job>, session = new Session()): Promise<string | undefined> {
  const server = await startServer();
  await session.request({ url: server.url, ...job });
  return server.requests[0]?.headers.authorization;
}

function prepared(): PreparedRequest {
  return { method: 'GET', url: new URL('http://h'), headers: new Headers(), body: undefined };
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

test.each([
  ['the server', false],
  ['a proxy', true],
])('credentials that a function wrote into the URL are not told to %s', async (_, isProxy) => {
  const server = await startServer();
  const url = `${server.url}/a`;
  const response = await new Session().get(url, {
    proxies: isProxy ? server.url : {},
    auth: (request) => ({ ...request, url: new URL(url.replace('//', '//user:secret@')) }),
  });
  expect(server.requests[0]?.path).toBe(isProxy ? url : '/a');
  expect(response.url).toBe(url);
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

const KINDS = 'auth must be [user, password], a function, or an object with sign() and accepts()';

test.each<[unknown, string]>([
  ['user:secret', 'a string'],
  [5, 'a number'],
  [null, 'null'],
  [[], 'an array of 0 ()'],
  [['secret'], 'an array of 1 (string)'],
  [['user', 5], 'an array of 2 (string, number)'],
  [['user', 'secret', null], 'an array of 3 (string, string, object)'],
  [['user', 'secret', 'x', 'y'], 'an array of 4 (string, string, string, …)'],
  [{ user: 'user', password: 'secret' }, 'an object'],
  [{ sign: () => 'secret' }, 'an object'],
  [{ accepts: () => true }, 'an object'],
  [{ sign: 'secret', accepts: () => true }, 'an object'],
])('%j is no auth, and the error does not tell it', (auth, got) => {
  const authorized = () => authorize(prepared(), auth as Auth);
  expect(authorized).toThrow(new InvalidJobError(`${KINDS}, got ${got}`));
});

test.each<[unknown, string]>([
  ['Bearer secret', 'a string'],
  [5, 'a number'],
  [{ url: 'http://secret' }, 'an object'],
  [{ url: new URL('http://secret'), headers: {} }, 'an object'],
])('a function that returns %j is refused', async (junk, got) => {
  const expected = new InvalidJobError(
    `auth must return a prepared request or nothing, got ${got}`,
  );
  const auth = (() => junk) as unknown as Auth;
  expect(() => authorize(prepared(), auth)).toThrow(expected);
  await expect(authorize(prepared(), (async () => junk) as unknown as Auth)).rejects.toThrow(
    expected,
  );
});

test('nothing is waited for unless a promise was returned', async () => {
  const request = prepared();
  const auths: Auth[] = [['u', 'p'], () => {}, () => request, { sign() {}, accepts: () => false }];
  for (const auth of auths) expect(authorize(request, auth)).toBe(request);
  const later = authorize(request, async () => {});
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toBe(request);
});

test('an authenticator signs the request, and is its own `this`', async () => {
  class Scheme implements Authenticator {
    readonly #name = 'scheme';
    sign({ headers }: PreparedRequest) {
      headers.set('Authorization', this.#name);
    }
    accepts() {
      return false;
    }
  }
  const request = await authorize(prepared(), new Scheme());
  expect(request.headers.get('authorization')).toBe('scheme');
});

test.each<[string, unknown, boolean]>([
  ['an object that signs and accepts', { sign() {}, accepts: () => true }, true],
  ['one that just signs', { sign() {} }, false],
  ['one that just accepts', { accepts: () => true }, false],
  ['a function', () => {}, false],
  ['a pair', ['u', 'p'], false],
  ['nothing', undefined, false],
  ['null', null, false],
])('%s is an authenticator or not', (_, auth, expected) => {
  expect(isAuthenticator(auth)).toBe(expected);
});

test('a user with a colon is refused, as it would lend its end to the password', async () => {
  const expected = new InvalidJobError(
    'the user of Basic authentication can have no colon (RFC 7617 §2)',
  );
  expect(() => basicValue('us:er', 'secret')).toThrow(expected);
  expect(() => authorize(prepared(), ['us:er', 'secret'])).toThrow(expected);
});

test('the value of Basic authorization is there for other headers too', () => {
  expect(basicValue('test', '123£')).toBe('Basic dGVzdDoxMjPCow==');
});

test.each(['abc', 'a.b-c_d~e+f/g==', '12|Ab:c'])('bearerAuth(%j) sends the token', (token) => {
  const request = prepared();
  expect(authorize(request, bearerAuth(token))).toBe(request);
  expect(request.headers.get('authorization')).toBe(`Bearer ${token}`);
});

test.each<[unknown, string]>([
  ['', 'an empty one'],
  ['secret\n', 'one with other characters'],
  ['secret\r\nX: y', 'one with other characters'],
  ['two words', 'one with other characters'],
  ['sécret', 'one with other characters'],
  [undefined, 'undefined'],
  [['secret'], 'an array of 1 (string)'],
  [() => 'secret', 'a function'],
])('bearerAuth(%j) is refused at once, and the error does not tell it', (token, got) => {
  const expected = `a bearer token must be a string of visible ASCII characters, got ${got}`;
  expect(() => bearerAuth(token as string)).toThrow(new InvalidJobError(expected));
});
