import { describe, expect, test } from 'vitest';
import { InvalidJobError } from '../../src/index.js';
import type { Retry } from '../../src/retry/retry-options.js';
import { jobRules, poolRules } from '../../src/retry/retry-rules.js';

const DEFAULTS = {
  limit: 2,
  methods: new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']),
  statusCodes: new Set([408, 413, 429, 500, 502, 503, 504]),
  errorCodes: undefined,
  backoffBase: 1000,
  backoffFactor: 2,
  backoffLimit: 30_000,
  maxRetryAfter: 60_000,
  shouldRetry: undefined,
};

const hook = () => true;

describe('the defaults are filled up by', () => {
  test.each<[string, Retry, object]>([
    ['an empty record', {}, {}],
    ['undefined', { limit: undefined, methods: undefined } as object, {}],
    ['a number, which is the limit', 5, { limit: 5 }],
    ['no limit', Infinity, { limit: Infinity }],
    ['a limit', { limit: 0 }, { limit: 0 }],
    ['methods in any case', { methods: ['post', 'GET'] }, { methods: new Set(['POST', 'GET']) }],
    ['no method', { methods: [] }, { methods: new Set() }],
    ['statuses', { statusCodes: [100, 418, 999] }, { statusCodes: new Set([100, 418, 999]) }],
    ['codes', { errorCodes: ['EPIPE', 'Mine'] }, { errorCodes: new Set(['EPIPE', 'Mine']) }],
    ['no code', { errorCodes: [] }, { errorCodes: new Set() }],
    [
      'a backoff of none',
      { backoffBase: 0, backoffFactor: 1 },
      { backoffBase: 0, backoffFactor: 1 },
    ],
    ['parts of milliseconds', { backoffLimit: 0.5 }, { backoffLimit: 0.5 }],
    ['what a timer can count', { maxRetryAfter: 2 ** 31 }, { maxRetryAfter: 2 ** 31 - 1 }],
    [
      'times without end',
      { backoffBase: Infinity, backoffLimit: Infinity, maxRetryAfter: Infinity },
      { backoffBase: 2 ** 31 - 1, backoffLimit: 2 ** 31 - 1, maxRetryAfter: 2 ** 31 - 1 },
    ],
    ['a hook', { shouldRetry: hook }, { shouldRetry: hook }],
  ])('%s', (_, retry, rules) => {
    expect(poolRules(retry)).toEqual({ ...DEFAULTS, ...rules });
    expect(jobRules(retry)).toEqual({ ...DEFAULTS, ...rules });
  });
});

describe("a job's retry goes over the pool's", () => {
  const pool = poolRules({ limit: 7, methods: ['POST'], shouldRetry: hook });

  test('field by field', () => {
    const rules = jobRules({ methods: ['PATCH'], backoffBase: 5 }, pool);
    expect(rules).toEqual({ ...pool, methods: new Set(['PATCH']), backoffBase: 5 });
  });

  test('as a number in its limit alone', () => {
    expect(jobRules(0, pool)).toEqual({ ...pool, limit: 0 });
  });

  test('and leaves it as it was', () => {
    jobRules({ limit: 1, statusCodes: [] }, pool);
    expect(pool).toEqual({ ...DEFAULTS, limit: 7, methods: new Set(['POST']), shouldRetry: hook });
    expect(poolRules({})).toEqual(DEFAULTS);
  });
});

test('arrays that change later change no rules', () => {
  const statusCodes = [500];
  const rules = poolRules({ statusCodes });
  statusCodes.push(503);
  expect(rules.statusCodes).toEqual(new Set([500]));
});

describe('a retry is refused', () => {
  const limit = 'a whole number from 0 on, or Infinity';
  const time = 'a number of milliseconds from 0 on';
  const statuses = 'retry.statusCodes must be an array of statuses, 100 to 999';
  test.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    [null, TypeError, 'retry must be a number or a record, got null'],
    [true, TypeError, 'retry must be a number or a record, got true'],
    ['2', TypeError, "retry must be a number or a record, got '2'"],
    [[2], TypeError, 'retry must be a number or a record, got [ 2 ]'],
    [new Map(), TypeError, 'retry must be a number or a record, got Map(0) {}'],
    [-1, RangeError, `retry must be ${limit}, got -1`],
    [1.5, RangeError, `retry must be ${limit}, got 1.5`],
    [Number.NaN, RangeError, `retry must be ${limit}, got NaN`],
    [-Infinity, RangeError, `retry must be ${limit}, got -Infinity`],
    [{ limit: '2' }, TypeError, `retry.limit must be ${limit}, got '2'`],
    [{ limit: null }, TypeError, `retry.limit must be ${limit}, got null`],
    [{ limit: 0.5 }, RangeError, `retry.limit must be ${limit}, got 0.5`],
    [{ limits: 2 }, TypeError, 'retry: unknown key "limits"; did you mean "limit"?'],
    [{ method: ['GET'] }, TypeError, 'retry: unknown key "method"; did you mean "methods"?'],
    [{ methods: 'GET' }, TypeError, "retry.methods must be an array, got 'GET'"],
    [{ methods: ['GET', 5] }, TypeError, 'retry.methods must be an array of names, got 5 in it'],
    [{ methods: [''] }, TypeError, "retry.methods must be an array of names, got '' in it"],
    [
      { methods: new Array(1) },
      TypeError,
      'retry.methods must be an array of names, got undefined in it',
    ],
    [{ statusCodes: 500 }, TypeError, 'retry.statusCodes must be an array, got 500'],
    [{ statusCodes: [500, '503'] }, TypeError, `${statuses}, got '503'`],
    [{ statusCodes: [99] }, RangeError, `${statuses}, got 99`],
    [{ statusCodes: [1000] }, RangeError, `${statuses}, got 1000`],
    [{ statusCodes: [500.5] }, RangeError, `${statuses}, got 500.5`],
    [{ statusCodes: new Array(1) }, TypeError, `${statuses}, got undefined`],
    [{ errorCodes: 'EPIPE' }, TypeError, "retry.errorCodes must be an array, got 'EPIPE'"],
    [{ errorCodes: [{}] }, TypeError, 'retry.errorCodes must be an array of names, got {} in it'],
    [{ backoffBase: -1 }, RangeError, `retry.backoffBase must be ${time}, got -1`],
    [{ backoffBase: '1s' }, TypeError, `retry.backoffBase must be ${time}, got '1s'`],
    [{ backoffLimit: Number.NaN }, RangeError, `retry.backoffLimit must be ${time}, got NaN`],
    [{ maxRetryAfter: -0.1 }, RangeError, `retry.maxRetryAfter must be ${time}, got -0.1`],
    [{ backoffFactor: 0.9 }, RangeError, 'retry.backoffFactor must be a number from 1 on, got 0.9'],
    [{ backoffFactor: 2n }, TypeError, 'retry.backoffFactor must be a number from 1 on, got 2n'],
    [{ shouldRetry: true }, TypeError, 'retry.shouldRetry must be a function, got true'],
  ])('%o', (retry, ErrorClass, message) => {
    expect(() => poolRules(retry as Retry)).toThrow(new ErrorClass(message));
    expect(() => jobRules(retry as Retry)).toThrow(new InvalidJobError(message));
  });
});
