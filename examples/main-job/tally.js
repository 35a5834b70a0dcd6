// What went into a pool, and what came out of it.
import { createHistogram } from 'node:perf_hooks';

/** @import { Job, Outcome, RequestError, Response, ThreadException } from 'session-pool' */

export class Tally {
  /** Jobs that went in. */
  jobs = 0;
  responses = 0;
  /** Kept whole, to be retried. @type {ThreadException<Job, RequestError>[]} */
  exceptions = [];
  /** Status codes. @type {Map<number, number>} */
  statuses = new Map();
  /** Names of errors. @type {Map<string, number>} */
  failures = new Map();
  /** In microseconds. It takes the same few bytes for ten responses and for ten million. */
  latency = createHistogram();
  #startedAt = performance.now();
  #endedAt = Number.NaN;

  /** What came out so far. */
  get outcomes() {
    return this.responses + this.exceptions.length;
  }

  /** How long it took, or has taken until now. */
  get seconds() {
    return ((this.#endedAt || performance.now()) - this.#startedAt) / 1000;
  }

  /** Whether every job ended in one outcome: what the pool promises. */
  get isBalanced() {
    return this.jobs === this.outcomes;
  }

  /**
   * Counts items on their way into a pool, which asks for one when a session is free.
   *
   * @template T
   * @param {Iterable<T> | AsyncIterable<T>} items
   */
  async *in(items) {
    for await (const item of items) {
      this.jobs++;
      yield item;
    }
  }

  /** Counts what a job ended in. @param {Outcome<Job, Response, RequestError>} outcome */
  out(outcome) {
    if (outcome.kind === 'exception') {
      this.exceptions.push(outcome);
      increment(this.failures, outcome.name);
    } else {
      this.responses++;
      increment(this.statuses, outcome.statusCode);
      this.latency.record(Math.max(1, Math.round(outcome.elapsed * 1000)));
    }
  }

  end() {
    this.#endedAt = performance.now();
  }
}

/**
 * @template K
 * @param {Map<K, number>} counts
 * @param {K} key
 */
function increment(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
