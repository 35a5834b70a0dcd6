import { type Awaitable, isPromiseLike } from './awaitable.js';
import { discard } from './discard.js';
import { type Outcome, ThreadException, ThreadResponse } from './queue/outcomes.js';
import type { OutcomeKind } from './queue/settlement.js';
import { originOf, type Ticket } from './queue/ticket.js';
import { type Attempt, answerOf } from './retry/attempt.js';

/** What came of an attempt. */
export interface Result<R> {
  /** A session may return undefined, and throw it too. */
  readonly kind: OutcomeKind;
  readonly response: R | undefined;
  readonly exception: unknown;
}

export function failure(exception: unknown): Result<never> {
  return { kind: 'exception', response: undefined, exception };
}

/**
 * What a response comes to under `raiseForStatus`, for sessions that do not look at it themselves.
 *
 * @param byDefault for jobs that say nothing
 */
export function checkStatus<R>(
  job: unknown,
  result: Result<R>,
  byDefault: boolean | undefined,
): Awaitable<Result<R>> {
  const fail = (exception: unknown): Result<R> => {
    discard(result.response);
    return failure(exception);
  };
  try {
    const { raiseForStatus = byDefault } = Object(job) as { readonly raiseForStatus?: unknown };
    if (raiseForStatus !== true) return result;
    const { raiseForStatus: raise } = Object(result.response) as { raiseForStatus?: unknown };
    const raised: unknown = typeof raise === 'function' ? raise.call(result.response) : undefined;
    return isPromiseLike(raised) ? Promise.resolve(raised).then(() => result, fail) : result;
  } catch (exception) {
    return fail(exception);
  }
}

/** What it is for those who look at outcomes. */
export function outcomeOf<J, R>(
  { job, index, attempts, session }: Ticket<J>,
  { kind, response, exception }: Result<R>,
): Outcome<J, R> {
  return kind === 'response'
    ? new ThreadResponse<J, R>(job, response as R, index, attempts, session)
    : new ThreadException<J, unknown>(job, exception, index, attempts, session);
}

/** What it is for those who decide on retries. */
export function attemptOf<J, R>(
  ticket: Ticket<J>,
  { response, exception }: Result<R>,
): Attempt<J, R> {
  return { requestKwargs: ticket.job, attempts: ticket.attempts, response, exception };
}

/** A redirect may have led to another than the job's, which is not to suffer for that. */
export function originOfAnswer(
  ticket: Ticket<unknown>,
  result: Result<unknown>,
): string | undefined {
  const { url } = Object(answerOf(attemptOf(ticket, result))) as { readonly url?: unknown };
  return originOf(url) ?? ticket.origin;
}
