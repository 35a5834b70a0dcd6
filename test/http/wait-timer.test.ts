import { expect, test } from 'vitest';
import { WaitTimer } from '../../src/http/wait-timer.js';
import { HandleWatch } from '../helpers/handles.js';

test('a wait keeps the process from exiting or not, whenever it began', () => {
  const watch = new HandleWatch();
  const timer = new WaitTimer();
  const counts: number[] = [];
  const start = () => watch.run(() => timer.start(60_000, () => undefined));
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
  watch.run(() => timer.start(Infinity, () => undefined));
  timer.refresh();
  timer.ref(true);
  expect(watch.count).toBe(0);
  watch.stop();
});
