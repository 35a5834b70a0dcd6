import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InvalidJobError, InvalidURLError, type Params, Session } from '../../src/index.js';
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
    ['records are merged', { a: 1, b: 2 }, { b: 3, c: 4 }, '?a=1&b=3&c=4'],
    ['null removes one', { a: 1, b: 2 }, { a: null }, '?b=2'],
    ['undefined leaves one', { a: 1, b: 2 }, { a: undefined }, '?a=1&b=2'],
    ["of other forms, the job's stands alone", { a: 1 }, 'b=2', '?b=2'],
    ["and so it does over a session's", 'a=1', { b: 2 }, '?b=2'],
    ['and so do pairs', { a: 1 }, [['b', '2']], '?b=2'],
  ])('of the job go over those of the session: %s', async (_, ofSession, ofJob, query) => {
    expect(await sentAs('/', ofJob, ofSession)).toBe(`/${query}`);
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'params must be a record or pairs, got null'],
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
  ])('%j is refused, and no credentials are told', async (url, message) => {
    const error = await new Session().get(url).catch((reason) => reason);
    expect(error).toEqual(new InvalidURLError(message));
    expect(error.code).toBe('ERR_INVALID_URL');
    expect(inspect(error)).not.toMatch(/secret|sec[/#]ret/);
  });
});
