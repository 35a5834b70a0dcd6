import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Alarm, MAX_DELAY } from '../src/alarm.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** An alarm, and when it rang. */
function alarmed() {
  const rings: number[] = [];
  const alarm = new Alarm(() => rings.push(performance.now()));
  const start = performance.now();
  const set = (at: number) => alarm.set(start + at, performance.now());
  return { alarm, set, rings: () => rings.map((at) => at - start) };
}

test('it rings once, when the time has come and not before', () => {
  const { set, rings } = alarmed();
  set(10.2);
  vi.advanceTimersByTime(10);
  expect(rings()).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(rings()).toEqual([11]);
});

test('of many times it keeps the earliest, with one timer', () => {
  const { set, rings } = alarmed();
  for (const at of [50, 70, 50, 20, 30]) set(at);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(rings()).toEqual([20]);
});

test('it can be set again when it has rung, also to what was too late before', () => {
  const { set, rings } = alarmed();
  set(20);
  vi.advanceTimersByTime(20);
  set(70);
  vi.advanceTimersByTime(1_000);
  expect(rings()).toEqual([20, 70]);
});

test('it can be set by what it calls', () => {
  let rings = 0;
  const alarm: Alarm = new Alarm(() => {
    if (++rings < 3) alarm.set(performance.now() + 10, performance.now());
  });
  alarm.set(performance.now() + 10, performance.now());
  vi.advanceTimersByTime(30);
  expect(rings).toBe(3);
});

test('unset, it does not ring, and leaves no timer; later it can be set to any time', () => {
  const { alarm, set, rings } = alarmed();
  alarm.unset();
  set(20);
  alarm.unset();
  expect(vi.getTimerCount()).toBe(0);
  set(70);
  vi.advanceTimersByTime(1_000);
  expect(rings()).toEqual([70]);
});

test('a time that will not come sets nothing, one that is past rings soon', () => {
  const { set, rings } = alarmed();
  set(Infinity);
  expect(vi.getTimerCount()).toBe(0);
  set(-50);
  vi.advanceTimersByTime(1);
  expect(rings()).toHaveLength(1);
});

test('a time that no timer reaches rings before it, for another look', () => {
  const { set, rings } = alarmed();
  set(2 * MAX_DELAY);
  vi.advanceTimersByTime(MAX_DELAY - 1);
  expect(rings()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(rings()).toEqual([MAX_DELAY]);
});
