import type { Awaitable, OrNothing } from '../awaitable.js';
import type { Attempt } from './attempt.js';

/** When a job that failed is tried again. A number is the `limit`. */
export type Retry<A = Attempt> = number | RetryOptions<A>;

/** All times in milliseconds; Infinity, or more than a timer can count, is 2_147_483_647. */
export interface RetryOptions<A = Attempt> {
  /** Retries after the first attempt: a whole number or Infinity; 0 for none. @default 2 */
  limit?: number | undefined;
  /**
   * In any case. Others are retried by `shouldRetry` alone.
   *
   * @default those that are idempotent (RFC 9110 §9.2.2): GET, HEAD, OPTIONS, TRACE, PUT, DELETE
   */
  methods?: readonly string[] | undefined;
  /** @default [408, 413, 429, 500, 502, 503, 504] */
  statusCodes?: readonly number[] | undefined;
  /**
   * The `code` of an error, or of its `cause`. Where it is given, those alone are retried.
   *
   * @default timeouts, broken connections and broken responses, but no failure of TLS
   */
  errorCodes?: readonly string[] | undefined;
  /** The upper end of the first wait. @default 1000 */
  backoffBase?: number | undefined;
  /** What each wait's upper end is longer by than the one before, from 1 on. @default 2 */
  backoffFactor?: number | undefined;
  /** The upper end of any wait. @default 30_000 */
  backoffLimit?: number | undefined;
  /** A longer Retry-After is not waited for: the response is the outcome. @default 60_000 */
  maxRetryAfter?: number | undefined;
  /**
   * Has the last word on each response, whatever its status, and each exception but an abort, while
   * `limit` lasts: true retries, false does not, undefined leaves it to the other options. What it
   * throws is the job's exception.
   */
  shouldRetry?: ((attempt: A) => Awaitable<OrNothing<boolean>>) | undefined;
}
