import { describe, expect, test, vi } from 'vitest';
import { InvalidJobError, TimeoutError } from '../../src/index.js';
import type { Attempt } from '../../src/retry/attempt.js';
import { type Decision, RetryPolicy } from '../../src/retry/retry-policy.js';
import { failed, HALF, notRetried, policyOf, responded, retried } from '../helpers/attempts.js';

describe('shouldRetry', () => {
  const verdicts = (...answers: unknown[]) => {
    const shouldRetry = vi.fn((_: Attempt) => answers.shift() as boolean | undefined);
    return { shouldRetry, policy: policyOf({ shouldRetry }) };
  };

  test('is given the attempt, and nothing to hold on to', () => {
    const { shouldRetry, policy } = verdicts(undefined);
    const attempt = responded(200);
    expect(policy.decide(attempt, HALF)).toBeUndefined();
    expect(shouldRetry.mock.calls).toEqual([[attempt]]);
    expect(shouldRetry.mock.calls[0]?.[0]).toBe(attempt);
    expect(shouldRetry.mock.contexts).toEqual([undefined]);
  });

  test('may know the types of the jobs and the responses', () => {
    type Typed = Attempt<{ url: string }, { statusCode: number; rows: number }>;
    const policy = RetryPolicy.from<Typed>({
      shouldRetry: ({ requestKwargs, response }) =>
        requestKwargs.url === 'http://h/' && response?.rows === 0,
    });
    const attempt = { requestKwargs: { url: 'http://h/' }, attempts: 1, exception: undefined };
    const empty = { statusCode: 200, rows: 0 };
    expect(policy?.concerns(empty)).toBe(true);
    expect(policy?.decide({ ...attempt, response: empty }, HALF)).toEqual(retried());
  });

  test.each<[string, Attempt]>([
    ['a response of 200', responded(200)],
    ['a response of 404', responded(404)],
    ['a job of POST', responded(503, undefined, { requestKwargs: { method: 'POST' } })],
    ['an error that lasts', failed(new InvalidJobError('x'))],
    ['what is no error', failed('x')],
  ])('that is true retries %s', (_, attempt) => {
    expect(verdicts(true).policy.decide(attempt, HALF)).toEqual(retried());
    expect(verdicts(undefined).policy.decide(attempt, HALF)).toBeUndefined();
  });

  test('that is true retries as the response asks', () => {
    const { policy } = verdicts(true, true, true);
    const held = retried({ delay: 5000, hold: 5000 });
    expect(policy.decide(responded(403, '5'), HALF)).toEqual(held);
    expect(policy.decide(responded(200, '5'), HALF)).toEqual(held);
    const others = policyOf({ statusCodes: [], shouldRetry: () => true });
    const throttled = retried({ delay: 0, isThrottled: true });
    expect(others.decide(responded(429), HALF)).toEqual(throttled);
  });

  test('that is false does not', () => {
    const { policy } = verdicts(false, false, false);
    expect(policy.decide(responded(503), HALF)).toBeUndefined();
    expect(policy.decide(failed(new TimeoutError('x')), HALF)).toBeUndefined();
    expect(policy.decide(responded(429), HALF)).toEqual(notRetried({ isThrottled: true }));
  });

  test('that is undefined leaves it to the other options', () => {
    const { policy } = verdicts(undefined, undefined);
    expect(policy.decide(responded(503), HALF)).toEqual(retried());
    expect(policy.decide(responded(404), HALF)).toBeUndefined();
  });

  test('is asked within the limit alone', () => {
    const { shouldRetry, policy } = verdicts(true, true);
    expect(policy.decide(responded(200, undefined, { attempts: 2 }), HALF)).toBeDefined();
    expect(policy.decide(responded(200, undefined, { attempts: 3 }), HALF)).toBeUndefined();
    expect(policy.decide(responded(503, '5', { attempts: 3 }), HALF)).toEqual(
      notRetried({ hold: 5000 }),
    );
    expect(shouldRetry).toHaveBeenCalledTimes(1);
  });

  test.each<[unknown, Decision | undefined]>([
    [true, retried()],
    [false, undefined],
    [undefined, undefined],
  ])('may take its time to say %s', async (verdict, expected) => {
    const { policy } = verdicts(Promise.resolve(verdict));
    const decision = policy.decide(responded(404), HALF);
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toEqual(expected);
  });

  test('may return anything that has a then()', async () => {
    const then = (resolve: (verdict: boolean) => void) => void resolve(true);
    const decision = verdicts({ then }).policy.decide(responded(404), HALF);
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toEqual(retried());
  });

  test('throws for all', async () => {
    const broken = new Error('the hook broke');
    const throws = policyOf({
      shouldRetry: () => {
        throw broken;
      },
    });
    expect(() => throws.decide(responded(200), HALF)).toThrow(broken);
    const rejects = policyOf({ shouldRetry: () => Promise.reject(broken) });
    await expect(rejects.decide(responded(200), HALF)).rejects.toBe(broken);
  });

  test.each([null, 1, 'yes', {}])('that is %j is refused', async (verdict) => {
    const { policy } = verdicts(verdict, Promise.resolve(verdict));
    const shown = JSON.stringify(verdict).replaceAll('"', "'");
    const error = new TypeError(`shouldRetry must return true, false or undefined, got ${shown}`);
    expect(() => policy.decide(responded(200), HALF)).toThrow(error);
    await expect(policy.decide(responded(200), HALF)).rejects.toThrow(error);
  });
});
