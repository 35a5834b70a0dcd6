import { Pool } from './pool.js';
import type { PoolOptions } from './pool-options.js';
import { toJobSource } from './queue/iterable-source.js';
import type { Session } from './session.js';
import type { JobOf, SessionLike } from './session-like.js';
import { show } from './show.js';

type Outcomes<S extends SessionLike> = readonly [
  responses: ReturnType<Pool<S>['responses']>,
  exceptions: ReturnType<Pool<S>['exceptions']>,
];

/**
 * Makes the requests in a pool that is already running, and gives its responses and its
 * exceptions; the port of `requests_toolbelt.threaded.map`.
 *
 * @throws TypeError if `requests` is empty or not iterable, or if it is an array with something in
 * it that is not a job
 */
export function map<S extends SessionLike = Session>(
  requests: Iterable<JobOf<S>> | AsyncIterable<JobOf<S>>,
  options: Omit<PoolOptions<S>, 'jobQueue'> = {},
): Outcomes<S> {
  checkRequests(requests);
  const pool = new Pool<S>({ ...options, jobQueue: toJobSource(requests, 'requests') });
  return [pool.responses(), pool.exceptions()];
}

/** As early as it can be seen: a generator is found empty only when it is asked. */
function checkRequests(requests: unknown): void {
  const { length, size } = Object(requests) as { length?: unknown; size?: unknown };
  if (length === 0 || size === 0) throw new TypeError('map expects jobs, got none');
  if (!Array.isArray(requests)) return;
  for (const job of requests)
    if (typeof job !== 'object' || job === null || Array.isArray(job))
      throw new TypeError(`map expects jobs, each an object with a url, got ${show(job)}`);
}
