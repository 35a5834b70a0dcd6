import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import { go, lanesWith, type Ticket, ticket } from '../helpers/lanes.js';

describe('an origin that is held', () => {
  test('gets nothing before the last of the times it was held until', () => {
    const { lanes } = lanesWith(['a1', 'b2']);
    expect([lanes.hold('a', 100), lanes.hold('a', 50)]).toEqual([100, 100]);
    expect(go(lanes, 0)).toEqual(['b2']);
    expect(lanes.wakeAt(0)).toBe(100);
    expect(go(lanes, 99)).toEqual([]);
    expect(go(lanes, 100)).toEqual(['a1']);
  });

  test('is woken up for before those that are held longer', () => {
    const { lanes } = lanesWith(['a1', 'b2', 'c3']);
    lanes.hold('a', 300);
    lanes.hold('b', 100);
    lanes.hold('c', 200);
    const wakeUps = [0, 100, 200, 300].map((now) => [lanes.wakeAt(now), ...go(lanes, now)]);
    expect(wakeUps).toEqual([[100], [200, 'b2'], [300, 'c3'], [Infinity, 'a1']]);
  });

  test('limits until its time is over, also while nothing waits', () => {
    const lanes = new Lanes<Ticket>();
    expect([lanes.hold('a', 100), lanes.hold('b', 50)]).toEqual([100, 50]);
    expect([lanes.wakeAt(99), lanes.isLimiting()]).toEqual([Infinity, true]);
    expect([lanes.wakeAt(100), lanes.isLimiting()]).toEqual([Infinity, false]);
  });

  test('is looked at when an answer frees it, and waits on', () => {
    const { lanes, get } = lanesWith(['a1', 'a2'], { concurrency: 1 });
    expect(go(lanes, 0)).toEqual(['a1']);
    lanes.hold('a', 100);
    expect(lanes.wakeAt(1)).toBe(Infinity);
    lanes.end(get('a1'), 2);
    expect(lanes.wakeAt(2)).toBe(100);
  });
});

describe('an origin that asks for less without saying when', () => {
  /** Each pause takes a second more than the last. */
  function throttling() {
    const lanes = new Lanes<Ticket>();
    const steps: number[] = [];
    const backoff = (step: number) => {
      steps.push(step);
      return step * 1_000;
    };
    const throttle = (sentAt: number, now: number) => lanes.throttle('a', sentAt, now, backoff);
    return { lanes, steps, throttle };
  }

  test('is held for a pause, and a burst of such answers makes one', () => {
    const { lanes, steps, throttle } = throttling();
    lanes.add(ticket('a1'));
    expect([throttle(0, 10), throttle(5, 20), throttle(9.9, 500)]).toEqual([1_010, 1_010, 1_010]);
    expect(steps).toEqual([1]);
    expect(lanes.isLimiting()).toBe(true);
    expect(lanes.wakeAt(500)).toBe(1_010);
  });

  test('steps up with each burst that comes after a pause', () => {
    const { lanes, steps, throttle } = throttling();
    throttle(0, 10);
    throttle(1_010, 1_020);
    throttle(3_020, 3_020);
    expect(steps).toEqual([1, 2, 3]);
    lanes.add(ticket('a1'));
    expect(lanes.wakeAt(3_020)).toBe(6_020);
  });

  test('steps up with what was sent the moment that the pause began', () => {
    const { steps, throttle } = throttling();
    throttle(0, 10);
    throttle(10, 20);
    expect(steps).toEqual([1, 2]);
  });

  test('does not shorten a hold, nor what it was paused for', () => {
    const { lanes, throttle } = throttling();
    lanes.hold('a', 5_000);
    expect(throttle(0, 10)).toBe(5_000);
    lanes.add(ticket('a1'));
    expect(lanes.wakeAt(10)).toBe(5_000);
  });

  test('starts anew after a success, if that was sent after the pause began', () => {
    const { lanes, steps, throttle } = throttling();
    throttle(0, 10);
    lanes.succeed('a', 9);
    lanes.succeed('b', 2_000);
    throttle(1_010, 1_020);
    lanes.succeed('a', 1_020);
    throttle(4_000, 4_010);
    expect(steps).toEqual([1, 2, 1]);
  });

  test('starts anew a minute after its pause, but not sooner', () => {
    const { steps, throttle } = throttling();
    throttle(0, 0);
    throttle(60_000, 60_999);
    throttle(122_999, 122_999);
    expect(steps).toEqual([1, 2, 1]);
  });

  test('is remembered after a long pause for as long again', () => {
    const lanes = new Lanes<Ticket>();
    const steps: number[] = [];
    for (const now of [0, 199_999, 399_999])
      lanes.throttle('a', now, now, (step) => {
        steps.push(step);
        return 100_000;
      });
    expect(steps).toEqual([1, 2, 1]);
  });
});
