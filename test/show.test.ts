import { expect, test } from 'vitest';
import { Pool, Session } from '../src/index.js';
import { show } from '../src/show.js';

test.each<[unknown, string]>([
  ['text', "'text'"],
  [5, '5'],
  [2n, '2n'],
  [null, 'null'],
  [[1, 'a', {}, 4], "[ 1, 'a', {}, ... 1 more item ]"],
  [{ password: 'secret' }, '[Object]'],
  [new Session(), '[Session]'],
  [Object.create(null), '[Object: null prototype] {}'],
  ['x'.repeat(200), `'${'x'.repeat(100)}'... 100 more characters`],
])('%o is shown as %s', (value, shown) => {
  expect(show(value)).toBe(shown);
});

test('credentials of a URL are in no message, though it was given in the wrong place', async () => {
  const url = 'http://user:secret@127.0.0.1:1/path';
  expect(show(url)).toBe("'http://***@127.0.0.1:1/path'");
  expect(show([url, url])).toBe("[ 'http://***@127.0.0.1:1/path', 'http://***@127.0.0.1:1/path' ]");
  expect(() => Pool.fromUrls(url as unknown as [])).toThrow(/, got 'http:\/\/\*\*\*@127/);
  const pool = new Pool({ jobQueue: [url] as unknown as [{ url: string }] });
  const messages: string[] = [];
  for await (const { message } of pool.exceptions()) messages.push(message);
  expect(messages).toEqual([expect.stringContaining("got 'http://***@127.0.0.1:1/path'")]);
});
