import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../src/fifo.js';

test('a list gives back its items in the order in which they were put', () => {
  const list = new Fifo<number>();
  for (const item of [1, 2, 3]) list.push(item);
  expect(list.size).toBe(3);
  expect(list.peek()).toBe(1);
  expect([list.shift(), list.shift(), list.shift(), list.shift()]).toEqual([1, 2, 3, undefined]);
  expect(list.size).toBe(0);
  expect(list.peek()).toBeUndefined();
});

test('take() removes the oldest item that is accepted, and nothing else', () => {
  const list = new Fifo<number>();
  for (const item of [1, 2, 3, 4, 5]) list.push(item);
  list.shift();
  expect(list.take((item) => item % 2 === 1)).toBe(3);
  expect(list.take((item) => item > 9)).toBeUndefined();
  expect(list.take((item) => item === undefined)).toBeUndefined();
  expect(list.drain()).toEqual([2, 4, 5]);
});

test('some() looks at what is in it, and leaves it there', () => {
  const list = new Fifo<number | undefined>();
  for (const item of [1, 2, 3]) list.push(item);
  list.shift();
  const isThere = (item: number | undefined) => list.some((each) => each === item);
  expect([1, 2, 3, undefined].map(isThere)).toEqual([false, true, true, false]);
  expect(list.items()).toEqual([2, 3]);
});

test('thousands of items pass through in order while others still wait', () => {
  const list = new Fifo<number>();
  const passed: (number | undefined)[] = [];
  for (let i = 0; i < 5_000; i++) {
    list.push(2 * i);
    list.push(2 * i + 1);
    passed.push(list.shift());
  }
  expect(passed).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  expect(list.drain()).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 5_000));
  expect(list.size).toBe(0);
});

test('a list that was long gives out its items to the last, and takes others meanwhile', () => {
  const list = new Fifo<number>();
  for (let i = 0; i < 5_000; i++) list.push(i);
  const passed: (number | undefined)[] = [];
  for (let i = 0; i < 4_990; i++) passed.push(list.shift());
  for (let i = 5_000; i < 5_100; i++) list.push(i);
  while (list.size > 0) passed.push(list.shift());
  expect(passed).toEqual(Array.from({ length: 5_100 }, (_, i) => i));
});

test('whatever is called, in whatever order, a list behaves as an array does', () => {
  const calls = fc.array(
    fc.oneof(
      fc.record({ call: fc.constant('push' as const), item: fc.nat(9) }),
      fc.record({ call: fc.constant('take' as const), item: fc.nat(9) }),
      fc.record({ call: fc.constantFrom('shift' as const, 'drain' as const), item: fc.nat(0) }),
    ),
    { size: '+1' },
  );
  const inArray = {
    push: (array: number[], item: number) => void array.push(item),
    take: (array: number[], item: number) =>
      array.includes(item) ? array.splice(array.indexOf(item), 1)[0] : undefined,
    shift: (array: number[]) => array.shift(),
    drain: (array: number[]) => array.splice(0),
  };
  const inList = {
    push: (list: Fifo<number>, item: number) => list.push(item),
    take: (list: Fifo<number>, item: number) => list.take((candidate) => candidate === item),
    shift: (list: Fifo<number>) => list.shift(),
    drain: (list: Fifo<number>) => list.drain(),
  };
  fc.assert(
    fc.property(calls, (sequence) => {
      const array: number[] = [];
      const list = new Fifo<number>();
      for (const { call, item } of sequence) {
        expect(inList[call](list, item)).toEqual(inArray[call](array, item));
        expect([list.size, list.peek()]).toEqual([array.length, array[0]]);
      }
    }),
  );
});
