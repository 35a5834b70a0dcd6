import { expect, test } from 'vitest';
import { Recent } from '../src/recent.js';

test('keeps what was asked for last, and tells what gives way', () => {
  const dropped: string[] = [];
  const made: string[] = [];
  const recent = new Recent<string>(2, (value) => dropped.push(value));
  const get = (key: string) =>
    recent.get(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  for (const key of ['a', 'b', 'a', 'c', 'a']) expect(get(key)).toBe(key.toUpperCase());
  expect([made, dropped, [...recent.values()]]).toEqual([['a', 'b', 'c'], ['B'], ['C', 'A']]);
  recent.clear();
  expect([[...recent.values()], dropped]).toEqual([[], ['B']]);
});

test('tells nobody, where nobody asked', () => {
  const recent = new Recent<number>(1);
  expect([recent.get('a', () => 1), recent.get('b', () => 2)]).toEqual([1, 2]);
  expect([...recent.values()]).toEqual([2]);
});
