import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MAX_DELAY } from '../../src/alarm.js';
import { Delayed } from '../../src/queue/delayed.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('each arrives when its own time has come, once', () => {
  const delayed = new Delayed<string>();
  const arrived: string[] = [];
  for (const [item, delay] of Object.entries({ late: 30, soon: 10, next: 20 }))
    delayed.add(item, delay, (due) => arrived.push(due));
  expect(delayed.size).toBe(3);
  const steps = [9, 1, 10, 10, 1_000].map((time) => {
    vi.advanceTimersByTime(time);
    return [delayed.size, ...arrived];
  });
  expect(steps).toEqual([
    [3],
    [2, 'soon'],
    [1, 'soon', 'next'],
    [0, 'soon', 'next', 'late'],
    [0, 'soon', 'next', 'late'],
  ]);
});

test('what arrives waits no longer, and can be added again', () => {
  const delayed = new Delayed<string>();
  const sizes: number[] = [];
  const arrive = (item: string) => {
    sizes.push(delayed.size);
    if (sizes.length < 3) delayed.add(item, 10, arrive);
  };
  delayed.add('again', 10, arrive);
  vi.advanceTimersByTime(1_000);
  expect(sizes).toEqual([0, 0, 0]);
});

test('what is deleted does not arrive, and leaves no timer', () => {
  const delayed = new Delayed<string>();
  const arrive = vi.fn();
  delayed.add('gone', 10, arrive);
  delayed.add('here', 10, arrive);
  expect([delayed.delete('gone'), delayed.delete('gone'), delayed.delete('never')]).toEqual([
    true,
    false,
    false,
  ]);
  expect([delayed.size, vi.getTimerCount()]).toEqual([1, 1]);
  vi.advanceTimersByTime(10);
  expect(arrive.mock.calls).toEqual([['here']]);
  expect(delayed.delete('here')).toBe(false);
});

test('what is drained is given back in the order in which it came, and does not arrive', () => {
  const delayed = new Delayed<string>();
  const arrive = vi.fn();
  delayed.add('late', 30, arrive);
  delayed.add('soon', 10, arrive);
  expect(delayed.drain()).toEqual(['late', 'soon']);
  expect([delayed.size, vi.getTimerCount(), delayed.drain()]).toEqual([0, 0, []]);
  vi.advanceTimersByTime(1_000);
  expect(arrive).not.toHaveBeenCalled();
});

test('a delay that no timer reaches is as long as one can wait, not none', () => {
  const delayed = new Delayed<string>();
  const arrive = vi.fn();
  for (const delay of [MAX_DELAY + 1, Infinity]) delayed.add(`${delay}`, delay, arrive);
  vi.advanceTimersByTime(MAX_DELAY - 1);
  expect(arrive).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(arrive).toHaveBeenCalledTimes(2);
});
