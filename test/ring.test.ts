import { expect, test } from 'vitest';
import { Ring } from '../src/ring.js';

test('a ring gives what is in it, the oldest first', () => {
  const ring = new Ring<string>();
  expect([ring.isEmpty, ring.items(), ring.shift()]).toEqual([true, [], undefined]);
  const links = ['a', 'b', 'c', 'd'].map((value) => ring.add(value));
  expect(links.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd']);
  for (const at of [2, 3]) ring.delete(links[at] as (typeof links)[0]);
  expect([ring.isEmpty, ring.items()]).toEqual([false, ['a', 'b']]);
  ring.add('e');
  expect([ring.shift(), ring.items()]).toEqual(['a', ['b', 'e']]);
});

test('what is out of a ring can be taken out again, and leaves the others alone', () => {
  const ring = new Ring<number>();
  const [first, second] = [ring.add(1), ring.add(2)];
  for (let i = 0; i < 2; i++) ring.delete(first);
  expect(ring.items()).toEqual([2]);
  for (let i = 0; i < 2; i++) ring.delete(second);
  expect(ring.isEmpty).toBe(true);
  ring.add(3);
  expect([ring.shift(), ring.isEmpty]).toEqual([3, true]);
});
