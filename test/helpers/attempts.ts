import { Headers } from '../../src/index.js';
import type { Attempt } from '../../src/retry/attempt.js';
import type { RetryOptions } from '../../src/retry/retry-options.js';
import { type Decision, RetryPolicy } from '../../src/retry/retry-policy.js';

/** When the decisions are made. */
export const NOW = Date.UTC(2026, 10, 21, 12);

/** What they are made with. */
export const HALF = { now: NOW, random: 0.5 };

/** The first wait with the default options and a `random` of 0.5. */
const FIRST = 500;

/** The policy of a pool. */
export const policyOf = (options: RetryOptions = {}) => RetryPolicy.from(options) as RetryPolicy;

/** The first attempt of a job, but for what is said. */
export const attemptOf = (over: Partial<Attempt>): Attempt => ({
  requestKwargs: { url: 'http://h/' },
  attempts: 1,
  response: undefined,
  exception: undefined,
  ...over,
});

/** A response with a status, and what it says of when to come back. */
export const answer = (statusCode: number, retryAfter?: string) => ({
  statusCode,
  headers: new Headers(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
});

/** An attempt that such a response came of. */
export const responded = (statusCode: number, retryAfter?: string, over: Partial<Attempt> = {}) =>
  attemptOf({ response: answer(statusCode, retryAfter), ...over });

/** An attempt that ended in an exception. */
export const failed = (exception: unknown, over: Partial<Attempt> = {}) =>
  attemptOf({ exception, ...over });

/** The decision to try again, but for what is said. */
export const retried = (over: Partial<Decision> = {}) => ({
  isRetried: true,
  delay: FIRST,
  hold: undefined,
  isThrottled: false,
  ...over,
});

/** The decision not to, but to tell the origin's wish. */
export const notRetried = (over: Partial<Decision> = {}) => ({
  isRetried: false,
  delay: 0,
  hold: undefined,
  isThrottled: false,
  ...over,
});
