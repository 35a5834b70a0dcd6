import { CookieJar } from 'tough-cookie';
import { describe, expect, it } from 'vitest';
import * as sessionPool from '../../src/index.js';
import {
  ConnectionError,
  HTTPError,
  ProxyError,
  type RequestError,
  Session,
  ThreadException,
} from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

const url = 'http://a.example/';

/** What was thrown, as it is after it was written to a file and read again. */
function kept(thrown: unknown, job: unknown = { url }): unknown {
  return ThreadException.fromJSON(JSON.stringify(new ThreadException(job, thrown))).exception;
}

function keptError(thrown: unknown, job?: unknown) {
  return kept(thrown, job) as RequestError & Record<string, unknown>;
}

const ERRORS = Object.entries(sessionPool).filter(([name]) => name.endsWith('Error')) as [
  string,
  typeof RequestError,
][];

describe('an exception in JSON', () => {
  it.each(ERRORS)('is a %s again', (name, ofClass) => {
    const cause = Object.assign(new TypeError('below'), { code: 'EX' });
    const error = keptError(new ofClass('no', { code: 'ERR_X', cause }));
    expect(Object.getPrototypeOf(error)).toBe(ofClass.prototype);
    expect(error).toMatchObject({ name, message: 'no', code: 'ERR_X' });
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'below', code: 'EX' });
    expect(error.request).toBe(undefined);
    expect(error.stack).toBe(`${name}: no`);
    expect(keptError(new ofClass('no'))).toHaveProperty('code', new ofClass('no').code);
  });

  it('is of the class of this package that its own is below of, and has its name', () => {
    class TooSlow extends ProxyError {
      override name = 'TooSlow';
    }
    const error = keptError(new (class extends TooSlow {})('no'));
    expect(Object.getPrototypeOf(error)).toBe(ProxyError.prototype);
    expect(error).toMatchObject({ name: 'TooSlow', code: 'ERR_PROXY' });
    expect(String(error)).toBe('TooSlow: no');
  });

  it('has the phase that it had', () => {
    const error = Object.assign(new ConnectionError('no'), { phase: 'body' });
    expect(keptError(error).phase).toBe('body');
    expect(keptError(Object.assign(new Error('no'), { phase: 'queued' })).phase).toBe('queued');
    expect(keptError(Object.assign(new Error('no'), { phase: 7 })).phase).toBe(undefined);
  });

  it('is an Error of its name and code, if it is of another class', () => {
    const error = keptError(Object.assign(new RangeError('no'), { code: 7, name: 'Custom' }));
    expect(Object.getPrototypeOf(error)).toBe(Error.prototype);
    expect(error).toMatchObject({ name: 'Custom', message: 'no', code: 7 });
    expect(Object.keys(error)).toEqual(['code']);
    expect(keptError(new Error('plain'))).toMatchObject({ name: 'Error', message: 'plain' });
    expect('code' in keptError(new Error('plain'))).toBe(false);
    const abort = keptError(new DOMException('stop', 'AbortError'));
    expect(abort).not.toBeInstanceOf(sessionPool.AbortError);
    expect(abort.name).toBe('AbortError');
  });

  it('has the errors of an AggregateError', () => {
    const error = new AggregateError([new ConnectionError('a'), 'b'], 'both', { cause: 1 });
    const again = kept(error) as AggregateError;
    expect(again).toBeInstanceOf(AggregateError);
    expect(again).toMatchObject({ name: 'AggregateError', message: 'both', cause: 1 });
    expect(again.errors).toEqual([expect.any(ConnectionError), 'b']);
  });

  it('has its causes, as far as 32 errors go', () => {
    const first = new Error('0');
    let last: Error = first;
    for (let i = 1; i < 40; i++) last = new Error(String(i), { cause: last });
    first.cause = last;
    let length = 0;
    for (let error = kept(last); error !== undefined; error = (error as Error).cause) length++;
    expect(length).toBe(32);
    const wide = new AggregateError(Array.from({ length: 40 }, () => new Error('one')));
    expect((kept(wide) as AggregateError).errors).toHaveLength(31);
  });

  it.each([undefined, null, 'no', 0, 1n, { status: 500, list: [undefined] }, new Map([[1, 2]])])(
    'may be %s',
    (thrown) => {
      expect(kept(thrown)).toStrictEqual(thrown);
      const { cause } = keptError(new Error('no', { cause: thrown }));
      expect(cause).toStrictEqual(thrown);
    },
  );

  it('is described, if JSON can carry it in no way', () => {
    for (const thrown of [new globalThis.Response(''), { f() {} }, Symbol('s')])
      expect(kept(thrown)).toMatchObject({
        name: 'Error',
        message: expect.stringMatching(/^a value that is not kept: (Response|Object|symbol)$/),
      });
  });

  it('has the status and the URL of its response, and no more of it', async () => {
    const server = await startServer((_, reply) => reply.writeHead(418, 'Teapot').end('body'));
    const session = new Session();
    const job = { url: `${server.url}/pot?a=1`, raiseForStatus: true };
    const error = keptError(await session.request(job).catch((reason: unknown) => reason), job);
    await session.close();
    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response).toMatchObject({ statusCode: 418, statusText: 'Teapot', url: job.url });
    expect(error.request).toMatchObject({ method: 'GET', url: new URL(job.url) });
    expect(Object.keys(error)).not.toContain('response');
    const { request, response } = error;
    for (const what of [() => request?.headers, () => response?.headers, () => response?.content])
      expect(what).toThrow(/^the (headers|body) of this (request|response) (are|is) not kept/);
    await expect(response?.text()).rejects.toThrow('not kept');
    await expect(response?.json()).rejects.toThrow('not kept');
  });

  it('has the status of the response of somebody else', () => {
    const response = { status: 404, url };
    const error = keptError(Object.assign(new Error('no'), { response }));
    expect(error.response).toEqual({ statusCode: 404, statusText: '', url });
    expect(
      keptError(Object.assign(new Error('no'), { response: { status: 'x' } })),
    ).not.toHaveProperty('response');
  });

  it('has no credentials of its job in any message', () => {
    const job = {
      url: 'https://ada:hunter%2222@a.example/',
      auth: ['ada', 'password1'],
      cookies: { id: 'cookie-1', a: '1' },
      cert: { cert: 'c', passphrase: 'phrase-1' },
      headers: { Authorization: 'Bearer token-1', 'X-Api-Key': 'key-1' },
      proxies: 'http://u:proxy-1@p.example',
    };
    const basic = Buffer.from('ada:password1').toString('base64');
    const secrets = [
      'hunter%2222',
      'hunter"22',
      'password1',
      basic,
      'cookie-1',
      'phrase-1',
      'token-1',
      'key-1',
      'proxy-1',
    ];
    const response = { status: 401, url: 'https://ada:hunter%2222@a.example/' };
    const thrown = new ConnectionError(`a 1 ${secrets.join(' ')}`, {
      cause: new AggregateError(
        [{ [secrets[0] as string]: secrets }, secrets.join()],
        'GET https://x:other-1@b.example/@c?d failed',
        { cause: Object.assign(new Error(secrets[5]), { response }) },
      ),
    });
    const text = JSON.stringify(new ThreadException(job, thrown));
    for (const secret of [...secrets, 'other-1']) expect(text, secret).not.toContain(secret);
    const error = keptError(thrown, job) as Error & { cause: AggregateError };
    expect(error.message).toBe(`a 1${' ***'.repeat(9)}`);
    expect(error.cause.message).toBe('GET https://***@b.example/@c?d failed');
    const all = new ThreadException(job, thrown).toJSON({ credentials: true });
    expect(JSON.stringify(all.exception)).toContain('password1');
  });

  const basic = Buffer.from('ada:hunter"22').toString('base64');
  const jar = new CookieJar();
  jar.setCookieSync('sid=cookie-1', url);
  const waiting = new CookieJar();
  waiting.store.synchronous = false;
  it.each<[string, object, string, string]>([
    [
      'a cookie of a header',
      { headers: { Cookie: 'a=1; sid=cookie-1; q="cookie-2"' } },
      'cookie-1 cookie-2 1',
      '*** *** 1',
    ],
    ['a cookie of lines', { headers: [['cookie', 'sid=cookie-1=x']] }, 'cookie-1=x', '***'],
    ['a cookie of a text', { cookies: 'a=b; sid=cookie-1' }, 'cookie-1', '***'],
    ['a cookie of a record', { cookies: { sid: 'theme=dark' } }, 'theme=dark dark', '*** dark'],
    ['a cookie of a Map', { cookies: new Map([['sid', 'cookie-1']]) }, 'cookie-1', '***'],
    ['a cookie of a jar', { cookies: jar }, 'sid cookie-1', 'sid ***'],
    ['no cookie of a jar that must be waited for', { cookies: waiting }, 'cookie-1', 'cookie-1'],
    ['a password in a URL', { auth: ['ada', 'p/ w&1'] }, 'p%2F%20w%261 p%2f%20w%261', '*** ***'],
    ['a password in a query', { auth: ['ada', "p'w% 1"] }, 'p%27w%25%201 p%27w%%201', '*** ***'],
    ['a password in a form', { auth: ['ada', 'p/ w&1'] }, 'p%2F+w%261', '***'],
    ['a password in JSON', { auth: ['ada', 'hunter"22'] }, 'hunter\\"22', '***'],
    ['one that was encoded', { cookies: { a: 'p%2Fw1' } }, 'p/w1', '***'],
    ['one that cannot be encoded', { auth: ['ada', 'hunter22\ud800'] }, 'hunter22\ud800', '***'],
    ['a user and a password in base64', { auth: ['ada', 'hunter"22'] }, `ada ${basic}`, 'ada ***'],
    ['the same without padding', { auth: ['ada', 'hunter"22'] }, basic.replace(/=/g, ''), '***'],
    ['those of a URL', { url: 'http://ada:hunter%2222@a.example/' }, basic, '***'],
    ['those of a record', { auth: { user: 'ada', password: 'hunter"22' } }, basic, '***'],
    ['those of another field', { proxyAuth: ['ada', 'hunter"22'] }, `ada ${basic}`, 'ada ***'],
    ['what Basic stands for', { headers: { Authorization: `basic ${basic}` } }, 'hunter"22', '***'],
    ['what follows a scheme', { options: { authorization: 'Bearer  token-1' } }, 'token-1', '***'],
    ['a number', { options: { password: 12345678 } }, 'of 12345678', 'of ***'],
    [
      'parts of a record',
      { secrets: { a: [{ b: 'secret-1' }], n: 1234n } },
      'secret-1 1234',
      '*** ***',
    ],
    ['two texts that are no credentials', { auth: ['user-1', 5] }, 'user-1', '***'],
    [
      'a whole header of cookies',
      { headers: { cookie: 'a=1; sid=cookie-1 ; b=2' } },
      'a=1; sid=cookie-1 ; b=2',
      '***',
    ],
    [
      'a cookie without the space after it',
      { headers: { cookie: 'sid=cookie-1 ; b=2' } },
      'cookie-1!',
      '***!',
    ],
    [
      'a password with a colon',
      { headers: { Authorization: `Basic ${Buffer.from('ada:hun:ter22').toString('base64')}` } },
      'hun:ter22',
      '***',
    ],
    [
      'what Basic has that is no base64',
      { headers: { Authorization: 'Basic not-base64!' } },
      'not-base64!',
      '***',
    ],
    [
      'a user name and a password',
      { auth: { username: 'ada', password: 'hunter"22' } },
      basic,
      '***',
    ],
    ['no form of what is too short', { token: 'a/b' }, 'a/b a%2Fb', 'a/b a%2Fb'],
    [
      'nothing too short to be one',
      { auth: ['ada', 'a b'], token: 'a%20b' },
      'a b a%20b',
      'a b ***',
    ],
  ])('hides %s', (_, job, message, shown) => {
    expect(keptError(new Error(message), { url, ...job }).message).toBe(shown);
  });

  it('hides it in a name, a code, a phase and a method as well', () => {
    const request = { method: 'token-1', url: new URL(url) };
    const told = { name: 'token-1', code: 'token-1', phase: 'token-1', request };
    const thrown = Object.assign(new Error('no'), told);
    const { exception } = new ThreadException({ url, token: 'token-1' }, thrown).toJSON();
    const hidden = { name: '***', code: '***', phase: '***', request: { method: '***', url } };
    expect(exception.error).toEqual({ message: 'no', ...hidden });
  });

  it('hides what lies in itself', () => {
    const auth: { token: string; self?: unknown } = { token: 'token-1' };
    auth.self = auth;
    expect(keptError(new Error('token-1'), { url, auth }).message).toBe('***');
  });

  it('has the path of a certificate, and the user, in its messages', () => {
    const job = { url, cert: ['/certs/c.pem', '/certs/k.pem'], auth: ['some-user', 'password1'] };
    const message = 'cert: cannot read /certs/k.pem of some-user';
    expect(keptError(new Error(message), job).message).toBe(message);
  });

  it('is written in time that grows with its message, and not with the square of it', () => {
    const word = 'a'.repeat(2 ** 18);
    const message = `${word} https:///u:other-1@b.example/`;
    const job = { url, headers: { 'X-Word': word } };
    const { exception, withheld } = new ThreadException(job, new Error(message)).toJSON();
    expect(exception.error?.message.slice(word.length)).toBe(' https:///***@b.example/');
    expect(withheld).toEqual([]);
  });

  it('can be read whatever its secrets are: they may be in what is no text', () => {
    const at = 'http://a.example:8080/8080/http?8080';
    const request = { method: 'GET', url: new URL(at) };
    const job = { url, cookies: { a: '8080', b: 'http', c: 'AAAA' }, headers: { 'x-token': at } };
    const error = keptError(new ConnectionError('no', { request } as object), job);
    expect(error.request?.url.href).toBe('http://a.example:8080/***/***?***');
    const withUser = { method: 'GET', url: new URL('http://u:other-1@a.example/other-1') };
    const other = keptError(new ConnectionError('no', { request: withUser } as object));
    expect(other.request?.url.href).toBe('http://a.example/other-1');
    for (const thrown of [80801n, new Uint8Array(9), new URL(at), { deep: [80801n] }])
      expect(kept(thrown, job)).toMatchObject({
        message: expect.stringMatching(
          /^a value that is not kept: (bigint|Uint8Array|URL|Object)$/,
        ),
      });
  });

  it('has a code that is a number, and none that JSON lacks', () => {
    expect(keptError(new ConnectionError('no', { code: 20 } as object)).code).toBe(20);
    const odd = Object.assign(new Error('no'), { code: Number.NaN, response: { status: 1.5 } });
    expect(keptError(odd)).not.toHaveProperty('code');
    expect(keptError(odd)).not.toHaveProperty('response');
  });

  it('may have properties of any kind', () => {
    const bare = Object.create(null);
    const response = { status: 500, statusText: bare, url: Symbol('u') };
    const error = keptError(Object.assign(new Error('no'), { response }));
    expect(error.response).toEqual({ statusCode: 500, statusText: '', url: '' });
    const broken = Object.defineProperty(new Error('no'), 'message', {
      get() {
        throw new Error('broken');
      },
    });
    for (const thrown of [broken, Object.assign(new Error('no'), { name: bare })]) {
      expect(keptError(thrown).message).toBe('a value that is not kept: Error');
      expect(keptError(new Error('no', { cause: thrown })).message).toBe('no');
    }
  });

  it('hides the parts of no secret before the whole', () => {
    const job = { url, headers: { 'x-token': 'abcdef', 'x-secret': 'abcd', cookie: 'abc' } };
    expect(keptError(new Error('abcdef abcd abc'), job).message).toBe('*** *** abc');
  });

  it('hides the user of a URL that has no password, and what is no escape', () => {
    expect(keptError(new Error('token-1 x'), { url: 'http://token-1@a/' }).message).toBe('*** x');
    expect(keptError(new Error('token-1 x'), { url: 'http://token-1:@a/' }).message).toBe('*** x');
    expect(keptError(new Error('token-1 x'), { auth: ['token-1', ''] }).message).toBe('*** x');
    expect(keptError(new Error('%zz%zz x'), { url: 'http://u:%zz%zz@a/' }).message).toBe('*** x');
  });
});
