import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toJobSource } from '../../src/queue/iterable-source.js';
import { Scheduler, type SchedulerOptions } from '../../src/queue/scheduler.js';
import { take } from '../helpers/take.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const RATE = { limit: 1, interval: 100 };

/** When the jobs begin of a source that takes its time for the first; each is answered at once. */
async function begun(limits: Partial<SchedulerOptions<object>>): Promise<number[]> {
  function* source() {
    vi.advanceTimersByTime(0.8 * RATE.interval);
    yield { url: 'http://a.test/1' };
    yield { url: 'http://a.test/2' };
  }
  const ignore = () => {};
  const scheduler = new Scheduler<object>(
    toJobSource(source(), 'jobs'),
    {
      rateLimit: undefined,
      perOrigin: undefined,
      lookAhead: 10,
      isRanked: true,
      placement: undefined,
      ...limits,
    },
    {
      mayTake: () => true,
      mayRun: () => true,
      changed: ignore,
      failed: ignore,
      dropped: ignore,
      refused: ignore,
    },
  );
  const times: number[] = [];
  for (let count = 0; ; count++) {
    const taking = take(scheduler, 0).then((taken) => {
      times.push(performance.now());
      if (taken !== undefined) scheduler.end(taken);
      return taken;
    });
    while (times.length <= count) await vi.advanceTimersByTimeAsync(1);
    const ticket = await taking;
    if (ticket === undefined) return times.slice(0, -1);
    scheduler.done(ticket);
  }
}

test.each<[string, Partial<SchedulerOptions<object>>]>([
  ['of the pool', { rateLimit: RATE }],
  ['of an origin', { perOrigin: { rateLimit: RATE } }],
])('the rate %s counts from when a job begins, however long its source took', async (_, limits) => {
  const [first = 0, second = 0] = await begun(limits);
  expect(second - first).toBeGreaterThanOrEqual(RATE.interval);
});
