import { InvalidJobError } from '../errors.js';
import { IDEMPOTENT } from '../idempotent.js';
import { unknownKey } from '../known-keys.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import type { Attempt } from './attempt.js';
import type { Retry, RetryOptions } from './retry-options.js';

/** The retry options of a job, none left out. */
export interface RetryRules<A = Attempt> {
  readonly limit: number;
  /** In upper case. */
  readonly methods: ReadonlySet<string>;
  readonly statusCodes: ReadonlySet<number>;
  /** Undefined for the errors that are retried by default. */
  readonly errorCodes: ReadonlySet<string> | undefined;
  readonly backoffBase: number;
  readonly backoffFactor: number;
  readonly backoffLimit: number;
  readonly maxRetryAfter: number;
  readonly shouldRetry: RetryOptions<A>['shouldRetry'];
}

const DEFAULT_RULES: RetryRules = {
  limit: 2,
  methods: IDEMPOTENT,
  statusCodes: new Set([408, 413, 429, 500, 502, 503, 504]),
  errorCodes: undefined,
  backoffBase: 1000,
  backoffFactor: 2,
  backoffLimit: 30_000,
  maxRetryAfter: 60_000,
  shouldRetry: undefined,
};

/** Throws, for a value of the wrong type or one out of range. */
type Refuse = (message: string, fault: 'type' | 'range') => never;

/** Makes of an option's value what the rules have of it. */
type Reader<T> = (value: unknown, name: string, refuse: Refuse) => T;

const READERS: { readonly [K in keyof RetryRules<never>]: Reader<RetryRules<never>[K]> } = {
  limit: numberFrom(
    0,
    'a whole number from 0 on, or Infinity',
    (value) => Number.isSafeInteger(value) || value === Infinity,
  ),
  methods: (...args) => new Set(readNames(...args).map((name) => name.toUpperCase())),
  statusCodes: (value, name, refuse) =>
    new Set(readList(value, name, refuse).map((code) => readStatusCode(code, name, refuse))),
  errorCodes: (...args) => new Set(readNames(...args)),
  backoffBase: readWait,
  backoffFactor: numberFrom(1, 'a number from 1 on'),
  backoffLimit: readWait,
  maxRetryAfter: readWait,
  shouldRetry: readHook,
};

const KEYS: ReadonlySet<string> = new Set(Object.keys(READERS));

/** What `setTimeout` can count; beyond it a timer would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Fills a pool's `retry` up from the defaults.
 *
 * @throws TypeError for an unknown key or a value of the wrong type; RangeError for one out of range
 */
export function poolRules<A extends Attempt>(retry: Retry<A>): RetryRules<A> {
  return rulesOf(retry, DEFAULT_RULES, (message, fault) => {
    throw fault === 'type' ? new TypeError(message) : new RangeError(message);
  });
}

/**
 * Fills a job's `retry` up from its pool's, field by field.
 *
 * @param pool @default the defaults
 * @throws InvalidJobError for an unknown key or a wrong value
 */
export function jobRules<A extends Attempt>(
  retry: Retry<A>,
  pool: RetryRules<A> = DEFAULT_RULES,
): RetryRules<A> {
  return rulesOf(retry, pool, (message) => {
    throw new InvalidJobError(message);
  });
}

function rulesOf<A>(retry: unknown, base: RetryRules<A>, refuse: Refuse): RetryRules<A> {
  if (typeof retry === 'number') return { ...base, limit: READERS.limit(retry, 'retry', refuse) };
  if (!isPlainObject(retry))
    return refuse(`retry must be a number or a record, got ${show(retry)}`, 'type');
  const unknown = unknownKey(retry as object, KEYS);
  if (unknown !== undefined) refuse(`retry: ${unknown}`, 'type');
  const rules: Record<string, unknown> = { ...base };
  for (const [key, read] of Object.entries<Reader<unknown>>(READERS)) {
    const value = (retry as Record<string, unknown>)[key];
    if (value !== undefined) rules[key] = read(value, `retry.${key}`, refuse);
  }
  return rules as unknown as RetryRules<A>;
}

function numberFrom(
  least: number,
  expected: string,
  isWanted: (value: number) => boolean = () => true,
): Reader<number> {
  return (value, name, refuse) => {
    const isNumber = typeof value === 'number';
    if (isNumber && value >= least && isWanted(value)) return value;
    return refuse(`${name} must be ${expected}, got ${show(value)}`, isNumber ? 'range' : 'type');
  };
}

function readWait(value: unknown, name: string, refuse: Refuse): number {
  return Math.min(
    numberFrom(0, 'a number of milliseconds from 0 on')(value, name, refuse),
    LONGEST,
  );
}

function readStatusCode(value: unknown, name: string, refuse: Refuse): number {
  const isInRange = (code: number) => Number.isInteger(code) && code <= 999;
  return numberFrom(100, 'an array of statuses, 100 to 999', isInRange)(value, name, refuse);
}

function readNames(value: unknown, name: string, refuse: Refuse): readonly string[] {
  return readList(value, name, refuse).map((item) =>
    typeof item === 'string' && item !== ''
      ? item
      : refuse(`${name} must be an array of names, got ${show(item)} in it`, 'type'),
  );
}

function readList(value: unknown, name: string, refuse: Refuse): readonly unknown[] {
  if (Array.isArray(value)) return Array.from<unknown>(value);
  return refuse(`${name} must be an array, got ${show(value)}`, 'type');
}

function readHook(value: unknown, name: string, refuse: Refuse): RetryRules<never>['shouldRetry'] {
  if (typeof value === 'function') return value as RetryRules<never>['shouldRetry'];
  return refuse(`${name} must be a function, got ${show(value)}`, 'type');
}
