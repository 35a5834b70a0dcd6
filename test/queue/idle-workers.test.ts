import { expect, test } from 'vitest';
import { IdleWorkers } from '../../src/queue/idle-workers.js';

/** Workers of these slots that wait, which of them were sent home, and what was told of them. */
function idleWorkers(...slots: number[]) {
  const told: [slot: number, isIdle: boolean][] = [];
  const sentHome: number[] = [];
  const workers = new IdleWorkers<string>((slot, isIdle) => told.push([slot, isIdle]));
  const push = (slot: number) => workers.push({ slot, tell: () => sentHome.push(slot) });
  for (const slot of slots) push(slot);
  const take = (slot?: number) => workers.take(slot)?.slot;
  return { workers, told, sentHome, push, take };
}

test('the worker that has waited longest is taken first, but for those of whom the slot is asked for', () => {
  const { workers, push, take } = idleWorkers(3, 1, 0, 2);
  expect([take(0), take(), workers.size]).toEqual([0, 3, 2]);
  push(3);
  expect([take(2), take(), take(), take(), workers.size]).toEqual([2, 1, 3, undefined, 0]);
});

test('a slot whose worker does not wait has none to take', () => {
  const { workers, push, take } = idleWorkers(0, 1);
  expect([take(0), take(0), take(), take(1), take(7), workers.size]).toEqual([
    0,
    undefined,
    1,
    undefined,
    undefined,
    0,
  ]);
  push(1);
  expect([take(1), take(1), take(), workers.size]).toEqual([1, undefined, undefined, 0]);
});

test('each that begins to wait or is taken is told of', () => {
  const { told, take } = idleWorkers(0, 1);
  take(1);
  take();
  take();
  expect(told).toEqual([
    [0, true],
    [1, true],
    [1, false],
    [0, false],
  ]);
});

test('nobody need be told', () => {
  const workers = new IdleWorkers<string>();
  for (const slot of [1, 0]) workers.push({ slot, tell: () => {} });
  expect([workers.take()?.slot, workers.take()?.slot, workers.take()]).toEqual([1, 0, undefined]);
});

test('all are sent home, the one that has waited longest first', () => {
  const { workers, sentHome, take } = idleWorkers(2, 0, 1);
  workers.sendHome();
  expect([sentHome, workers.size, take(), take(0)]).toEqual([[2, 0, 1], 0, undefined, undefined]);
});
