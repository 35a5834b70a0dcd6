import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HALF, NOW, notRetried, policyOf, responded, retried } from '../helpers/attempts.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a Retry-After', () => {
  test.each([408, 413, 429, 500, 502, 503, 504])('holds the job and its origin: %d', (status) => {
    const decision = policyOf().decide(responded(status, '60'), HALF);
    expect(decision).toEqual(retried({ delay: 60_000, hold: 60_000 }));
  });

  test('that is a date counts from now', () => {
    const decision = policyOf().decide(responded(503, 'Sat, 21 Nov 2026 12:00:09 GMT'), HALF);
    expect(decision).toEqual(retried({ delay: 9000, hold: 9000 }));
  });

  test('of 0 is as none', () => {
    expect(policyOf().decide(responded(503, '0'), HALF)).toEqual(retried());
  });

  test.each(['61', '1'.padEnd(31, '0'), '1'.padEnd(400, '0'), 'Sat, 21 Nov 2026 12:01:01 GMT'])(
    'longer than maxRetryAfter is not waited for: %s',
    (value) => {
      expect(policyOf().decide(responded(503, value), HALF)).toBeUndefined();
      expect(policyOf().decide(responded(429, value), HALF)).toBeUndefined();
      const policy = policyOf({ shouldRetry: () => true });
      expect(policy.decide(responded(503, value), HALF)).toBeUndefined();
    },
  );

  test('is waited for up to maxRetryAfter', () => {
    const policy = policyOf({ maxRetryAfter: 2000 });
    expect(policy.decide(responded(503, '2'), HALF)).toEqual(retried({ delay: 2000, hold: 2000 }));
    expect(policy.decide(responded(503, '2.001'), HALF)).toBeUndefined();
  });

  test('holds the origin even if the job is not retried', () => {
    const hold = notRetried({ hold: 5000 });
    const posted = { requestKwargs: { method: 'POST' } };
    expect(policyOf().decide(responded(503, '5', posted), HALF)).toEqual(hold);
    expect(policyOf().decide(responded(503, '5', { attempts: 3 }), HALF)).toEqual(hold);
    const policy = policyOf({ shouldRetry: () => false });
    expect(policy.decide(responded(503, '5'), HALF)).toEqual(hold);
  });
});

describe('a 429 without a usable Retry-After', () => {
  test.each([undefined, '0', 'soon', 'Sat, 21 Nov 2026 11:59:59 GMT'])(
    'leaves the wait to its origin: %s',
    (value) => {
      const decision = policyOf().decide(responded(429, value), HALF);
      expect(decision).toEqual(retried({ delay: 0, isThrottled: true }));
    },
  );

  test('is told even if the job is not retried', () => {
    const decision = policyOf().decide(responded(429, undefined, { attempts: 3 }), HALF);
    expect(decision).toEqual(notRetried({ isThrottled: true }));
  });
});

test('without circumstances it is now, and left to chance', () => {
  vi.useFakeTimers({ now: NOW });
  vi.spyOn(Math, 'random').mockReturnValue(0.25);
  const policy = policyOf();
  expect(policy.decide(responded(503))).toEqual(retried({ delay: 250 }));
  const dated = responded(503, 'Sat, 21 Nov 2026 12:00:09 GMT');
  expect(policy.decide(dated)).toEqual(retried({ delay: 9000, hold: 9000 }));
  expect(policy.backoff(2)).toBe(500);
});

describe('a backoff', () => {
  const milliseconds = fc.double({ min: 0, noNaN: true });
  const options = fc.record({
    backoffBase: milliseconds,
    backoffFactor: fc.double({ min: 1, noNaN: true }),
    backoffLimit: milliseconds,
  });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const step = fc.oneof(
    fc.integer({ min: 1, max: 2000 }),
    fc.maxSafeNat().map((n) => n + 1),
  );

  test('is from 0 to its limit, and to what a timer can count', async () => {
    const property = fc.property(options, step, random, (drawn, at, chance) => {
      const wait = policyOf(drawn).backoff(at, chance);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(drawn.backoffLimit, 2 ** 31 - 1));
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  test('has an end that grows by its factor with each step, and never shrinks', async () => {
    const property = fc.property(options, step, (drawn, at) => {
      const policy = policyOf(drawn);
      expect(policy.backoff(at + 1, 1)).toBeGreaterThanOrEqual(policy.backoff(at, 1));
    });
    await fc.assert(property);
    const policy = policyOf({ backoffBase: 100, backoffFactor: 3, backoffLimit: 2000 });
    expect([1, 2, 3, 4].map((at) => policy.backoff(at, 1))).toEqual([100, 300, 900, 2000]);
  });

  test('is 0 for ever where its base is', () => {
    const policy = policyOf({ backoffBase: 0, backoffFactor: 1e9 });
    expect([1, 2, 1e6].map((at) => policy.backoff(at, 0.9))).toEqual([0, 0, 0]);
  });

  test('is at its limit once it has grown beyond all numbers', () => {
    expect(policyOf().backoff(5000, 0.5)).toBe(15_000);
  });

  test('is as likely in any part of its range', () => {
    const parts = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) {
      const part = Math.floor(policyOf().backoff(3, i / 1000) / 1000);
      parts[part] = (parts[part] ?? 0) + 1;
    }
    expect(parts).toEqual([250, 250, 250, 250]);
  });
});
