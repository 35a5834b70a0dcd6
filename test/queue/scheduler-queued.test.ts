import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toJobSource } from '../../src/queue/iterable-source.js';
import type { JobSource } from '../../src/queue/job-source.js';
import { Placement } from '../../src/queue/placement.js';
import { Scheduler, type SchedulerOptions } from '../../src/queue/scheduler.js';
import type { Ticket } from '../../src/queue/ticket.js';
import { RetryPolicy } from '../../src/retry/retry-policy.js';
import { take } from '../helpers/take.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const pass = (time: number) => vi.advanceTimersByTimeAsync(time);

function schedulerOf(
  source: JobSource<object> | undefined,
  options: Partial<SchedulerOptions<object>> = {},
) {
  const isWanted = () => true;
  const ignore = () => {};
  return new Scheduler<object>(
    source,
    {
      rateLimit: undefined,
      perOrigin: undefined,
      lookAhead: 10,
      isRanked: true,
      placement: undefined,
      ...options,
    },
    {
      mayTake: isWanted,
      mayRun: isWanted,
      changed: ignore,
      failed: ignore,
      dropped: ignore,
      refused: ignore,
    },
  );
}

const SUBMISSION = { resolve: () => {}, reject: () => {} };

describe('how long a ticket was queued', () => {
  test('is nothing where it is begun as it is taken', async () => {
    const scheduler = schedulerOf(toJobSource([{}, { priority: 1 }], 'jobs'));
    const [first, second] = [await take(scheduler, 0), await take(scheduler, 1)];
    expect([first?.queued, second?.queued]).toEqual([0, 0]);
  });

  test('is nothing where a worker waits for it', async () => {
    const scheduler = schedulerOf(undefined);
    const waiting = take(scheduler, 0);
    await pass(70);
    scheduler.submit({}, SUBMISSION);
    expect((await waiting)?.queued).toBe(0);
  });

  test('is since it was submitted', async () => {
    const scheduler = schedulerOf(undefined);
    scheduler.submit({}, SUBMISSION);
    await pass(30);
    expect((await take(scheduler, 0))?.queued).toBe(30);
  });

  test('is since it came, where all workers are gone by then', async () => {
    const gates: ((job: object) => void)[] = [];
    const get = () => new Promise<object>((resolve) => gates.push(resolve));
    const scheduler = schedulerOf({ get });
    const waiting = take(scheduler, 0);
    scheduler.pause();
    gates[0]?.({});
    await pass(40);
    scheduler.resume();
    expect((await waiting)?.queued).toBe(40);
  });

  test('is since it was looked past', async () => {
    const url = 'http://a.test/';
    const jobs = toJobSource([{ url }, { url }, {}], 'jobs');
    const scheduler = schedulerOf(jobs, { perOrigin: { concurrency: 1 } });
    const first = (await take(scheduler, 0)) as Ticket<object>;
    await pass(10);
    expect((await take(scheduler, 1))?.queued).toBe(0);
    await pass(20);
    scheduler.end(first);
    scheduler.done(first);
    expect((await take(scheduler, 0))?.queued).toBe(20);
  });

  test('is since another worker was found to be the one for it', async () => {
    const jobs = toJobSource([{}, {}, {}], 'jobs');
    const placement = new Placement<object>(() => 'a', 2);
    const scheduler = schedulerOf(jobs, { placement });
    const first = (await take(scheduler, 0)) as Ticket<object>;
    void take(scheduler, 1);
    await pass(20);
    scheduler.end(first);
    scheduler.done(first);
    expect([first.queued, (await take(scheduler, 0))?.queued]).toEqual([0, 20]);
  });

  test.each([
    ['and whose worker waits for it', true],
    ['and comes while no worker does', false],
  ])('is since its last attempt ended, for one that is tried again %s', async (_, isAwaited) => {
    const scheduler = schedulerOf(undefined);
    scheduler.submit({}, SUBMISSION);
    await pass(5);
    const ticket = (await take(scheduler, 0)) as Ticket<object>;
    ticket.policy = RetryPolicy.from(1, undefined);
    await pass(100);
    scheduler.end(ticket);
    await pass(3);
    scheduler.retry(ticket, 50);
    const awaited = isAwaited ? take(scheduler, 0) : undefined;
    await pass(50);
    if (!isAwaited) await pass(7);
    const again = await (awaited ?? take(scheduler, 0));
    expect([again, ticket.queued, ticket.attempts]).toEqual([ticket, isAwaited ? 53 : 60, 2]);
  });
});
