import { describe, expect, test } from 'vitest';
import { InvalidJobError, TimeoutError } from '../../src/index.js';
import { type Decision, RetryPolicy } from '../../src/retry/retry-policy.js';
import { attemptOf, failed, HALF, policyOf, responded, retried } from '../helpers/attempts.js';

describe('there is no policy', () => {
  test('where nobody asked for one', () => {
    expect(RetryPolicy.from(undefined)).toBeUndefined();
    expect(RetryPolicy.from(undefined, undefined)).toBeUndefined();
  });

  test('where the limit is 0', () => {
    expect(RetryPolicy.from(0)).toBeUndefined();
    expect(RetryPolicy.from({ limit: 0 })).toBeUndefined();
    expect(RetryPolicy.from(undefined, 0)).toBeUndefined();
    expect(RetryPolicy.from(3, 0)).toBeUndefined();
    expect(RetryPolicy.from(0, { statusCodes: [500] })).toBeUndefined();
  });
});

describe('a policy', () => {
  test("is the pool's where a job says nothing", () => {
    const policy = RetryPolicy.from(1, undefined);
    expect(policy?.decide(responded(503), HALF)).toEqual(retried());
    expect(policy?.decide(responded(503, undefined, { attempts: 2 }), HALF)).toBeUndefined();
  });

  test("is the job's where the pool has none", () => {
    expect(RetryPolicy.from(undefined, {})?.decide(responded(503), HALF)).toEqual(retried());
  });

  test("is the job's over the pool's", () => {
    const policy = RetryPolicy.from({ limit: 0, backoffBase: 10 }, 1);
    expect(policy?.decide(responded(503), HALF)).toEqual(retried({ delay: 5 }));
  });

  test('refuses a wrong value as whose it is', () => {
    expect(() => RetryPolicy.from(-1)).toThrow(RangeError);
    expect(() => RetryPolicy.from(undefined, -1)).toThrow(InvalidJobError);
  });
});

describe('a response is looked at', () => {
  test.each<[unknown, boolean]>([
    [{ statusCode: 503 }, true],
    [{ statusCode: 200 }, false],
    [{ statusCode: 404 }, false],
    [{ status: 503 }, true],
    [{ status: 200 }, false],
    [{ statusCode: 200, status: 503 }, false],
    [{ statusCode: '503' }, false],
    [{ statusCode: '200', status: 503 }, true],
    [{ status: '503' }, false],
    [{}, false],
    ['503', false],
    [null, false],
    [undefined, false],
  ])('%j: %s', (response, isConcerned) => {
    expect(policyOf().concerns(response)).toBe(isConcerned);
    const decision = policyOf().decide(attemptOf({ response }), HALF);
    expect(decision).toEqual(isConcerned ? retried() : undefined);
  });

  test('whatever it is, where there is a hook', () => {
    expect(policyOf({ shouldRetry: () => undefined }).concerns({ statusCode: 200 })).toBe(true);
  });
});

describe('by its status, a response', () => {
  test.each([408, 413, 500, 502, 503, 504])('of %d is retried', (status) => {
    expect(policyOf().decide(responded(status), HALF)).toEqual(retried());
  });

  test.each([200, 204, 304, 400, 401, 403, 404, 409, 422, 425, 501, 505])(
    'of %d is not, whatever it asks for',
    (status) => {
      expect(policyOf().decide(responded(status), HALF)).toBeUndefined();
      expect(policyOf().decide(responded(status, '5'), HALF)).toBeUndefined();
    },
  );

  test('is retried as statusCodes say', () => {
    const policy = policyOf({ statusCodes: [404] });
    expect(policy.decide(responded(404), HALF)).toEqual(retried());
    expect(policy.decide(responded(503, '5'), HALF)).toBeUndefined();
    expect(policy.decide(responded(429), HALF)).toBeUndefined();
  });
});

describe('by its method, a job', () => {
  test.each<[unknown, boolean]>([
    [undefined, true],
    [{}, true],
    [null, true],
    ['http://h/', true],
    [{ method: undefined }, true],
    [{ method: 5 }, true],
    [{ method: 'GET' }, true],
    [{ method: 'put' }, true],
    [{ method: 'Delete' }, true],
    [{ method: 'HEAD' }, true],
    [{ method: 'options' }, true],
    [{ method: 'TRACE' }, true],
    [{ method: 'POST' }, false],
    [{ method: 'patch' }, false],
    [{ method: 'PROPFIND' }, false],
  ])('%j is retried: %s', (requestKwargs, isRetried) => {
    const expected = isRetried ? retried() : undefined;
    const policy = policyOf();
    expect(policy.decide(responded(503, undefined, { requestKwargs }), HALF)).toEqual(expected);
    expect(policy.decide(failed(new TimeoutError('x'), { requestKwargs }), HALF)).toEqual(expected);
  });

  test('is retried as methods say', () => {
    const policy = policyOf({ methods: ['post'] });
    const posted = responded(503, undefined, { requestKwargs: { method: 'Post' } });
    expect(policy.decide(posted, HALF)).toEqual(retried());
    expect(policy.decide(responded(503), HALF)).toBeUndefined();
  });
});

describe('a job is retried', () => {
  test.each([
    [1, 1, true],
    [1, 2, false],
    [3, 3, true],
    [3, 4, false],
    [Infinity, 1e9, true],
  ])('with a limit of %d after %d attempts: %s', (limit, attempts, isRetried) => {
    const decision = policyOf({ limit }).decide(responded(503, undefined, { attempts }), HALF);
    expect(decision !== undefined).toBe(isRetried);
  });

  test('after waits that grow to their limit', () => {
    const policy = policyOf({ limit: Infinity, backoffLimit: 5000 });
    const delays = [1, 2, 3, 4, 5].map((attempts) => {
      const decision = policy.decide(responded(503, undefined, { attempts }), HALF);
      return (decision as Decision).delay;
    });
    expect(delays).toEqual([500, 1000, 2000, 2500, 2500]);
  });
});
