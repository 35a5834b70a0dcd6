import { expect, test } from 'vitest';
import { linesOf } from '../../src/request/lines.js';
import { collect } from '../helpers/scripted-session.js';

test.each<[string[], string[]]>([
  [[], []],
  [[''], []],
  [['a'], ['a']],
  [['a\n'], ['a']],
  [['a\n\nb'], ['a', '', 'b']],
  [['a\rb\r\nc\n'], ['a', 'b', 'c']],
  [
    ['a\r', '\nb'],
    ['a', 'b'],
  ],
  [
    ['a\r', 'b\r'],
    ['a', 'b'],
  ],
  [['a\n\r'], ['a', '']],
  [
    ['a', 'b', 'c\nd', 'e'],
    ['abc', 'de'],
  ],
])('the lines of %j are %j', async (pieces, lines) => {
  expect(await collect(linesOf(pieces))).toEqual(lines);
});

test('a line without end is an error before it fills the memory', async () => {
  const piece = 'x'.repeat(2 ** 24);
  const lines = linesOf(Array.from({ length: 9 }, () => piece));
  await expect(lines.next()).rejects.toThrow(
    new RangeError('a line has more than 134217728 characters'),
  );
});
