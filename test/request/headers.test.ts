import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Headers, type HeadersInit, InvalidHeaderError, Session } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

/** zstd is asked for where Node can decode it safely. */
const ENCODINGS =
  Number.parseInt(process.versions.node, 10) >= 24
    ? 'gzip, deflate, br, zstd'
    : 'gzip, deflate, br';

/** Those of the lines on the wire that Node's client adds by itself left out. */
function linesOf(rawHeaders: readonly string[] = []): string[] {
  const lines = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : [],
  );
  return lines.filter((line) => !/^(host|connection|content-length):/i.test(line));
}

describe('on the wire', () => {
  test('names, values and order are those that were set, the defaults first', async () => {
    const server = await startServer();
    const session = new Session({ headers: { 'X-Session': '1', accept: 'text/html' } });
    await session.get(server.url, { headers: { 'x-JOB': 'a', 'X-Session': 2 } });
    expect(linesOf(server.requests[0]?.rawHeaders)).toEqual([
      expect.stringMatching(/^User-Agent: session-pool\/\d/),
      `Accept-Encoding: ${ENCODINGS}`,
      'accept: text/html',
      'X-Session: 2',
      'x-JOB: a',
    ]);
  });

  test("null in a job removes the session's header for that job alone", async () => {
    const server = await startServer();
    const session = new Session({ headers: { 'User-Agent': null, 'X-A': 'a' } });
    await session.get(server.url, { headers: { 'x-a': null, ACCEPT: null } });
    await session.get(server.url);
    expect(linesOf(server.requests[0]?.rawHeaders)).toEqual([`Accept-Encoding: ${ENCODINGS}`]);
    expect(linesOf(server.requests[1]?.rawHeaders)).toContain('X-A: a');
  });

  test("undefined in a job leaves the session's header", async () => {
    const server = await startServer();
    await new Session({ headers: { 'X-A': 'a' } }).get(server.url, {
      headers: { 'X-A': undefined },
    });
    expect(server.requests[0]?.headers['x-a']).toBe('a');
  });

  test('a header given twice is sent on two lines', async () => {
    const server = await startServer();
    const headers = [
      ['X-A', '1'],
      ['x-a', '2'],
    ] as const;
    await new Session({ headers: { 'X-A': '0' } }).get(server.url, { headers });
    expect(linesOf(server.requests[0]?.rawHeaders).slice(-2)).toEqual(['X-A: 1', 'x-a: 2']);
  });

  test('headers that are assigned to a session replace all of its own', async () => {
    const server = await startServer();
    const session = new Session();
    session.headers = new globalThis.Headers({ 'X-Only': 'this' });
    await session.get(server.url);
    session.headers.set('X-Too', 'that');
    await session.get(server.url);
    expect(server.requests.map(({ rawHeaders }) => linesOf(rawHeaders))).toEqual([
      ['x-only: this'],
      ['x-only: this', 'X-Too: that'],
    ]);
  });

  test('a value is latin1', async () => {
    const server = await startServer();
    await new Session().get(server.url, { headers: { 'X-Name': 'Zoë' } });
    expect(server.requests[0]?.headers['x-name']).toBe('Zoë');
  });
});

describe('bad headers are refused', () => {
  const lineBreak = 'header X-A has a character that no header may have, at 1';
  const values: [string, unknown, string][] = [
    ['a line break in a value', { 'X-A': 'a\r\nX-B: b' }, lineBreak],
    ['a line break in a pair', [['X-A', 'a\r\nX-B: b']], lineBreak],
    ['a NUL', { 'X-A': '\0' }, 'header X-A has a character that no header may have, at 0'],
    ['beyond latin1', { 'X-A': '€' }, 'header X-A has a character that no header may have, at 0'],
    ['a line break in a name', { 'X\nA': 'a' }, 'header name "X\\n"… is not a token (RFC 9110)'],
    ['an empty name', { '': 'a' }, 'header name "" is not a token (RFC 9110)'],
    ['a name that is no string', [[1, 'a']], 'header name number is not a token (RFC 9110)'],
    ['a boolean', { 'X-A': true }, 'header X-A must be a string, got boolean'],
    ['an object', { 'X-A': {} }, 'header X-A must be a string, got object'],
    ['lines', ['X-A: a'], 'headers must be a record or pairs, got a string in them'],
    ['half a pair', [['X-A']], 'headers must be a record or pairs, got a object in them'],
    ['a string', 'X-A: a', 'headers must be a record or pairs, got string'],
    [
      'a secret in a name',
      { 'Authorization: x': '' },
      'header name "Authorization:"… is not a token (RFC 9110)',
    ],
  ];

  test.each(values)('of a job: %s', async (_, headers, message) => {
    await expect(
      new Session().get('http://127.0.0.1:1', { headers: headers as HeadersInit }),
    ).rejects.toThrow(new InvalidHeaderError(message));
  });

  test.each(values)('of a session: %s', (_, headers, message) => {
    expect(() => new Session({ headers: headers as HeadersInit })).toThrow(
      new InvalidHeaderError(message),
    );
  });

  test('where an auth function sets them', async () => {
    const session = new Session({ auth: ({ headers }) => headers.set('X-A', 'a\nb') });
    await expect(session.get('http://127.0.0.1:1')).rejects.toThrow(InvalidHeaderError);
  });

  test.each(['Authorization', 'proxy-authorization', 'Cookie'])(
    'and the message has no value of %s in it',
    async (name) => {
      const request = new Session().get('http://127.0.0.1:1', { headers: { [name]: 'secret\0' } });
      const message = `header ${name} has a character that no header may have, at 6`;
      await expect(request).rejects.toThrow(new InvalidHeaderError(message));
    },
  );

  test.each(['Expect', 'Transfer-Encoding', 'Upgrade', 'Keep-Alive'])(
    '%s is not for users to set',
    async (name) => {
      const server = await startServer();
      const request = new Session().get(server.url, { headers: { [name]: 'x' } });
      await expect(request).rejects.toMatchObject({ name: expect.stringMatching(/^Invalid/) });
      expect(server.requests).toEqual([]);
    },
  );
});

describe('Headers', () => {
  const headers = () => new Headers({ 'X-A': '1', 'x-b': '2' });

  test('looks up names in any case', () => {
    expect(headers().get('x-a')).toBe('1');
    expect(headers().has('X-B')).toBe(true);
    expect(headers().get('x-c')).toBeNull();
    expect(headers().has('x-c')).toBe(false);
  });

  test('get() joins the values of a name', () => {
    const all = headers();
    all.append('x-A', 'again');
    expect(all.get('X-A')).toBe('1, again');
  });

  test('set() replaces all values of a name, in the place of the first', () => {
    const all = headers();
    all.append('x-a', 'again');
    all.append('x-a', 'and again');
    all.set('X-a', 3);
    expect([...all]).toEqual([
      ['X-a', '3'],
      ['x-b', '2'],
    ]);
  });

  test('delete() removes all values of a name', () => {
    const all = headers();
    all.append('x-a', 'again');
    all.delete('X-A');
    expect([...all]).toEqual([['x-b', '2']]);
  });

  test('white space around a value is no part of it', () => {
    expect(new Headers({ 'X-A': ' a b\r\n' }).get('x-a')).toBe('a b');
  });

  test('is iterated as it was set', () => {
    const all = headers();
    expect([...all.keys()]).toEqual(['X-A', 'x-b']);
    expect([...all.values()]).toEqual(['1', '2']);
    expect([...all.entries()]).toEqual([...all]);
    const seen: unknown[] = [];
    all.forEach(function (this: unknown, value, name, parent) {
      seen.push(this, value, name, parent === all);
    }, 'self');
    expect(seen).toEqual(['self', '1', 'X-A', true, 'self', '2', 'x-b', true]);
  });

  test('getSetCookie() keeps cookies apart', () => {
    const all = new Headers([
      ['Set-Cookie', 'a=1'],
      ['X', 'y'],
      ['set-cookie', 'b=2'],
    ]);
    expect(all.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('a copy is a copy', () => {
    const all = headers();
    const copy = new Headers(all);
    copy.set('X-A', 'other');
    expect(all.get('X-A')).toBe('1');
  });

  test.each([
    ["fetch's", new globalThis.Headers({ 'x-a': '1' })],
    ['a Map', new Map([['x-a', '1']])],
    ['its own', new Headers({ 'x-a': '1' })],
  ])('is made from %s', (_, init) => {
    expect([...new Headers(init)]).toEqual([['x-a', '1']]);
  });

  test("is taken by fetch's classes", () => {
    expect(new globalThis.Headers([...headers()]).get('x-a')).toBe('1');
    expect(Object.prototype.toString.call(headers())).toBe('[object Headers]');
  });

  test('is shown as a record', () => {
    expect(inspect(headers())).toBe("{ 'X-A': '1', 'x-b': '2' }");
  });
});

test.each([
  [' \t a b \r\n', 'a b'],
  ['\xa0à\xa0', '\xa0à\xa0'],
  [' \n', ''],
])('outer white space is no part of a value, and nothing else is left out: %j', (value, kept) => {
  expect(new Headers({ a: value }).get('a')).toBe(kept);
});

test.each(['\u2028a', 'a\ufeff'])('white space that no header may have is refused: %j', (value) => {
  expect(() => new Headers({ a: value })).toThrow(InvalidHeaderError);
});
