import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateWindow, type Slot } from '../../src/queue/rate-window.js';

test('as many requests as the limit may begin at once, and none beyond', () => {
  const window = new RateWindow({ limit: 2, interval: 100 });
  expect(window.readyAt(5)).toBe(5);
  window.begin(5);
  expect(window.readyAt(5)).toBe(5);
  window.begin(5);
  expect(window.readyAt(5)).toBeGreaterThan(5);
});

test('a request counts until an interval after its answer', () => {
  const window = new RateWindow({ limit: 1, interval: 100 });
  window.end(window.begin(0), 4);
  expect(window.readyAt(10)).toBeCloseTo(104, 9);
  expect([window.isIdle(103.999), window.isIdle(104.001)]).toEqual([false, true]);
  expect(window.readyAt(104.001)).toBe(104.001);
});

test('an answer is not waited for longer than half the interval', () => {
  const window = new RateWindow({ limit: 1, interval: 100 });
  const slot = window.begin(0);
  expect(window.readyAt(40)).toBeCloseTo(150, 9);
  window.end(slot, 70);
  expect(window.readyAt(70)).toBeCloseTo(150, 9);
});

test('a request that ends when it counts no more changes nothing', () => {
  const window = new RateWindow({ limit: 1, interval: 100 });
  const slot = window.begin(0);
  expect(window.isIdle(151)).toBe(true);
  window.end(slot, 500);
  expect([window.isIdle(500), window.readyAt(500)]).toEqual([true, 500]);
});

test('requests that were begun beyond the limit hold up later ones', () => {
  const window = new RateWindow({ limit: 2, interval: 100 });
  for (const now of [0, 10, 20, 30]) window.end(window.begin(now), now);
  const times = [40];
  while (times.length < 5) times.push(window.readyAt(times.at(-1) as number));
  // The first two are gone at 110, and still as many as the limit are left.
  expect(times.map(Math.round)).toEqual([40, 100, 110, 120, 120]);
});

test('what counts no more holds up nothing, however much was begun', () => {
  const window = new RateWindow({ limit: 1, interval: 100 });
  for (const now of [0, 1_000, 2_000]) window.end(window.begin(now), now);
  expect(window.readyAt(2_050)).toBeCloseTo(2_100, 9);
});

test('many more than there was room for at first are told apart, round after round', () => {
  const window = new RateWindow({ limit: 100, interval: 100 });
  let now = 0;
  for (let round = 0; round < 5; round++) {
    const slots = Array.from({ length: 100 }, (_, i) => window.begin(now + i / 100));
    expect(window.readyAt(now + 1)).toBeGreaterThan(now + 1);
    // Answered in another order: the first one's answer is what the next waits for.
    for (const [i, slot] of slots.reverse().entries()) window.end(slot, now + 1 + i / 100);
    expect(window.readyAt(now + 2)).toBeCloseTo(now + 101.99, 9);
    now += 103;
    expect(window.isIdle(now)).toBe(true);
  }
});

/** A request that was begun, and when its server had it. */
interface Sent {
  readonly arrivedAt: number;
}

interface Step {
  /** How long the next request is waited for. */
  readonly pause: number;
  /** From its start to its answer. */
  readonly latency: number;
  /** Where in that time, or the grace, it arrives. */
  readonly at: number;
}

/** Sends requests as early as the window lets it. */
function drive(limit: number, interval: number, steps: readonly Step[]): Sent[] {
  const window = new RateWindow({ limit, interval });
  const flying: { slot: Slot; endsAt: number }[] = [];
  const sent: Sent[] = [];
  let now = 0.1;
  const answer = (until: number) => {
    flying.sort((one, other) => one.endsAt - other.endsAt);
    while (flying[0] !== undefined && flying[0].endsAt <= until) {
      const { slot, endsAt } = flying.shift() as { slot: Slot; endsAt: number };
      window.end(slot, endsAt);
    }
  };
  for (const { pause, latency, at } of steps) {
    now += pause;
    answer(now);
    for (let next = window.readyAt(now); next > now; next = window.readyAt(now)) {
      now = Math.min(next, flying[0]?.endsAt ?? Infinity);
      answer(now);
    }
    const slot = window.begin(now);
    sent.push({ arrivedAt: now + at * Math.min(latency, interval / 2) });
    flying.push({ slot, endsAt: now + latency });
  }
  return sent;
}

describe('whenever requests are sent and answered', () => {
  const steps = fc.array(
    fc.record({
      pause: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true })),
      latency: fc.double({ min: 0, max: 400, noNaN: true }),
      at: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    }),
    { minLength: 1, maxLength: 60, size: 'max' },
  );
  const limits = fc.integer({ min: 1, max: 6 });
  const intervals = fc.double({ min: 0.01, max: 1_000, noNaN: true });

  test('no interval sees more of them arrive than the limit', () => {
    fc.assert(
      fc.property(limits, intervals, steps, (limit, interval, sequence) => {
        const arrivals = drive(limit, interval, sequence).map(({ arrivedAt }) => arrivedAt);
        arrivals.sort((one, other) => one - other);
        for (let i = limit; i < arrivals.length; i++)
          expect((arrivals[i] as number) - (arrivals[i - limit] as number)).not.toBeLessThan(
            interval,
          );
      }),
    );
  });
});

test('the rate that a window allows is used up, but for the grace', () => {
  const steps = Array.from({ length: 100 }, () => ({ pause: 0, latency: 1_000, at: 0 }));
  const sent = drive(10, 100, steps);
  expect((sent.at(-1) as Sent).arrivedAt).toBeCloseTo(9 * 150, 0);
});

test('a slot is never free too early for a rounding error', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      (start, interval) => {
        const window = new RateWindow({ limit: 1, interval });
        window.end(window.begin(start), start);
        const readyAt = window.readyAt(start);
        expect(readyAt - start).not.toBeLessThan(interval);
        expect(readyAt - start).toBeLessThan(interval + 1e-6);
        expect(window.readyAt(readyAt)).toBe(readyAt);
      },
    ),
    { numRuns: 1_000 },
  );
});
