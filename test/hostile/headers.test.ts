import { describe, expect, test } from 'vitest';
import { Session } from '../../src/index.js';
import {
  type Ends,
  gives,
  type HostileCase,
  malformed,
  overflown,
  play,
} from '../helpers/hostile-case.js';
import { repeats, says, startHostileServer } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const header = (text: string) => says(`${HEAD}${text}\r\nContent-Length: 2\r\n\r\nok`, 'wait');

describe('a header', () => {
  const has = (name: string, value: string): Ends =>
    gives(200, 'ok', ({ headers }) => expect(headers.get(name)).toBe(value));
  const NO_NAME = malformed('Invalid header token');
  const NO_VALUE = malformed('Invalid header value char');

  test.each<HostileCase>([
    ['without a value', header('X:'), has('x', '')],
    ['in latin1', header('X: \xfcber'), has('x', '\xfcber')],
    ['with a tab in it', header('X: a\tb'), has('x', 'a\tb')],
    ['that is said twice', header('X: a\r\nX: b'), has('x', 'a, b')],
    ['named __proto__', header('__proto__: a'), has('__proto__', 'a')],
    ['without a colon', header('X'), NO_NAME],
    ['without a name', header(': a'), NO_NAME],
    ['with a space before its colon', header('X : a'), NO_NAME],
    ['with a space in its name', header('X Y: a'), NO_NAME],
    ['with a NUL in its name', header('X\0: a'), NO_NAME],
    ['with a NUL in its value', header('X: a\0b'), NO_VALUE],
    ['with an escape in its value', header('X: a\x1b[31mb'), NO_VALUE],
    [
      'that hides another behind a carriage return',
      header('X: a\rSet-Cookie: a=b'),
      malformed('Missing expected LF after header value'),
    ],
    [
      'that goes on in the next line',
      header('X: a\r\n b'),
      malformed('Unexpected whitespace after header value'),
    ],
    [
      'that begins with a space, first of all',
      header(' X: a'),
      malformed('Unexpected space after start line'),
    ],
    [
      'that ends with a line feed',
      header('X: a\nY: b'),
      malformed('Missing expected CR after header value'),
    ],
    [
      'that splits the response',
      header('X: a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nX: b'),
      gives(200, ''),
    ],
  ])('%s', play);
});

describe('headers', () => {
  const LIMIT = 64 * 1024;
  /** Names and values add up to this. */
  const sized = (size: number) => header(`X: ${'x'.repeat(size - 'XContent-Length2'.length)}`);
  const endless = (text: string, start = '') => repeats(HEAD + start, text.repeat(10_000));
  const ok = gives(200, 'ok');

  test.each<HostileCase>([
    ['just below 64 KiB', sized(LIMIT - 1), ok],
    ['of 64 KiB', sized(LIMIT), overflown],
    ['of far more', sized(10 * LIMIT), overflown],
    ['by the thousand', header('X: y\r\n'.repeat(9_999).trimEnd()), ok],
    ['without end', endless('X: y\r\n'), overflown],
    ['without end or value', endless('X:\r\n'), overflown],
    ['of which one has a value without end', endless('xxxxxx', 'X: '), overflown],
    ['of which one has a name without end', endless('xxxxxx'), overflown],
  ])('%s', play);
});

describe('what a server sets', () => {
  /** The requests that follow a response with this header, as they came. */
  async function requestsAfter(text: string): Promise<string[]> {
    const received: string[] = [];
    const server = await startHostileServer((socket, request) => {
      received.push(request);
      socket.write(`${HEAD}${text}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
    });
    const session = new Session();
    await session.get(server.url);
    await session.get(server.url);
    await session.close();
    return received.slice(1);
  }

  const nameOf = (line: string) => line.split(':', 1)[0]?.toLowerCase();
  const ASKED = ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'];

  test.each([
    ['in latin1', 'Set-Cookie: a=\xfcber'],
    ['with a quote that is not closed', 'Set-Cookie: a="b'],
    ['with all that is allowed in a header', 'Set-Cookie: a=b\tc"d,e\\f'],
    ['of no name', 'Set-Cookie: =b'],
    ['of 60 kB', `Set-Cookie: a=${'b'.repeat(60_000)}`],
    ['with escapes in it', 'Set-Cookie: a=b%0d%0aX-Injected:%20c'],
  ])('adds a cookie to the next request, and nothing else: one %s', async (_, text) => {
    const [request = ''] = await requestsAfter(text);
    expect(request.split('\r\n\r\n')).toEqual([expect.any(String), '']);
    const names = request.trimEnd().split('\r\n').slice(1).map(nameOf).sort();
    expect(names.filter((name) => name !== 'cookie')).toEqual(ASKED);
  });
});
