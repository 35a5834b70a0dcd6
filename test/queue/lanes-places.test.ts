import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import type { PerOrigin } from '../../src/queue/origin-limits.js';
import { type Ticket, ticket } from '../helpers/lanes.js';

/** Lanes where the named tickets wait; `homes` says which origin's are whose, and learns it. */
function placedLanes(names: string[], homes: Record<string, number> = {}, limits?: PerOrigin) {
  const lanes = new Lanes<Ticket>(limits, {
    slotOf: ({ origin }) => homes[origin as string],
    bind: ({ origin }, slot) => {
      if (origin !== undefined) homes[origin] ??= slot;
    },
  });
  const tickets = new Map(names.map((name) => [name, ticket(name)]));
  for (const each of tickets.values()) lanes.add(each);
  const next = (slot: number, now = 0) => lanes.next(now, slot)?.name;
  const get = (name: string) => tickets.get(name) as Ticket;
  return { lanes, homes, next, get };
}

describe('a slot', () => {
  test('takes what is its own, and what any may take, but nothing of another', () => {
    const { lanes, next } = placedLanes(['a1', 'b2', '3'], { a: 0, b: 1 });
    expect([next(0), next(0), next(0)]).toEqual(['a1', '3', undefined]);
    expect([lanes.size, next(1), lanes.size]).toEqual([1, 'b2', 0]);
  });

  test('takes turns between both', () => {
    const { next } = placedLanes(['a1', 'a2', '3', '4', 'b5'], { a: 0, b: 0 });
    expect([next(0), next(0), next(0), next(0), next(0)]).toEqual(['a1', '3', 'b5', 'a2', '4']);
  });

  test('takes the most urgent of both', () => {
    const { lanes, next } = placedLanes(['a1', '2'], { a: 0 });
    lanes.add({ ...ticket('3'), priority: 1 });
    lanes.add({ ...ticket('a4'), priority: 2 });
    expect([next(0), next(0), next(0)]).toEqual(['a4', '3', 'a1']);
  });

  test('is that of what it was the first to take', () => {
    const { next, homes } = placedLanes(['a1', 'a2', 'b3', 'b4']);
    expect([next(0), next(1), next(1), next(0)]).toEqual(['a1', 'b3', 'b4', 'a2']);
    expect(homes).toEqual({ a: 0, b: 1 });
  });

  test('does not hold up others by what is closed', () => {
    const { lanes, next, get } = placedLanes(['a1', 'a2', 'b3'], { a: 0 }, { concurrency: 1 });
    expect([next(0), next(0), next(0)]).toEqual(['a1', 'b3', undefined]);
    lanes.end(get('a1'), 1);
    expect(next(0, 1)).toBe('a2');
  });

  test('shares the limits of an origin with others', () => {
    const homes = { x: 0 };
    const lanes = new Lanes<Ticket>(
      { concurrency: 1 },
      { slotOf: ({ name }) => (name === 'x2' ? homes.x : undefined), bind: () => {} },
    );
    const [free, bound] = [ticket('x1'), ticket('x2')];
    lanes.add(free);
    lanes.add(bound);
    expect(lanes.next(0, 1)).toBe(free);
    expect(lanes.next(0, 0)).toBeUndefined();
    lanes.end(free, 1);
    expect(lanes.next(1, 0)).toBe(bound);
  });
});

describe('who is called', () => {
  test('is a slot that waits and for which something does', () => {
    const { lanes, get } = placedLanes(['a1', 'c2', '3'], { a: 0, b: 1, c: 2 });
    expect(lanes.called(0)).toBeUndefined();
    lanes.expect(1, true);
    expect(lanes.called(0)).toBeUndefined();
    lanes.expect(2, true);
    expect(lanes.called(0)).toBe(2);
    lanes.expect(2, false);
    expect(lanes.called(0)).toBeUndefined();
    lanes.expect(2, true);
    lanes.delete(get('c2'));
    expect(lanes.called(0)).toBeUndefined();
    lanes.add(ticket('b4'));
    expect(lanes.called(0)).toBe(1);
  });

  test('is the one with the most urgent ticket, then the one whose turn it is', () => {
    const { lanes, next } = placedLanes(['a1', 'b2', 'b3'], { a: 0, b: 1, c: 2 });
    for (const slot of [0, 1, 2]) lanes.expect(slot, true);
    expect([lanes.called(0), next(0), lanes.called(0)]).toEqual([0, 'a1', 1]);
    lanes.add({ ...ticket('c4'), priority: 1 });
    expect([lanes.called(0), next(2), lanes.called(0), next(1)]).toEqual([2, 'c4', 1, 'b2']);
    lanes.add(ticket('a5'));
    expect(lanes.called(0)).toBe(0);
  });

  test('is nobody whose origin is closed, and somebody as soon as it opens', () => {
    const { lanes, next, get } = placedLanes(['a1', 'a2'], { a: 0 }, { concurrency: 1 });
    expect(next(0)).toBe('a1');
    lanes.expect(0, true);
    expect(lanes.called(0)).toBeUndefined();
    lanes.end(get('a1'), 1);
    expect(lanes.called(1)).toBe(0);
    lanes.hold('a', 5);
    expect([lanes.called(1), lanes.wakeAt(1), lanes.called(5)]).toEqual([undefined, 5, 0]);
  });

  test('is nobody of a full origin, though who filled it is still said to wait', () => {
    const lanes = new Lanes<Ticket>(
      { concurrency: 1 },
      { slotOf: ({ order }) => order, bind: () => {} },
    );
    const tickets = [3, 2, 1, 0].map((slot) => ticket(`a${slot}`));
    for (const each of tickets) lanes.add(each);
    for (const { order } of tickets) lanes.expect(order, true);
    expect([lanes.next(0, 0)?.name, lanes.called(0)]).toEqual(['a0', undefined]);
    lanes.end(tickets[3] as Ticket, 1);
    expect(lanes.called(1)).toBe(3);
  });

  /** Serves each of so many slots three times, one at a time: all are of one origin, which lets one go. */
  function serveCrowd(slots: number) {
    let looks = 0;
    const lanes = new Lanes<Ticket>(
      { concurrency: 1 },
      { slotOf: ({ order }) => order % slots, bind: () => {} },
    );
    const tickets = Array.from({ length: 3 * slots }, (_, i) =>
      Object.defineProperty(ticket(`a${i}`), 'priority', { get: () => looks++ * 0 }),
    );
    for (const each of tickets) lanes.add(each);
    for (let slot = 0; slot < slots; slot++) lanes.expect(slot, true);
    looks = 0;
    const served = tickets.map((_, now) => {
      const slot = lanes.called(now) as number;
      lanes.expect(slot, false);
      const taken = lanes.next(now, slot) as Ticket;
      expect([taken.order % slots, lanes.called(now)]).toEqual([slot, undefined]);
      lanes.end(taken, now);
      lanes.expect(slot, true);
      return slot;
    });
    return { served, looksEach: looks / tickets.length };
  }

  test('is one at a time where an origin has many slots and lets one go', () => {
    expect(serveCrowd(8).served).toEqual(Array.from({ length: 24 }, (_, i) => i % 8));
  });

  test('is found without a look at all slots of an origin whenever it lets one go', () => {
    expect(serveCrowd(1_024).looksEach).toBeLessThan(2 * serveCrowd(64).looksEach);
  });
});

describe('what waits', () => {
  test('for any slot is seen, and whether time will bring something', () => {
    const { lanes, next } = placedLanes(['a1', '2'], { a: 0 });
    expect([lanes.hasForAll, next(1), lanes.hasForAll]).toEqual([true, '2', false]);
    lanes.hold('a', 5);
    expect([lanes.hasForAll, lanes.wakeAt(5), lanes.hasForAll]).toEqual([true, Infinity, false]);
  });

  test('is deleted where it is, though its slot is another by now', () => {
    const { lanes, next, get } = placedLanes(['a1', 'a2', 'a3', 'a4']);
    expect(next(0)).toBe('a1');
    expect([lanes.delete(get('a2')), lanes.delete(get('a2')), next(1)]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect([lanes.delete(get('a3')), lanes.delete(get('a1')), lanes.size]).toEqual([
      true,
      false,
      1,
    ]);
    expect([lanes.delete(ticket('z9')), next(0), lanes.size]).toEqual([false, 'a4', 0]);
  });

  test('keeps its order, though some of it waited for any slot before its own was known', () => {
    const homes: Record<string, number> = {};
    const lanes = new Lanes<Ticket>(
      {},
      {
        slotOf: ({ name }) => homes[name.slice(0, 1)],
        bind: ({ name }, slot) => {
          homes[name.slice(0, 1)] ??= slot;
        },
      },
    );
    const add = (name: string) => lanes.add({ ...ticket(name), origin: 'http://o.test' });
    const next = (slot: number) => lanes.next(0, slot)?.name;
    for (const name of ['a1', 'x2', 'y3', 'a4']) add(name);
    expect(next(0)).toBe('a1');
    add('a5');
    expect([next(1), next(0), next(0), next(0)]).toEqual(['x2', 'y3', 'a4', 'a5']);
    add('a6');
    expect([next(1), next(0)]).toEqual([undefined, 'a6']);
  });

  test('is drained wherever it is, in the order of the jobs', () => {
    const { lanes, next } = placedLanes(
      ['a3', 'b1', '2', 'a0'],
      { a: 0, b: 1 },
      { concurrency: 1 },
    );
    for (const slot of [0, 1]) lanes.expect(slot, true);
    expect(lanes.drain().map(({ name }) => name)).toEqual(['a0', 'b1', '2', 'a3']);
    expect([lanes.size, lanes.called(0), next(0), lanes.hasForAll]).toEqual([
      0,
      undefined,
      undefined,
      false,
    ]);
    lanes.hold('b', 5);
    expect(lanes.wakeAt(0)).toBe(Infinity);
    lanes.add(ticket('a9'));
    expect([lanes.called(0), next(0)]).toEqual([0, 'a9']);
  });

  test('in large numbers can be drained', () => {
    const { lanes } = placedLanes([], { a: 0 });
    for (let i = 0; i < 200_000; i++) lanes.add(ticket(`a${i}`));
    expect(lanes.drain()).toHaveLength(200_000);
  });
});
