import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InvalidJobError, InvalidURLError, type Params, Session } from '../../src/index.js';
import { mergeParams, originOf, parseURL, pathOf, prepareURL } from '../../src/request/url.js';
import { startServer } from '../helpers/http-server.js';

/** The path and query that `path` and the params are sent as. */
async function sentAs(path: string, ofJob?: Params, ofSession?: Params): Promise<string> {
  const server = await startServer();
  const session = new Session(ofSession === undefined ? {} : { params: ofSession });
  await session.get(server.url + path, { params: ofJob });
  return server.requests[0]?.path ?? '';
}

describe('params', () => {
  test.each<[string, Params, string]>([
    ['a record', { a: 1, b: 'x y', c: true, d: 5n }, '?a=1&b=x+y&c=true&d=5'],
    [
      'pairs',
      [
        ['a', '1'],
        ['a', 2],
      ] as [string, string | number][],
      '?a=1&a=2',
    ],
    ['a Map', new Map([['a', '1']]), '?a=1'],
    ['URLSearchParams', new URLSearchParams('a=1&a=2'), '?a=1&a=2'],
    ['a string', 'a=1&b', '?a=1&b'],
    ['a string with a question mark', '?a=1', '?a=1'],
    ['an array as value', { a: [1, 'two', null] }, '?a=1&a=two'],
    ['null and undefined as value', { a: null, b: undefined, c: 0 }, '?c=0'],
    ['other characters than ASCII', { é: '€&=#' }, '?%C3%A9=%E2%82%AC%26%3D%23'],
    ['an empty record', {}, ''],
    ['an empty string', '', ''],
  ])('are %s', async (_, params, query) => {
    expect(await sentAs('/p', params)).toBe(`/p${query}`);
    expect(await sentAs('/p', undefined, params)).toBe(`/p${query}`);
  });

  test("are added to the URL's own query, and before its fragment", async () => {
    expect(await sentAs('/p?a=0#end', { a: 1 })).toBe('/p?a=0&a=1');
    expect(await sentAs('/p?#end', { a: 1 })).toBe('/p?a=1');
  });

  test.each<[string, Params, Params, string]>([
    ['records are merged', { a: 1, b: 2 }, { b: 3, c: 4 }, 'a=1&b=3&c=4'],
    ['null removes one', { a: 1, b: 2 }, { a: null }, 'b=2'],
    ['so does an empty array', { a: 1, b: 2 }, { a: [] }, 'b=2'],
    ['undefined leaves one', { a: 1, b: 2 }, { a: undefined }, 'a=1&b=2'],
    ['it does in pairs', { a: 1 }, [['a', undefined]], 'a=1'],
    ['all of a repeated one go', { a: [1, 2], b: 3 }, { a: [4, 5] }, 'b=3&a=4&a=5'],
    ['a record and a string', { a: 1, b: 2 }, 'b=%33&c', 'a=1&b=%33&c'],
    ['a string and a record', 'a=%31&b=2&c', { b: 3 }, 'a=%31&c&b=3'],
    ['two strings', '?a=1&b=2&b=3', '?b=4', 'a=1&b=4'],
    ['a record and pairs', { a: 1, b: 2 }, [['b', '3']], 'a=1&b=3'],
    ['pairs and a record', [['a', '1']], { b: 2 }, 'a=1&b=2'],
    ['a Map and a URLSearchParams', new Map([['a', '1']]), new URLSearchParams('b=2'), 'a=1&b=2'],
    ['names are compared decoded', 'a%20b=1&%61+b=2&?a=3', { 'a b': 4, a: null }, '?a=3&a+b=4'],
    ['names of a string too', { é: 1, '?a': 2 }, '%C3%A9=3&??a', '%3Fa=2&%C3%A9=3&??a'],
    ['numbers as names', { 1: 'a' }, [[1, 'b']] as unknown as Params, '1=b'],
    ['names of objects', 'constructor=1', {}, 'constructor=1'],
    ['nothing over something', { a: 1 }, '', 'a=1'],
    ['something over nothing', {}, { a: 1 }, 'a=1'],
    ['nothing over nothing', {}, {}, ''],
    ['null over all there is', { a: 1 }, { a: null }, ''],
  ])('of the job go over those of the session: %s', async (_, ofSession, ofJob, query) => {
    expect(mergeParams(ofSession, ofJob)).toBe(query);
  });

  test('of the job are read once, if they can be read only once', () => {
    const pairs = [['a', '1']].values() as Iterable<[string, string]>;
    expect(mergeParams({ a: 0, b: 2 }, pairs)).toBe('b=2&a=1');
  });

  test('that one side has alone are not touched', () => {
    const params = { a: 1 };
    expect(mergeParams(params, undefined)).toBe(params);
    expect(mergeParams(undefined, params)).toBe(params);
    expect(mergeParams(undefined, undefined)).toBeUndefined();
  });

  test('of the session come first, and both after the query of the URL', async () => {
    expect(await sentAs('/?b=0', { b: 1 }, { a: 2, b: 3 })).toBe('/?b=0&a=2&b=1');
  });

  test.each<[string, unknown, string]>([
    ['a number', 5, 'params must be a record or pairs, got 5'],
    ['an array of strings', ['a=1'], "params must be a record or pairs, got 'a=1' in it"],
    ['triples', [['a', 1, 2]], "params must be a record or pairs, got [ 'a', 1, 2 ] in it"],
    ['a function', { a: () => 1 }, 'params.a must be a string, a number or an array of those'],
    ['a symbol', { a: Symbol('x') }, 'params.a must be a string, a number or an array of those'],
    ['a record in it', { a: {} }, 'params.a must be a string, a number or an array of those'],
    ['an array in one', { a: [[1]] }, 'params.a must be a string, a number or an array of those'],
  ])('refuse %s', async (_, params, message) => {
    const session = new Session({ params: { a: 1 } });
    const request = session.get('http://127.0.0.1:1', { params: params as Params });
    await expect(request).rejects.toThrow(new InvalidJobError(message));
  });
});

describe('a URL', () => {
  test('is a string or a URL, white space around it and dots within aside', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(new URL(`${server.url}/a`));
    await session.get(`  ${server.url}/x/../b\n`);
    expect(server.requests.map(({ path }) => path)).toEqual(['/a', '/b']);
  });

  test('object is not changed', async () => {
    const server = await startServer();
    const url = new URL(server.url);
    await new Session().get(url, { params: { a: 1 } });
    expect(url.href).toBe(`${server.url}/`);
  });

  test('has its other characters than ASCII encoded', async () => {
    expect(await sentAs('/naïve path?q=é')).toBe('/na%C3%AFve%20path?q=%C3%A9');
  });

  test('whose path begins with two slashes stays at its host', async () => {
    expect(await sentAs('//example.com/x')).toBe('//example.com/x');
  });

  test('keeps its fragment in the response, and does not send it', async () => {
    const server = await startServer();
    const response = await new Session().get(`${server.url}/p?q#end`);
    expect(response.url).toBe(`${server.url}/p?q#end`);
    expect(server.requests[0]?.path).toBe('/p?q');
  });

  test.each([
    ['http://HOST', 'http://host/'],
    ['HTTPS://host:443/', 'https://host/'],
    ['http://host:8080?q', 'http://host:8080/?q'],
    ['http://host#end', 'http://host/#end'],
    ['http://[::1]:80/', 'http://[::1]/'],
    ['http://[0:0::FFFF:1.2.3.4]/', 'http://[::ffff:102:304]/'],
    ['http://127.1/', 'http://127.0.0.1/'],
    ['http://müller.de/ü', 'http://xn--mller-kva.de/%C3%BC'],
    ['http://☃.net/', 'http://xn--n3h.net/'],
    ['http://h%6Fst/', 'http://host/'],
    ['http://host./', 'http://host./'],
    ['\ufeffhttp://host/\u00a0', 'http://host/'],
    ['http://host/a b\t', 'http://host/a%20b'],
    ['http://host/?u=http://a@b', 'http://host/?u=http://a@b'],
    ['http://host/\x7f\x85', 'http://host/%7F%C2%85'],
  ])('%s is sent to %s', (given, expected) => {
    expect(prepareURL(given, undefined)).toEqual({
      url: new URL(expected),
      credentials: undefined,
    });
    expect(parseURL(given, new URL('https://base/')).href).toBe(expected);
  });

  test.each([
    ['http://u:p@host/', ['u', 'p']],
    ['http://u@host/', ['u', '']],
    ['http://u%40x:p%3A%2F%7e@host/', ['u@x', 'p:/~']],
    ['http://u x:p@y@host/', ['u x', 'p@y']],
    ['http://u:100%@host/', ['u', '100%']],
  ])('%s has its credentials taken out', (given, credentials) => {
    expect(prepareURL(given, undefined)).toEqual({ url: new URL('http://host/'), credentials });
  });

  const ESCAPES = 'control characters are not expected in it, but their escapes, such as %0A';
  const AUTHORITY = '// and a host expected after its scheme, and no backslash before its path';

  test.each([
    ['', 'invalid URL ""'],
    ['/path', 'invalid URL "/path": no scheme; perhaps you meant https:///path?'],
    [
      'example.com/x',
      'invalid URL "example.com/x": no scheme; perhaps you meant https://example.com/x?',
    ],
    ['http://', 'invalid URL "http://"'],
    ['http://[::1', 'invalid URL "http://[::1"'],
    ['http://host:99999/', 'invalid URL "http://host:99999/"'],
    ['ftp://host/', 'invalid URL "ftp://host/": http or https expected, got ftp:'],
    ['localhost:80', 'invalid URL "localhost:80": http or https expected, got localhost:'],
    ['http://user:secret@:80/', 'invalid URL "http://***@:80/"'],
    ['http://user:sec/ret@host/', 'invalid URL "http://***@host/"'],
    ['http://user:sec#ret@host/', 'invalid URL "http://***@host/"'],
    ['ftp://user:secret@host/', 'invalid URL "ftp://***@host/": http or https expected, got ftp:'],
    ['user:secret@host/', 'invalid URL "***@host/": http or https expected, got user:'],
    ['user@host/x', 'invalid URL "***@host/x": no scheme; perhaps you meant https://***@host/x?'],
    ['http://ho\nst/', `invalid URL "http://ho\\nst/": ${ESCAPES}`],
    ['ht\ntp://host/', `invalid URL "ht\\ntp://host/": ${ESCAPES}`],
    ['http://host/a\tb', `invalid URL "http://host/a\\tb": ${ESCAPES}`],
    ['http://host/?a\r\nb', `invalid URL "http://host/?a\\r\\nb": ${ESCAPES}`],
    ['http://host/#a\0b', `invalid URL "http://host/#a\\u0000b": ${ESCAPES}`],
    ['http://u:secret\x1f@host/', `invalid URL "http://***@host/": ${ESCAPES}`],
    ['\0http://host/', `invalid URL "\\u0000http://host/": ${ESCAPES}`],
    ['http:host', `invalid URL "http:host": ${AUTHORITY}`],
    ['http:/host/x', `invalid URL "http:/host/x": ${AUTHORITY}`],
    ['http:///host/x', `invalid URL "http:///host/x": ${AUTHORITY}`],
    ['http:///u:secret@host/', `invalid URL "http://***@host/": ${AUTHORITY}`],
    ['http:\\\\host/', `invalid URL "http:\\\\\\\\host/": ${AUTHORITY}`],
    ['http://u:secret\\@host/', 'invalid URL "http://***@host/"'],
    ['http://secret\\@host/', `invalid URL "http://***@host/": ${AUTHORITY}`],
    ['http://host\\x', `invalid URL "http://host\\\\x": ${AUTHORITY}`],
    ['http://host\\', `invalid URL "http://host\\\\": ${AUTHORITY}`],
    ['http://host:80\\@evil/', `invalid URL "http://***@evil/": ${AUTHORITY}`],
  ])('%j is refused, and no credentials are told', async (url, message) => {
    const error = await new Session().get(url).catch((reason) => reason);
    expect(error).toEqual(new InvalidURLError(message));
    expect(error.code).toBe('ERR_INVALID_URL');
    expect(inspect(error)).not.toMatch(/secret|sec[/#]ret/);
  });
});

describe('a reference', () => {
  const base = new URL('https://base/a/b?q#f');

  test.each([
    ['', 'https://base/a/b?q'],
    ['c', 'https://base/a/c'],
    ['/c\\d', 'https://base/c/d'],
    ['?%7e', 'https://base/a/b?~'],
    ['#g', 'https://base/a/b?q#g'],
    ['//host/x', 'https://host/x'],
    ['//host', 'https://host/'],
    ['http://host?x', 'http://host/?x'],
    ['httpx', 'https://base/a/httpx'],
    ['./c:d', 'https://base/a/c:d'],
    ['/?u=http:\\\\host', 'https://base/?u=http:%5C%5Chost'],
  ])('%j leads to %s', (given, expected) => {
    expect(parseURL(given, base).href).toBe(expected);
  });

  test.each([
    '/a\tb',
    '/\t/host/',
    'https:/x',
    'https:x',
    'https:',
    'https:///x',
    '///host/x',
    '/\\host/',
    '\\\\host/',
    '\\/host/',
    '//host\\@evil/',
    '//host\\',
    'https://host\\@evil/',
    'http:\\\\host/',
  ])('%j is refused, as parsers differ on it', (given) => {
    expect(() => parseURL(given, base)).toThrow(InvalidURLError);
  });

  test('is refused with its context', () => {
    const request = { method: 'GET', url: base, headers: new Headers() };
    const refused = () => parseURL('ftp://host/', base, { request });
    expect(refused).toThrow(expect.objectContaining({ request }));
  });
});

describe('the origin and the path that a request is made with', () => {
  test.each([
    ['http://h/', 'http://h', '/'],
    ['http://h/', 'http://h', '/'],
    ['http://h/a?b=c#d', 'http://h', '/a?b=c'],
    ['http://h/a?', 'http://h', '/a'],
    ['http://h/a?#d', 'http://h', '/a'],
    ['http://h/a??', 'http://h', '/a??'],
    ['http://h/a#', 'http://h', '/a'],
    ['http://h/a?b#', 'http://h', '/a?b'],
    ['http://h:80/a', 'http://h', '/a'],
    ['http://h:81/a', 'http://h:81', '/a'],
    ['http://h:8/a', 'http://h:8', '/a'],
    ['http://h:81/a', 'http://h:81', '/a'],
    ['http://h.test//b', 'http://h.test', '//b'],
    ['https://h.test/c', 'https://h.test', '/c'],
    ['http://[::1]:8080/', 'http://[::1]:8080', '/'],
  ])('of %s', (text, origin, path) => {
    const url = new URL(text);
    expect([originOf(url), pathOf(url)]).toEqual([origin, path]);
    expect([url.origin, url.pathname + url.search]).toEqual([origin, path]);
  });
});
