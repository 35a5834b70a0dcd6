import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import { go, lanesWith, type Ticket, ticket } from '../helpers/lanes.js';

describe('the order', () => {
  test('origins take turns, however many tickets each has', () => {
    const { lanes } = lanesWith(['a1', 'a2', 'a3', 'a4', 'b5', 'b6', 'c7']);
    expect(lanes.size).toBe(7);
    expect(go(lanes, 0)).toEqual(['a1', 'b5', 'c7', 'a2', 'b6', 'a3', 'a4']);
    expect(lanes.size).toBe(0);
  });

  test('an origin that is new gets its turn after those that wait already', () => {
    const { lanes } = lanesWith(['a1', 'b2', 'a3', 'b4']);
    expect(lanes.next(0)?.name).toBe('a1');
    lanes.add(ticket('c5'));
    expect(go(lanes, 0)).toEqual(['b2', 'a3', 'c5', 'b4']);
  });

  test('the highest priority goes first, of whatever origin', () => {
    const lanes = new Lanes<Ticket>();
    for (const [name, priority] of [
      ['a1', 0],
      ['b2', 1],
      ['a3', 2],
      ['b4', 2],
      ['b5', 0],
    ] as const)
      lanes.add(ticket(name, priority));
    expect(go(lanes, 0)).toEqual(['a3', 'b4', 'b2', 'a1', 'b5']);
  });

  test('a ticket that comes back goes before newer ones of its origin', () => {
    const { lanes, get } = lanesWith(['a1', 'a2', 'a3']);
    expect(lanes.next(0)?.name).toBe('a1');
    lanes.add(get('a1'));
    expect(go(lanes, 0)).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('limits', () => {
  test('without any, nothing is limiting but what waits', () => {
    const { lanes } = lanesWith(['a1'], {});
    expect(lanes.isLimiting()).toBe(true);
    expect(go(lanes, 0)).toEqual(['a1']);
    expect(lanes.isLimiting()).toBe(false);
    expect(new Lanes({ concurrency: 1 }).isLimiting()).toBe(true);
    expect(new Lanes({ rateLimit: { limit: 1, interval: 1 } }).isLimiting()).toBe(true);
  });

  test('an origin has no more in flight than its concurrency, and holds up no other', () => {
    const { lanes, get } = lanesWith(['a1', 'a2', 'a3', 'b4'], { concurrency: 1 });
    expect(go(lanes, 0)).toEqual(['a1', 'b4']);
    expect(lanes.wakeAt(0)).toBe(Infinity);
    lanes.end(get('a1'), 5);
    expect(go(lanes, 5)).toEqual(['a2']);
  });

  test('an origin is sent no more than its rate, and may go on when that time has come', () => {
    const rateLimit = { limit: 2, interval: 100 };
    const { lanes, get } = lanesWith(['a1', 'a2', 'a3', 'a4', 'b5'], { rateLimit });
    expect(go(lanes, 0)).toEqual(['a1', 'b5', 'a2']);
    expect(lanes.wakeAt(0)).toBeCloseTo(150, 9);
    lanes.end(get('a1'), 4);
    expect(lanes.wakeAt(4)).toBeCloseTo(104, 9);
    expect(go(lanes, 104)).toEqual([]);
    expect(go(lanes, lanes.wakeAt(104))).toEqual(['a3']);
    lanes.end(get('a2'), 105);
    expect(lanes.wakeAt(105)).toBeCloseTo(150, 9);
  });

  test('when the time of an open lane has come is not asked for', () => {
    const { lanes } = lanesWith(['a1', 'a2'], { rateLimit: { limit: 1, interval: 100 } });
    expect(go(lanes, 0)).toEqual(['a1']);
    expect(lanes.wakeAt(50)).toBeCloseTo(150, 9);
    expect(lanes.wakeAt(151)).toBe(Infinity);
    expect(go(lanes, 151)).toEqual(['a2']);
  });

  test('tickets without an origin wait for no limit', () => {
    const { lanes } = lanesWith(['1', '2', '3'], { concurrency: 1 });
    expect(go(lanes, 0)).toEqual(['1', '2', '3']);
  });

  test('where nothing is limited, what is in flight limits nothing', () => {
    const { lanes, get } = lanesWith(['a1']);
    expect(go(lanes, 0)).toEqual(['a1']);
    expect(lanes.isLimiting()).toBe(false);
    lanes.end(get('a1'), 1);
    expect(lanes.isLimiting()).toBe(false);
  });

  test('an end of what never began frees nothing', () => {
    const { lanes, get } = lanesWith(['a1', 'a2', 'a3'], { concurrency: 1 });
    expect(go(lanes, 0)).toEqual(['a1']);
    lanes.end(get('a2'), 1);
    lanes.end(ticket('b1'), 1);
    expect(go(lanes, 1)).toEqual([]);
    lanes.end(get('a1'), 2);
    lanes.end(get('a1'), 2);
    expect(go(lanes, 2)).toEqual(['a2']);
  });
});

describe("a request that is no ticket's own", () => {
  const rateLimit = { limit: 1, interval: 100 };

  test('counts for the rate of its origin', () => {
    const { lanes } = lanesWith(['a1', 'b2', '3'], { rateLimit });
    lanes.count('a', 0);
    lanes.count(undefined, 0);
    expect(go(lanes, 0)).toEqual(['b2', '3']);
    expect(lanes.wakeAt(0)).toBeCloseTo(150, 9);
    expect(go(lanes, 151)).toEqual(['a1']);
  });

  test('waits for the rate alone', () => {
    const { lanes } = lanesWith(['a1'], { concurrency: 1, rateLimit });
    expect(lanes.rateOpensAt('a', 0)).toBeLessThanOrEqual(0);
    expect(go(lanes, 0)).toEqual(['a1']);
    lanes.hold('a', 1_000);
    expect(lanes.rateOpensAt('a', 50)).toBeCloseTo(150, 9);
    expect(lanes.rateOpensAt('a', 151)).toBeLessThanOrEqual(151);
    expect(lanes.rateOpensAt('b', 0)).toBe(-Infinity);
  });

  test('counts for nothing where there is no rate', () => {
    const { lanes } = lanesWith(['a1'], { concurrency: 1 });
    lanes.count('a', 0);
    expect(lanes.rateOpensAt('a', 0)).toBe(-Infinity);
    expect(go(lanes, 0)).toEqual(['a1']);
  });
});

describe('tickets that are taken back', () => {
  test('one that waits is deleted, and the next of its lane comes forward', () => {
    const { lanes, get } = lanesWith(['a1', 'a2', 'b3', 'b4']);
    expect([lanes.delete(get('a1')), lanes.delete(get('a1'))]).toEqual([true, false]);
    expect(lanes.delete(get('b4'))).toBe(true);
    expect(lanes.delete(ticket('c1'))).toBe(false);
    expect(lanes.size).toBe(2);
    expect(go(lanes, 0)).toEqual(['a2', 'b3']);
    expect(lanes.delete(get('a2'))).toBe(false);
  });

  test('the last of a lane leaves nothing to wake up for', () => {
    const { lanes, get } = lanesWith(['a1']);
    lanes.hold('a', 100);
    lanes.delete(get('a1'));
    expect([lanes.wakeAt(0), lanes.next(200)]).toEqual([Infinity, undefined]);
  });

  test('a lane whose most urgent ticket is deleted goes by the next one', () => {
    const lanes = new Lanes<Ticket>();
    const urgent = ticket('a1', 9);
    for (const each of [urgent, ticket('a2', 1), ticket('b3', 2)]) lanes.add(each);
    lanes.delete(urgent);
    expect(go(lanes, 0)).toEqual(['b3', 'a2']);
  });

  test('all that wait are drained in the order of the jobs, open or not', () => {
    const { lanes } = lanesWith(['a4', 'a1', 'b3', '2'], { concurrency: 1 });
    expect(lanes.next(0)?.name).toBe('a1');
    lanes.hold('b', 100);
    expect(lanes.drain().map(({ name }) => name)).toEqual(['2', 'b3', 'a4']);
    expect([lanes.wakeAt(0), lanes.next(200), lanes.size]).toEqual([Infinity, undefined, 0]);
  });
});
