import { expect, test } from 'vitest';
import { unknownKey } from '../src/known-keys.js';

const KNOWN = new Set(['timeout', 'headers', 'maxRedirects', 'authGenerator']);

test('an object that has known keys alone passes', () => {
  expect(unknownKey({ timeout: 1, headers: {} }, KNOWN)).toBeUndefined();
  expect(unknownKey({}, KNOWN)).toBeUndefined();
});

test.each([
  ['timeouts', 'timeout'],
  ['header', 'headers'],
  ['max_redirects', 'maxRedirects'],
  ['HEADERS', 'headers'],
  ['authGen', 'authGenerator'],
  ['', 'timeout'],
])('"%s" is named, and beside it the nearest known key, %s', (key, nearest) => {
  expect(unknownKey({ [key]: 1 }, KNOWN)).toBe(`unknown key "${key}"; did you mean "${nearest}"?`);
});

test('of several unknown keys the first is named', () => {
  expect(unknownKey({ headers: 1, hoeders: 1, tmeout: 1 }, KNOWN)).toContain('"hoeders"');
});
