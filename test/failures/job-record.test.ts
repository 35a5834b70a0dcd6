import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { CookieJar } from 'tough-cookie';
import { describe, expect, it } from 'vitest';
import {
  bearerAuth,
  digestAuth,
  type FailureRecordOptions,
  Headers,
  InvalidHeaderError,
  type Job,
  Session,
  ThreadException,
} from '../../src/index.js';

const url = 'http://a.example/';
const failed = (job: unknown) => new ThreadException(job, new Error('no'));

/** A job as it is after it was written to a file and read again. */
function kept(job: unknown, options?: FailureRecordOptions): unknown {
  const line = JSON.stringify(failed(job).toJSON(options));
  return ThreadException.fromJSON(line).requestKwargs;
}

/** @returns what was left out, and the text of what was not */
function withoutCredentials(job: object) {
  const record = failed(job).toJSON();
  return { withheld: record.withheld, text: JSON.stringify(record), job: kept(job) };
}

describe('a job in JSON', () => {
  it.each<[string, unknown]>([
    ['a URL as text', { url: ' http://a.example/%zz?q=1#f ' }],
    ['a URL', { url: new URL('http://a.example/b?c#d') }],
    ['params as a record', { url, params: { a: [1, true, 2n], b: null, c: undefined } }],
    [
      'params as pairs',
      {
        url,
        params: [
          ['b', 1],
          ['a', '2'],
        ],
      },
    ],
    ['params as text', { url, params: '?a=1' }],
    ['params as URLSearchParams', { url, params: new URLSearchParams('b=1&a=2&b=3') }],
    ['headers as a record', { url, headers: { 'X-B': 1, 'x-A': null, c: undefined } }],
    [
      'headers as pairs',
      {
        url,
        headers: [
          ['X-B', '1'],
          ['x-A', '2'],
          ['x-b', '3'],
        ],
      },
    ],
    ['headers as a Map', { url, headers: new Map([['X-B', '1']]) }],
    [
      'Headers',
      {
        url,
        headers: new Headers([
          ['X-B', '1'],
          ['x-A', '2'],
          ['x-b', '3'],
        ]),
      },
    ],
    [
      'json',
      { url, json: { a: [1, null, 'ü\ud800'], $type: 'x', when: new Date(5), n: undefined } },
    ],
    ['text', { url, data: 'a=1\n' }],
    ['a Buffer', { url, data: Buffer.from([0, 255, 10]) }],
    ['bytes', { url, data: new Uint8Array([1, 2, 254]).subarray(1) }],
    ['numbers', { url, data: new Float64Array([Number.NaN, -0, 1e300]) }],
    ['a DataView', { url, data: new DataView(new ArrayBuffer(3), 1) }],
    ['an ArrayBuffer', { url, data: Uint8Array.of(7, 8).buffer }],
    ['shared memory', { url, data: new SharedArrayBuffer(2) }],
    ['a form as a record', { url, data: { a: ['1', 2], $type: 'URL', value: 'u' } }],
    [
      'a form as pairs',
      {
        url,
        data: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
    ],
    ['a form as URLSearchParams', { url, data: new URLSearchParams('a=1&a=2') }],
    ['a form without a prototype', { url, data: Object.assign(Object.create(null), { a: '1' }) }],
    [
      'files',
      {
        url,
        files: {
          text: 'abc',
          bytes: Buffer.from('abc'),
          path: { path: '/etc/hostname', filename: null },
          url: new URL('file:///etc/hostname'),
          several: [{ content: 'a', filename: 'b', contentType: 'c/d', headers: { 'X-E': 'f' } }],
        },
      },
    ],
    [
      'its other fields',
      {
        url,
        method: 'patch',
        timeout: { connect: 1, read: Number.POSITIVE_INFINITY },
        allowRedirects: false,
        maxRedirects: 0,
        maxResponseSize: Number.POSITIVE_INFINITY,
        proxies: { http: 'http://p.example:8080', all: null, https: new URL('socks5://q.example') },
        verify: '-----BEGIN CERTIFICATE-----',
        stream: true,
        raiseForStatus: true,
        retry: { limit: 3, methods: ['POST'], statusCodes: [500] },
        priority: -0,
      },
    ],
    [
      'context',
      {
        url,
        context: {
          id: 12345678901234567890n,
          at: new Date(0),
          never: new Date(Number.NaN),
          numbers: [-0, Number.NaN, -Infinity, 1e21],
          seen: new Set([1, { a: 1 }]),
          by: new Map<unknown, unknown>([[{ key: 1 }, undefined]]),
          nothing: [undefined, null],
          like: { $type: 'URL', value: { $type: { $type: 'record' } } },
        },
      },
    ],
    ['fields of a session of the user', { sql: 'select 1', binds: [1n], maxTokens: 5 }],
    ['a text', 'select 1'],
    ['nothing', undefined],
  ])('has %s as it was', (_, job) => {
    expect(kept(job)).toStrictEqual(job);
  });

  it("has fetch's Headers as they were", () => {
    const headers = new globalThis.Headers([
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ]);
    const again = kept({ url, headers }) as { headers: unknown };
    expect(again.headers).toBeInstanceOf(globalThis.Headers);
    expect([...(again.headers as Headers)]).toEqual([...headers]);
  });

  it('has FormData of text as it was', () => {
    const data = new FormData();
    data.append('a', '1');
    data.append('a', '2');
    const again = kept({ url, data }) as { data: FormData };
    expect(again.data).toBeInstanceOf(FormData);
    expect([...again.data]).toEqual([...data]);
  });

  it('has keys such as __proto__ as fields, and changes no prototype', () => {
    const context = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}');
    const again = kept({ url, context }) as { context: object };
    expect(Object.entries(again.context)).toEqual(Object.entries(context));
    expect(Object.getPrototypeOf(again.context)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined);
  });

  it('has in `json` what is sent, where it is of no class that JSON could name', () => {
    class Money {
      #cents = 150;
      toJSON() {
        return { $type: 'EUR', cents: this.#cents };
      }
    }
    class Point {
      x = 1;
    }
    const json = {
      price: new Money(),
      at: new Point(),
      own: { toJSON: () => 'own' },
      skipped: () => 1,
      list: [Symbol('s'), Object.assign([1], { name: 'x' })],
      [Symbol('key')]: 1,
    };
    const again = kept({ url, json }) as { json: unknown };
    expect(JSON.stringify(again.json)).toBe(JSON.stringify(json));
    expect(again.json).toMatchObject({ price: { $type: 'EUR', cents: 150 }, own: 'own' });
  });

  it.each<[string, unknown, string]>([
    [
      'hooks.response',
      { hooks: { response: () => 1 } },
      'requestKwargs.hooks.response cannot be kept as JSON, got [Function: response]',
    ],
    ['retry.shouldRetry', { retry: { shouldRetry() {} } }, 'requestKwargs.retry.shouldRetry'],
    [
      'a stream',
      { data: Readable.from(['a']) },
      'requestKwargs.data cannot be kept as JSON, got Readable',
    ],
    [
      'a file stream',
      { data: createReadStream('/dev/null') },
      'requestKwargs.data cannot be kept as JSON, got ReadStream',
    ],
    [
      'a web stream',
      { data: new ReadableStream() },
      'requestKwargs.data cannot be kept as JSON, got ReadableStream',
    ],
    ['a function', { data: () => 'x' }, 'requestKwargs.data'],
    ['an iterator', { params: [['a', 1]].values() }, 'requestKwargs.params'],
    [
      'an async iterable',
      { data: { async *[Symbol.asyncIterator]() {} } },
      'requestKwargs.data cannot be kept as JSON, got a record with symbols as keys',
    ],
    [
      'a Blob',
      { files: { a: new Blob(['x']) } },
      'requestKwargs.files.a cannot be kept as JSON, got Blob',
    ],
    [
      'FormData with a Blob',
      { data: formWithBlob() },
      'requestKwargs.data[0][1] cannot be kept as JSON, got File',
    ],
    [
      'an instance',
      { context: { list: [1, new (class Foo {})()] } },
      'requestKwargs.context.list[1] cannot be kept as JSON, got Foo',
    ],
    ['a class below one of those', { context: new (class Mine extends Map {})() }, 'got Mine'],
    [
      'a symbol',
      { context: Symbol('s') },
      'requestKwargs.context cannot be kept as JSON, got Symbol(s)',
    ],
    ['an array with a hole', { context: Array(1) }, 'got an array with holes'],
    ['an array with a name', { context: Object.assign([1], { a: 1 }) }, 'got an array with holes'],
    [
      'a pair with a name',
      { context: [Object.assign(['a', 1], { a: 1 })] },
      'got an array with holes',
    ],
    ['one with both', { context: Object.assign(Array(1), { a: 1 }) }, 'got an array with holes'],
    [
      'one with a symbol',
      { context: Object.assign([], { [Symbol('s')]: 1 }) },
      'got an array with',
    ],
    ['one of another class', { context: new (class Mine extends Array {})() }, 'got an array with'],
    [
      "a form of somebody else's",
      {
        data: {
          get [Symbol.toStringTag]() {
            return 'FormData';
          },
        },
      },
      'requestKwargs.data cannot be kept as JSON, got a record with symbols',
    ],
    [
      "a class that passes for fetch's",
      {
        data: new (class Form {
          get [Symbol.toStringTag]() {
            return 'FormData';
          }
        })(),
      },
      'requestKwargs.data cannot be kept as JSON, got Form',
    ],
    [
      'Headers of another class',
      { headers: new (class Mine extends Headers {})([['X-B', '1']]) },
      'requestKwargs.headers cannot be kept as JSON, got Mine',
    ],
    [
      "a record that passes for fetch's",
      { data: { [Symbol.toStringTag]: 'FormData', *[Symbol.iterator]() {}, a: 1 } },
      'requestKwargs.data cannot be kept as JSON, got a record with symbols',
    ],
    [
      'one without a prototype that does',
      { data: Object.assign(Object.create(null), { [Symbol.toStringTag]: 'FormData' }) },
      'requestKwargs.data cannot be kept as JSON, got a record with symbols',
    ],
    [
      'what is inherited',
      { context: Object.create(Object.assign(Object.create(null), { a: 1 })) },
      'requestKwargs.context cannot be kept as JSON, got a record with symbols as keys, or fields',
    ],
    ['an error', { context: new Error('x') }, 'got Error'],
    ['a pattern', { context: /x/ }, 'requestKwargs.context cannot be kept as JSON, got RegExp'],
    [
      'a function as json',
      { json: () => 1 },
      'requestKwargs.json cannot be kept as JSON, got [Function: json]',
    ],
    [
      'json that is nothing',
      { json: { toJSON() {} } },
      'requestKwargs.json.toJSON cannot be kept as JSON',
    ],
    [
      'json that JSON.stringify refuses',
      {
        json: [
          new (class Foo {
            a = 1n;
          })(),
        ],
      },
      'requestKwargs.json[0] cannot be kept as JSON: Do not know how',
    ],
    ['a signal that is none', { signal: new EventTarget() }, 'requestKwargs.signal'],
  ])('is refused at once for %s', (_, fields, message) => {
    const exception = failed({ url, ...(fields as object) });
    expect(() => exception.toJSON()).toThrow(TypeError);
    expect(() => JSON.stringify(exception)).toThrow(message);
  });

  it.each<[string, object]>([
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a URL', new URL(url)],
    ['URLSearchParams', new URLSearchParams()],
    ['Headers', new Headers()],
    ["fetch's Headers", new globalThis.Headers()],
    ['FormData', new FormData()],
    ['a Buffer', Buffer.from('abc')],
    ['an empty Buffer', Buffer.alloc(0)],
    ['numbers', new Float64Array(3)],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a CookieJar', new CookieJar()],
  ])('is refused for %s with properties of its own, which would be lost', (_, value) => {
    const job = { url, context: value };
    expect(Object.keys((kept(job) as { context: object }).context)).toEqual(Object.keys(value));
    Object.assign(value, { note: 1 });
    expect(() => kept(job)).toThrow(
      `requestKwargs.context cannot be kept as JSON, got ${value.constructor.name} with properties of its own`,
    );
  });

  it('is refused for a symbol as such a property', () => {
    for (const value of [new Date(0), Buffer.from('abc')])
      expect(() => kept({ url, context: Object.assign(value, { [Symbol('s')]: 1 }) })).toThrow(
        'with properties of its own',
      );
  });

  it('has in `json` what is sent of those with properties of their own', () => {
    const json = [new Date(0), new Map(), new Uint8Array(1)].map((it) =>
      Object.assign(it, { note: 1 }),
    );
    const again = kept({ url, json }) as { json: unknown };
    expect(JSON.stringify(again.json)).toBe(JSON.stringify(json));
  });

  it('is refused for what lies in itself, in the text as well', () => {
    const context: { self?: unknown; list: unknown[] } = { list: [] };
    context.list.push({ context });
    expect(() => failed({ url, context }).toJSON()).toThrow(
      new TypeError(
        'requestKwargs.context.list[0].context cannot be kept as JSON: it lies in itself',
      ),
    );
    expect(() => failed({ url, json: context }).toJSON()).toThrow(
      'requestKwargs.json.list[0].context',
    );
  });

  it('may have one object twice', () => {
    const twice = { a: 1 };
    const job = { url, context: [twice, twice] };
    expect(kept(job)).toEqual(job);
  });

  it('is refused beyond a depth that the stack can take', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const deepest = { url, context: nested(499) };
    expect(kept(deepest)).toEqual(deepest);
    expect(() => kept({ url, context: nested(500) })).toThrow(
      /^requestKwargs\.context\[0\].*… cannot .* 500 deep$/,
    );
    const pairs = (depth: number): unknown => (depth === 0 ? 1 : [['a', pairs(depth - 1)]]);
    expect(kept({ url, context: pairs(249) })).toEqual({ url, context: pairs(249) });
    expect(() => kept({ url, context: pairs(250) })).toThrow(/^requestKwargs.* 500 deep$/);
    expect(kept({ url, json: nested(499) })).toEqual({ url, json: nested(499) });
    expect(() => kept({ url, json: nested(500) })).toThrow(/^requestKwargs\.json.* cannot be kept/);
  });

  it('is refused as no job at all with the name of the whole', () => {
    expect(() => failed(() => 1).toJSON()).toThrow(/^requestKwargs cannot be kept as JSON, got /);
    expect(() => failed(new (class Foo {})()).toJSON()).toThrow('requestKwargs cannot be kept');
    expect(() => failed({ url, [Symbol('a')]: 1 }).toJSON()).toThrow('symbols as keys');
  });
});

function formWithBlob(): FormData {
  const form = new FormData();
  form.append('file', new Blob(['x']), 'x.txt');
  return form;
}

describe('credentials in JSON', () => {
  it('are left out of each field, which is named', () => {
    const { withheld, text, job } = withoutCredentials({
      url: 'https://ada:hunter22@a.example/@b?c=@d',
      auth: ['ada', 'hunter22'],
      cookies: { session: 'hunter22' },
      cert: { cert: '/c.pem', passphrase: 'hunter22' },
      proxies: {
        http: 'ada:hunter22@p.example:1',
        https: new URL('http://ada:hunter22@p.example'),
        all: null,
      },
      headers: { Authorization: 'Basic hunter22', Accept: '*/*', Referer: 'http://a:hunter22@b/' },
    });
    expect(text).not.toContain('hunter22');
    expect(withheld).toEqual([
      'url',
      'auth',
      'cookies',
      'cert',
      'proxies',
      'headers.authorization',
      'headers.referer',
    ]);
    expect(job).toEqual({
      url: 'https://a.example/@b?c=@d',
      proxies: { http: 'p.example:1', https: new URL('http://p.example'), all: null },
      headers: { Accept: '*/*', Referer: 'http://b/' },
    });
  });

  it.each([
    'Authorization',
    'Cookie',
    'Proxy-Authorization',
    'X-API-Key',
    'API-Key',
    'ApiKey',
    'X-Auth-Token',
    'X-Access-Token',
    'X-Auth-Key',
    'X-CSRF-Token',
    'X-XSRF-Token',
    'X-Amz-Security-Token',
    'X-Goog-Api-Key',
    'X-Vault-Token',
    'Private-Token',
    'Ocp-Apim-Subscription-Key',
    'X-Client-Secret',
    'X_Password',
    'X-Session-Id',
    'DD-APPLICATION-KEY',
    'x-functions-key',
    'Key',
    'X-Key',
    'X-Appwrite-Key',
    'X-Goog-Encryption-Key',
    'X-Pass',
    'X-Bearer',
    'X-Otp',
    'authentication',
  ])('of the header %s are left out', (name) => {
    const { withheld, text } = withoutCredentials({ url, headers: { [name]: 'hunter22' } });
    expect(withheld).toEqual([`headers.${name.toLowerCase()}`]);
    expect(text).not.toContain('hunter22');
  });

  it.each([
    'Accept',
    'Idempotency-Key',
    'Sec-WebSocket-Key',
    'X-Author',
    'Host',
    'If-Match',
    'User-Agent',
    'From',
  ])('are not what %s has', (name) => {
    const job = { url, headers: { [name]: 'ada@example.com' } };
    expect(withoutCredentials(job)).toMatchObject({ withheld: [], job });
  });

  it.each<[string, (lines: [string, string][]) => unknown]>([
    ['pairs', (lines) => lines],
    ['a Map', (lines) => new Map(lines)],
    ['Headers', (lines) => new Headers(lines)],
    ["fetch's Headers", (lines) => new globalThis.Headers(lines)],
    [
      'a record without a prototype',
      (lines) => Object.assign(Object.create(null), Object.fromEntries(lines)),
    ],
  ])('are left out of headers as %s', (_, headersOf) => {
    const headers = headersOf([
      ['cookie', 'a=hunter22'],
      ['accept', '*/*'],
    ]);
    const { withheld, text, job } = withoutCredentials({ url, headers });
    expect(withheld).toEqual(['headers.cookie']);
    expect(text).not.toContain('hunter22');
    expect((job as { headers: unknown }).headers).toEqual(headersOf([['accept', '*/*']]));
  });

  it('leave what removes a header of the session, and what is no header at all', () => {
    const job = { url, headers: { authorization: null, cookie: undefined, a: ['b'], c: 1 } };
    expect(withoutCredentials(job)).toMatchObject({ withheld: [], job });
    const odd = { url, headers: [['authorization', null], 5, ['a']] };
    expect(withoutCredentials(odd)).toMatchObject({ withheld: [], job: odd });
    expect(withoutCredentials({ url, headers: 'a: b' })).toMatchObject({ withheld: [] });
    expect(withoutCredentials({ url, headers: 5 })).toMatchObject({ withheld: [] });
  });

  it.each<[string, unknown]>([
    ['lines of text', 'Accept: */*\r\nAuthorization: Bearer hunter22'],
    ['an array of such', ['Authorization: Bearer hunter22']],
    ['names and values in turn', ['Accept', '*/*', 'Authorization', 'Bearer hunter22']],
    ['a name with its value', { 'Authorization: Bearer hunter22': '' }],
    ['such a pair', [['Authorization: Bearer hunter22', '']]],
    ['a record in a record', { headers: { Authorization: 'hunter22' } }],
    ['pairs in pairs', [[['Authorization', 'hunter22']]]],
    ['lines of three', new Set([['Authorization', 'Bearer', 'hunter22']])],
  ])(
    'are left out of what is meant as headers, and is %s: it is as wrong as it was',
    async (_, headers) => {
      const { withheld, text, job } = withoutCredentials({ url, headers });
      expect(text).not.toMatch(/hunter22/i);
      expect(withheld).toEqual(['headers']);
      const session = new Session();
      await expect(session.request({ url, headers } as Job)).rejects.toThrow(InvalidHeaderError);
      await expect(session.request(job as Job)).rejects.toThrow(InvalidHeaderError);
    },
  );

  it('are left out of headers however strange', () => {
    const headers = { authorization: ['hunter22'], $type: 'x', value: '1', 'x-token': 12345 };
    const { withheld, text, job } = withoutCredentials({ url, headers });
    expect(withheld).toEqual(['headers.authorization', 'headers.x-token']);
    expect(text).not.toMatch(/hunter22|12345/);
    expect(job).toEqual({ url, headers: { $type: 'x', value: '1' } });
  });

  it('are left out of the URLs in a header, and of no proxy that has none', () => {
    const job = { url, headers: { Referer: `${url}?to=http://a:b@c/@d` }, proxies: 'http://p/@q' };
    const { withheld, job: rest } = withoutCredentials(job);
    expect(withheld).toEqual(['headers.referer']);
    expect(rest).toEqual({ ...job, headers: { Referer: `${url}?to=http://c/@d` } });
  });

  it.each([
    ['http://a.example/@b', 'http://a.example/@b'],
    ['http://token@a.example/', 'http://a.example/'],
    ['http://u:p@q:r@a.example/', 'http://a.example/'],
    [' HTTP://u:p@a.example/ ', ' HTTP://a.example/ '],
    ['postgres://u:p@db/x', 'postgres://db/x'],
    ['http://a.example/?to=http://u:p@b.example/', 'http://a.example/?to=http://u:p@b.example/'],
    ['http://u:p/w@a.example/', 'http://a.example/'],
    ['https:///u:p@a.example/@b', 'https:///a.example/@b'],
    ['socks5:///u:p@a.example', 'socks5:///a.example'],
    ['file:///home/ada@b/c', 'file:///home/ada@b/c'],
    ['http://u:p\n@a.example/', 'http://a.example/'],
    ['http:\\\\u:p@a.example/', 'a.example/'],
    ['u:p@a.example/', 'a.example/'],
    ['//u:p@a.example/', 'a.example/'],
  ])('of the URL %j are left out', (from, to) => {
    const { withheld, job } = withoutCredentials({ url: from });
    expect(job).toEqual({ url: to });
    expect(withheld).toEqual(from === to ? [] : ['url']);
  });

  it('are what the session that ran the job says, as well', async () => {
    const session = new Session({ sensitiveHeaders: ['X-Team'] });
    const headers = { 'x-team': 'hunter22', 'X-Other': 'hunter23' };
    const exception = new ThreadException({ url, headers }, new Error('hunter22'), 0, 1, session);
    await session.close();
    const record = exception.toJSON();
    expect(record.withheld).toEqual(['headers.x-team']);
    expect(JSON.stringify(record)).not.toContain('hunter22');
    expect(record.requestKwargs).toEqual({ url, headers: { 'X-Other': 'hunter23' } });
    const odd = new ThreadException({ url }, 1, 0, 1, { sensitiveHeaders: 5 });
    expect(odd.toJSON().withheld).toEqual([]);
  });

  it('are what a value says that it is, whatever its header', () => {
    const job = { url, headers: { 'X-Up': ' bearer hunter22', 'X-To': 'Basic plan', 'X-N': 5 } };
    const { withheld, job: rest } = withoutCredentials(job);
    expect(withheld).toEqual(['headers.x-up']);
    expect(rest).toEqual({ url, headers: { 'X-To': 'Basic plan', 'X-N': 5 } });
  });

  it('are left out of the fields of other sessions too, where the name is plain', () => {
    const secret = { password: 1, api_key: ['x', 1], accessToken: 'y', token: 'z', pwd: 'p' };
    const others = { privateKey: 'a', authorization: 'b', jwt: 'c', cookie: 'd', basicAuth: 'e' };
    const tokens = { pageToken: 'n', next_token: 'n', maxTokens: 5, tokenize: 'x' };
    const plain = { ...tokens, sql: 's', sessionId: 'z', key: 'row', author: 'a', certain: 'b' };
    const more = {
      csrfToken: 'f',
      'x-authorization': 'k',
      'x-api-key': 'g',
      proxyAuthorization: 'h',
      cookies: 'i',
      cert: 'j',
    };
    const all = { ...secret, ...others, ...more };
    const { withheld, job: rest } = withoutCredentials({ ...plain, ...all });
    expect(withheld).toEqual(Object.keys(all));
    expect(rest).toEqual(plain);
  });

  it('are left out of those fields at any depth, and named with their place', () => {
    const { withheld, text, job } = withoutCredentials({
      url,
      options: { headers: { Authorization: 'Bearer hunter22', Accept: '*/*' }, timeout: 5 },
      request: [{ auth: { username: 'ada', password: 'hunter22' }, id: 1 }],
      opts: new Map<unknown, unknown>([
        ['token', 'hunter22'],
        ['a', 1],
        [{}, 2],
      ]),
      lines: [
        ['proxy-authorization', 'hunter22'],
        ['b', 2],
      ],
      defaultHeaders: [
        ['X-Api-Key', 'hunter22'],
        ['c', '3'],
      ],
      proxy: { 'http://ada:hunter22@p.example/': { 'x-api-key': 'hunter22' } },
      deep: { er: { 'Set-Cookie': ['hunter22'], url: 'ada:hunter22@b.example' } },
    });
    expect(text).not.toContain('hunter22');
    expect(withheld).toEqual([
      'options.headers.authorization',
      'request[0].auth',
      'opts[0].token',
      'lines[0].proxy-authorization',
      'defaultHeaders.x-api-key',
      'proxy.http://p.example/.x-api-key',
      'proxy',
      'deep.er.Set-Cookie',
      'deep.er.url',
    ]);
    expect(job).toEqual({
      url,
      options: { headers: { Accept: '*/*' }, timeout: 5 },
      request: [{ id: 1 }],
      opts: new Map<unknown, unknown>([
        ['a', 1],
        [{}, 2],
      ]),
      lines: [['b', 2]],
      defaultHeaders: [['c', '3']],
      proxy: { 'http://p.example/': {} },
      deep: { er: { url: 'b.example' } },
    });
  });

  it('are left out of a job that is no record', () => {
    const text = withoutCredentials(Object('http://ada:hunter22@a.example/').valueOf());
    expect(text).toMatchObject({ withheld: ['requestKwargs'], job: 'http://a.example/' });
    const list = withoutCredentials([{ url, options: { token: 'hunter22' } }, 'http://u:p@b/']);
    expect(list.withheld).toEqual(['[0].options.token', 'requestKwargs']);
    expect(list.job).toEqual([{ url, options: {} }, 'http://b/']);
    const job = ['http://u:p@b/', { password: 'hunter22' }];
    expect(kept(job, { credentials: true })).toEqual(job);
  });

  it('are a jar and a private key, whatever their field is called', () => {
    const key = '-----BEGIN EC PRIVATE KEY-----\nhunter22';
    const { withheld, job } = withoutCredentials({ tls: { key, ca: 'x' }, jar: new CookieJar() });
    expect(withheld).toEqual(['tls.key', 'jar']);
    expect(job).toEqual({ tls: { ca: 'x' } });
  });

  it('are not what is nothing or a flag, nor what is sent and what is kept for the user', () => {
    const names = { token: null, auth: undefined, withCredentials: true };
    const sent = { json: { password: 'a' }, data: { token: 'b' }, params: { api_key: 'c' } };
    const job = { ...names, ...sent, context: { auth: 'd' }, more: { ...names, ...sent } };
    expect(withoutCredentials(job)).toMatchObject({ withheld: [], job });
  });

  it('are left out although JSON could not carry them, and so is a signal, at any depth', () => {
    const { signal } = new AbortController();
    const options = { auth: bearerAuth('hunter22'), signal, id: 1 };
    const { withheld, job } = withoutCredentials({ url, options });
    expect(withheld).toEqual(['options.auth', 'options.signal']);
    expect(job).toEqual({ url, options: { id: 1 } });
    expect(() => kept({ options: { json: { toJSON: () => 1 } } })).toThrow('options.json.toJSON');
  });

  it('are left out of URLs in the fields of other sessions, and not of what is sent', () => {
    const sent = { data: 'http://a:b@c/', json: ['http://a:b@c/'], context: 'http://a:b@c/' };
    const job = { proxy: 'http://a:hunter22@c/', db: { dsn: 'pg://a:hunter22@c/d' }, ...sent };
    const { withheld, job: rest } = withoutCredentials({ ...job, sql: "like 'http://a:b@c/'" });
    expect(withheld).toEqual(['proxy', 'db.dsn']);
    const left = { proxy: 'http://c/', db: { dsn: 'pg://c/d' }, sql: "like 'http://a:b@c/'" };
    expect(rest).toEqual({ ...left, ...sent });
  });

  it('are left out although JSON could not carry them', () => {
    for (const auth of [bearerAuth('hunter22'), digestAuth('ada', 'hunter22')])
      expect(withoutCredentials({ url, auth })).toMatchObject({ withheld: ['auth'], job: { url } });
  });

  it('are kept if they are asked for', () => {
    const job = {
      url: 'https://ada:hunter22@a.example/',
      auth: ['ada', 'hunter22'],
      cookies: { session: 'hunter22' },
      cert: ['/c.pem', '/k.pem'],
      proxies: 'ada:hunter22@p.example:1',
      headers: { Authorization: 'Basic hunter22' },
    };
    const record = failed(job).toJSON({ credentials: true });
    expect(record.withheld).toEqual([]);
    expect(kept(job, { credentials: true })).toEqual(job);
    expect(() => kept({ url, auth: bearerAuth('abcd') }, { credentials: true })).toThrow(
      'requestKwargs.auth cannot be kept as JSON, got [Function',
    );
  });

  it('are kept in a jar as well, if its store need not be waited for', () => {
    const cookies = new CookieJar();
    cookies.setCookieSync('a=1; Path=/b; Secure', 'https://a.example/');
    cookies.setCookieSync('c=2; Max-Age=1000', 'https://b.example/');
    const again = kept({ url, cookies }, { credentials: true }) as { cookies: CookieJar };
    expect(again.cookies).toBeInstanceOf(CookieJar);
    expect(again.cookies.serializeSync()).toEqual(cookies.serializeSync());
    cookies.store.synchronous = false;
    expect(() => kept({ url, cookies }, { credentials: true })).toThrow(/CookieJar$/);
  });

  it('are not what a signal is, which is left out in any case', () => {
    const job = { url, signal: AbortSignal.abort() };
    for (const credentials of [true, false]) {
      expect(failed(job).toJSON({ credentials }).withheld).toEqual(['signal']);
      expect(kept(job, { credentials })).toEqual({ url });
    }
  });

  it('stay named on what was read, and when it is written again', () => {
    const first = ThreadException.fromJSON(JSON.stringify(failed({ url, auth: ['a', 'b'] })));
    expect(first.withheld).toEqual(['auth']);
    expect('withheld' in first).toBe(true);
    const again = new ThreadException(first.requestKwargs, new Error('again'));
    expect(again.withheld).toEqual(['auth']);
    expect(again.toJSON().withheld).toEqual(['auth']);
    Object.assign(first.requestKwargs, { auth: ['a', 'b'], cookies: {} });
    expect(again.toJSON().withheld).toEqual(['auth', 'cookies']);
    expect(failed({ url }).withheld).toEqual([]);
    expect(failed(undefined).withheld).toEqual([]);
  });
});
