import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../src/heap.js';

interface Item {
  key: number;
}

const smallestFirst = (one: Item, other: Item) => one.key < other.key;

function heapOf(...keys: number[]): { heap: Heap<Item>; items: Item[] } {
  const heap = new Heap(smallestFirst);
  const items = keys.map((key) => ({ key }));
  for (const item of items) heap.put(item);
  return { heap, items };
}

function keysOf(heap: Heap<Item>): number[] {
  const keys: number[] = [];
  for (let item = heap.shift(); item !== undefined; item = heap.shift()) keys.push(item.key);
  return keys;
}

test('a heap gives out its items in their order, whatever order they came in', () => {
  const { heap, items } = heapOf(5, 1, 4, 2, 3);
  expect(heap.size).toBe(5);
  expect(heap.peek()).toBe(items[1]);
  expect(keysOf(heap)).toEqual([1, 2, 3, 4, 5]);
  expect([heap.size, heap.peek(), heap.shift()]).toEqual([0, undefined, undefined]);
});

test('an item that is put again moves to where it belongs, and is in the heap once', () => {
  const { heap, items } = heapOf(1, 2, 3, 4);
  for (const [at, key] of [
    [0, 9],
    [3, 0],
  ] as const) {
    const item = items[at] as Item;
    item.key = key;
    heap.put(item);
  }
  expect(heap.size).toBe(4);
  expect(keysOf(heap)).toEqual([0, 2, 3, 9]);
});

test('an item that is deleted is in the heap no more, and one that never was is not missed', () => {
  const { heap, items } = heapOf(1, 2, 3);
  const second = items[1] as Item;
  expect([heap.delete(second), heap.delete(second), heap.delete({ key: 1 })]).toEqual([
    true,
    false,
    false,
  ]);
  expect(keysOf(heap)).toEqual([1, 3]);
});

test('a heap that was drained is empty, and can be filled again', () => {
  const { heap, items } = heapOf(2, 1);
  expect(new Set(heap.drain())).toEqual(new Set(items));
  expect([heap.size, heap.delete(items[0] as Item)]).toEqual([0, false]);
  heap.put(items[0] as Item);
  expect(keysOf(heap)).toEqual([2]);
});

test('whatever is put, moved and deleted, the top goes before all others', () => {
  const calls = fc.array(
    fc.record({
      call: fc.constantFrom('put', 'put', 'put', 'shift', 'delete'),
      item: fc.nat(19),
      key: fc.nat(9),
    }),
    { maxLength: 200, size: 'max' },
  );
  fc.assert(
    fc.property(calls, (sequence) => {
      const heap = new Heap(smallestFirst);
      const items = Array.from({ length: 20 }, () => ({ key: 0 }));
      const present = new Set<Item>();
      for (const { call, item: at, key } of sequence) {
        const item = items[at] as Item;
        if (call === 'put') {
          item.key = key;
          heap.put(item);
          present.add(item);
        } else if (call === 'delete') expect(heap.delete(item)).toBe(present.delete(item));
        else present.delete(heap.shift() as Item);
        expect(heap.size).toBe(present.size);
        const least = Math.min(...[...present].map((each) => each.key));
        expect(heap.peek()?.key ?? Infinity).toBe(least);
      }
    }),
  );
});
