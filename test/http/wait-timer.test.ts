import { afterEach, expect, test, vi } from 'vitest';
import { WaitTimer } from '../../src/http/wait-timer.js';
import { HandleWatch } from '../helpers/handles.js';

const expire = () => undefined;

afterEach(() => {
  vi.useRealTimers();
});

test('a wait keeps the process from exiting or not, whenever it began', () => {
  const watch = new HandleWatch();
  const timer = new WaitTimer();
  const counts: number[] = [];
  const start = () => watch.run(() => timer.start(60_000, { expire }));
  const note = () => counts.push(watch.count);
  start();
  note();
  timer.ref(false);
  note();
  start();
  note();
  timer.ref(true);
  note();
  timer.stop();
  watch.stop();
  expect(counts).toEqual([1, 0, 0, 1]);
});

test('a wait without a limit is not counted, and what is stopped is not begun anew', () => {
  const watch = new HandleWatch();
  const timer = new WaitTimer();
  watch.run(() => timer.start(Infinity, { expire }));
  timer.refresh();
  timer.ref(false);
  watch.run(() => timer.start(Infinity, { expire }));
  watch.run(() => timer.start(60_000, { expire }));
  expect(watch.count).toBe(0);
  timer.stop();
  timer.ref(true);
  expect(watch.count).toBe(0);
  watch.stop();
});

test('each wait has its whole time, whatever the one before left of its own', () => {
  vi.useFakeTimers();
  const timer = new WaitTimer();
  const expired: string[] = [];
  const wait = (name: string, delay: number) =>
    timer.start(delay, { expire: () => expired.push(name) });
  wait('first', 100);
  vi.advanceTimersByTime(90);
  timer.rest();
  wait('as long', 100);
  vi.advanceTimersByTime(99);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(['as long']);
  wait('again as long', 100);
  wait('shorter', 10);
  vi.advanceTimersByTime(10);
  wait('without end', Infinity);
  vi.advanceTimersByTime(1_000);
  expect(expired).toEqual(['as long', 'shorter']);
});

test('a timer that rests tells nobody, and is not begun anew when it has run out', () => {
  vi.useFakeTimers();
  const timer = new WaitTimer();
  const told = vi.fn();
  timer.start(100, { expire: told });
  timer.rest();
  vi.advanceTimersByTime(1_000);
  timer.refresh();
  expect(vi.getTimerCount()).toBe(0);
  expect(told).not.toHaveBeenCalled();
});
