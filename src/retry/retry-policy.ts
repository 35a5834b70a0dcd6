import { type Awaitable, isPromiseLike } from '../awaitable.js';
import { show } from '../show.js';
import { type Attempt, answerOf, statusOf } from './attempt.js';
import { retryAfterOf } from './retry-after.js';
import type { Retry } from './retry-options.js';
import { jobRules, poolRules, type RetryRules } from './retry-rules.js';
import { isAbort, isTransient } from './transient-errors.js';

/** What a decision needs from outside. */
export interface Circumstances {
  /** In milliseconds since 1970. */
  readonly now: number;
  /** From 0 to 1, as of `Math.random()`. */
  readonly random: number;
}

/** What becomes of an attempt that calls for something. */
export interface Decision {
  /** If not, the attempt is the job's outcome. */
  readonly isRetried: boolean;
  /** Milliseconds before the job may go again; 0 if it does not. */
  readonly delay: number;
  /** Milliseconds for which the origin asked to be left alone, whether this job is retried or not. */
  readonly hold: number | undefined;
  /** Whether the origin asked for fewer requests (429) without a Retry-After: it is to be paused. */
  readonly isThrottled: boolean;
}

/** What an answer asks for. */
interface Wish {
  readonly hold: number | undefined;
  readonly isThrottled: boolean;
  /** Whether it is a Retry-After longer than is waited for. */
  readonly isTooLong: boolean;
}

const NO_WISH: Wish = { hold: undefined, isThrottled: false, isTooLong: false };

const TOO_MANY_REQUESTS = 429;

/** Decides which attempts are retried, and when. Has no state: one serves any number of jobs. */
export class RetryPolicy<A extends Attempt = Attempt> {
  readonly #rules: RetryRules<A>;

  private constructor(rules: RetryRules<A>) {
    this.#rules = rules;
  }

  /**
   * The policy of a job's `retry` over its pool's; undefined if nothing is to be retried. Without a
   * job's, that of all jobs that have none, to be made once.
   *
   * @throws TypeError or RangeError for a wrong `pool`; InvalidJobError for a wrong `job`
   */
  static from<A extends Attempt>(
    pool: Retry<A> | undefined,
    job?: Retry<A> | undefined,
  ): RetryPolicy<A> | undefined {
    const ofPool = pool === undefined ? undefined : poolRules(pool);
    const rules = job === undefined ? ofPool : jobRules(job, ofPool);
    return rules === undefined || rules.limit === 0 ? undefined : new RetryPolicy(rules);
  }

  /** Whether a response is one to decide on. Where it is not, `decide()` would say nothing. */
  concerns(response: A['response']): boolean {
    if (this.#rules.shouldRetry !== undefined) return true;
    return this.#rules.statusCodes.has(statusOf(response) as number);
  }

  /**
   * What becomes of an attempt; undefined if it is the job's outcome and asks for nothing. A promise
   * only where `shouldRetry` returns one.
   *
   * @throws TypeError if `shouldRetry` returns neither a boolean nor undefined; what it throws, or a
   * getter of the response or of the exception
   */
  decide(attempt: A, circumstances = rightNow()): Awaitable<Decision | undefined> {
    if (isAbort(attempt.exception)) return undefined;
    const { shouldRetry } = this.#rules;
    const answer = this.#isWithinLimit(attempt) ? shouldRetry?.(attempt) : undefined;
    return isPromiseLike(answer)
      ? Promise.resolve(answer).then((verdict) => this.#judge(attempt, verdict, circumstances))
      : this.#judge(attempt, answer, circumstances);
  }

  /**
   * How long to wait before a retry, in milliseconds: anything up to an end that grows with each
   * step, so that jobs that failed together do not come back together ("full jitter").
   *
   * @param step 1 for the first
   * @param random from 0 to 1
   */
  backoff(step: number, random = Math.random()): number {
    const { backoffBase, backoffFactor, backoffLimit } = this.#rules;
    // Infinity times a base of 0 would be no number.
    const growth = Math.min(backoffFactor ** (step - 1), Number.MAX_VALUE);
    return random * Math.min(backoffLimit, backoffBase * growth);
  }

  #isWithinLimit({ attempts }: A): boolean {
    return attempts <= this.#rules.limit;
  }

  #judge(attempt: A, answer: unknown, circumstances: Circumstances): Decision | undefined {
    const verdict = checkedVerdict(answer);
    const { hold, isThrottled, isTooLong } = this.#wishOf(attempt, verdict, circumstances.now);
    const isRetried =
      this.#isWithinLimit(attempt) && !isTooLong && (verdict ?? this.#isRetriable(attempt));
    if (isRetried) {
      const backoff = this.backoff(attempt.attempts, circumstances.random);
      return { isRetried, delay: isThrottled ? 0 : (hold ?? backoff), hold, isThrottled };
    }
    if (hold === undefined && !isThrottled) return undefined;
    return { isRetried, delay: 0, hold, isThrottled };
  }

  /** Of an answer that is none to retry, nothing is looked at, unless `shouldRetry` says otherwise. */
  #wishOf(attempt: A, verdict: boolean | undefined, now: number): Wish {
    const answer = answerOf(attempt);
    const status = statusOf(answer);
    if (verdict !== true && !this.#rules.statusCodes.has(status as number)) return NO_WISH;
    const asked = retryAfterOf(answer, now);
    if (asked === undefined) return { ...NO_WISH, isThrottled: status === TOO_MANY_REQUESTS };
    return asked > this.#rules.maxRetryAfter
      ? { ...NO_WISH, isTooLong: true }
      : { ...NO_WISH, hold: asked };
  }

  /** By the options alone. An exception with a response of 400 or above goes by that status. */
  #isRetriable(attempt: A): boolean {
    const { methods, statusCodes, errorCodes } = this.#rules;
    if (!methods.has(methodOf(attempt.requestKwargs))) return false;
    const status = statusOf(answerOf(attempt)) ?? 0;
    if (statusCodes.has(status)) return true;
    return status < 400 && isTransient(attempt.exception, errorCodes);
  }
}

function rightNow(): Circumstances {
  return { now: Date.now(), random: Math.random() };
}

function methodOf(job: unknown): string {
  const method = (job as { method?: unknown } | null | undefined)?.method;
  return typeof method === 'string' ? method.toUpperCase() : 'GET';
}

/** @throws TypeError if it is neither a boolean nor undefined */
function checkedVerdict(verdict: unknown): boolean | undefined {
  if (verdict !== undefined && typeof verdict !== 'boolean')
    throw new TypeError(`shouldRetry must return true, false or undefined, got ${show(verdict)}`);
  return verdict;
}
