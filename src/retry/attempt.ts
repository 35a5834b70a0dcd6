/** One try of a job that failed, or was answered: what `shouldRetry` and the `retry` event are given. */
export interface Attempt<J = unknown, R = unknown> {
  /** The very object that was queued. */
  readonly requestKwargs: J;
  /** How many there were, this one included: 1 for the first. */
  readonly attempts: number;
  /** What the session's `request()` resolved with. */
  readonly response: R | undefined;
  /** What was thrown; undefined if there is a response. */
  readonly exception: unknown;
}

/** The status of a response of ours, or of any that has a `statusCode` or `status` that is a number. */
export function statusOf(response: unknown): number | undefined {
  const { statusCode, status } = (response ?? {}) as { statusCode?: unknown; status?: unknown };
  if (typeof statusCode === 'number') return statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** The response that an attempt was answered with, be it that of an exception, as of an `HTTPError`. */
export function answerOf({ response, exception }: Attempt): unknown {
  return response ?? (exception as { response?: unknown } | null | undefined)?.response;
}
