import { TimeoutError } from '../errors.js';
import type { RequestMessage } from '../message.js';

/** What a deadline can put an end to. */
interface Abortable {
  abort(error: Error): void;
}

/** Aborts the step that is under way when the time is up, and every later one as it begins. */
export interface Deadline {
  /** @throws TimeoutError if the time is up */
  watch(step: Abortable): void;
}

/**
 * Runs `work` of many steps, and settles as it does, or rejects after `total` milliseconds,
 * whichever is first.
 *
 * @throws TimeoutError
 */
export function withDeadline<T>(
  request: RequestMessage,
  total: number,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  let current: Abortable | undefined;
  let expired: TimeoutError | undefined;
  const deadline: Deadline = {
    watch(step) {
      if (expired !== undefined) throw expired;
      current = step;
    },
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `${request.method} ${request.url}: not done within ${total} ms`;
      expired = new TimeoutError(message, { request });
      current?.abort(expired);
      reject(expired);
    }, total);
    work(deadline)
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}
