import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Mutation, mutate, mutation, piecesOf } from './mutations.js';

test.each<[Mutation, string]>([
  [{ kind: 'replace', at: 2, bytes: 'xy' }, 'abxyef'],
  [{ kind: 'replace', at: 5, bytes: 'xy' }, 'abcdexy'],
  [{ kind: 'insert', at: 2, bytes: 'xy' }, 'abxycdef'],
  [{ kind: 'insert', at: 6, bytes: 'xy' }, 'abcdefxy'],
  [{ kind: 'insert', at: 7, bytes: 'xy' }, 'xyabcdef'],
  [{ kind: 'delete', at: 2, length: 3 }, 'abf'],
  [{ kind: 'duplicate', at: 2, length: 2 }, 'abcdcdef'],
  [{ kind: 'truncate', at: 4 }, 'abcd'],
  [{ kind: 'splice', at: 3, other: '0123', from: 2 }, 'abc23'],
])('mutate changes abcdef by %j to %s', (change, changed) => {
  expect(mutate('abcdef', change)).toBe(changed);
});

test('mutation draws every kind', () => {
  const kinds = fc.sample(mutation(['x']), 500).map(({ kind }) => kind);
  expect([...new Set(kinds)].sort()).toEqual([
    'delete',
    'duplicate',
    'insert',
    'replace',
    'splice',
    'truncate',
  ]);
});

test('piecesOf splits without losing a byte, and gives no empty piece', () => {
  expect(piecesOf('abcdef', [])).toEqual(['abcdef']);
  expect(piecesOf('abcdef', [4, 2, 2])).toEqual(['ab', 'cd', 'ef']);
  expect(piecesOf('abcdef', [0, 6, 7])).toEqual(['abcdef']);
  expect(piecesOf('', [3])).toEqual([]);
});
