import { type Awaitable, isPromiseLike } from './awaitable.js';
import { AbortError, RequestError } from './errors.js';
import { onAbort } from './http/abort-signals.js';
import type { Response } from './http/response.js';
import type { Job } from './job.js';
import type { RequestMessage } from './message.js';
import { spentBodyError } from './request/body/spent-body.js';
import type { Attempt } from './retry/attempt.js';
import { type Decision, RetryPolicy } from './retry/retry-policy.js';

type JobAttempt = Attempt<Job, Response>;
type JobPolicy = RetryPolicy<JobAttempt>;

/**
 * Tries a job until an attempt is its last, as its `retry` says; `timeout.total` is for each. For
 * want of a pool, nothing but this job heeds a Retry-After, and a 429 without one is backed off from.
 *
 * @param other a signal beside the job's
 * @param attempt makes the request once
 * @throws InvalidJobError for a wrong `retry`
 * @throws AbortError if the job's signal is aborted while it waits
 */
export async function requestWithRetries(
  job: Job,
  other: AbortSignal | undefined,
  attempt: () => Promise<Response>,
): Promise<Response> {
  const policy = RetryPolicy.from<JobAttempt>(undefined, job.retry);
  if (policy === undefined) return attempt();
  const signals = [job.signal, other].filter((signal) => signal !== undefined);
  const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  for (let attempts = 1; ; attempts++) {
    const result = await attempt().then(
      (response) => ({ requestKwargs: job, attempts, response, exception: undefined }),
      (exception) => ({ requestKwargs: job, attempts, response: undefined, exception }),
    );
    const delay = await delayAfter(result, policy, signal);
    if (delay === undefined) return outcomeOf(result);
    const spent = spentBodyError(job, result);
    if (spent !== undefined) throw spent;
    await wait(delay, signal, result);
  }
}

/** In milliseconds; undefined after the last attempt. One that is dropped is closed. */
async function delayAfter(
  attempt: JobAttempt,
  policy: JobPolicy,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let decision: Decision | undefined;
  try {
    decision = await raced(attempt, policy, signal);
  } catch (error) {
    attempt.response?.close();
    throw error;
  }
  if (!decision?.isRetried) return undefined;
  attempt.response?.close();
  return decision.isThrottled ? policy.backoff(attempt.attempts) : decision.delay;
}

/** @throws AbortError once the signal is aborted: a hook that takes its time does not hold its job up */
function raced(
  attempt: JobAttempt,
  policy: JobPolicy,
  signal: AbortSignal | undefined,
): Awaitable<Decision | undefined> {
  const decision = policy.decide(attempt);
  if (!isPromiseLike(decision) || signal === undefined) return decision;
  if (signal.aborted) throw aborted(signal, attempt);
  return new Promise((resolve, reject) => {
    const unlisten = onAbort(signal, () => reject(aborted(signal, attempt)));
    Promise.resolve(decision).finally(unlisten).then(resolve, reject);
  });
}

function outcomeOf({ response, exception }: JobAttempt): Response {
  if (response === undefined) throw exception;
  return response;
}

/** @throws AbortError, at once, when the signal is aborted */
async function wait(
  delay: number,
  signal: AbortSignal | undefined,
  attempt: JobAttempt,
): Promise<void> {
  if (!signal?.aborted) await elapsed(delay, signal);
  if (signal?.aborted) throw aborted(signal, attempt);
}

/** Resolves when the time is up, or the signal aborted. */
function elapsed(delay: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unlisten?.();
      resolve();
    };
    const timer = setTimeout(end, delay);
    const unlisten = signal && onAbort(signal, end);
  });
}

/** The exception of an auth function, say, knows no request. */
function aborted(signal: AbortSignal, { response, exception }: JobAttempt): AbortError {
  const known = exception instanceof RequestError ? exception : undefined;
  const request: RequestMessage | undefined = (response ?? known)?.request;
  const subject = request === undefined ? '' : `${request.method} ${request.url}: `;
  return new AbortError(`${subject}aborted by its signal before its retry`, {
    request,
    cause: signal.reason,
  });
}
