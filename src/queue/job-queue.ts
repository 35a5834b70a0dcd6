import type { Awaitable } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { Fifo } from '../fifo.js';
import type { Job } from '../job.js';
import { show } from '../show.js';
import type { JobSource } from './job-source.js';

interface Waiting<J> {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (job: J | undefined) => void;
}

/**
 * Jobs in memory, first in, first out: the port of Python's `queue.Queue` as the original uses it.
 * Several pools or threads may share one.
 *
 * It ends by itself: `get()` waits while a job that was handed out is not done, since whoever has
 * it may put more, and gives undefined when the queue is empty and all are done.
 */
export class JobQueue<J = Job> implements JobSource<J> {
  readonly #jobs = new Fifo<J>();
  readonly #waiting = new Fifo<Waiting<J>>();
  readonly #signals = new WeakSet<AbortSignal>();
  /** Handed out and not done. */
  #unfinished = 0;
  /** Given to a promise of `get()` that has not called back yet. */
  #arriving = 0;
  #closed = false;

  /** @param jobs put at once */
  constructor(jobs: Iterable<J> = []) {
    for (const job of jobs) this.put(job);
  }

  /** How many jobs wait to be taken. */
  get size(): number {
    return this.#jobs.size + this.#arriving;
  }

  /** @throws InvalidJobError if `job` is not an object; Error if the queue is closed */
  put(job: J): void {
    if (typeof job !== 'object' || job === null || 'then' in job)
      throw new InvalidJobError(`a job must be a plain object, got ${show(job)}`);
    if (this.#closed) throw new Error('the job queue is closed');
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#jobs.push(job);
      return;
    }
    this.#unfinished++;
    this.#arriving++;
    waiting.resolve(job);
    queueMicrotask(() => this.#arriving--);
  }

  get({ signal }: { readonly signal?: AbortSignal } = {}): Awaitable<J | undefined> {
    if (signal?.aborted) return undefined;
    const job = this.#jobs.shift();
    if (job !== undefined) this.#unfinished++;
    if (job !== undefined || this.#ended) return job;
    if (signal !== undefined) this.#listen(signal);
    return new Promise((resolve) => this.#waiting.push({ signal, resolve }));
  }

  /** Says that one job handed out is done with, as `task_done()` does. */
  done(): void {
    if (this.#unfinished === 0)
      throw new Error('done() was called more often than get() gave jobs');
    this.#unfinished--;
    // Later: whoever took the last job may put another in the same breath.
    if (this.#ended) queueMicrotask(() => this.#ended && this.#dismiss(() => true));
  }

  /** No more can be put; what is in the queue can still be taken. */
  close(): void {
    this.#closed = true;
    if (this.#ended) this.#dismiss(() => true);
  }

  get #ended(): boolean {
    return this.#jobs.size === 0 && (this.#closed || this.#unfinished === 0);
  }

  /** One listener for each signal, however many wait with it. */
  #listen(signal: AbortSignal): void {
    if (this.#signals.has(signal)) return;
    this.#signals.add(signal);
    const dismiss = () => this.#dismiss((waiting) => waiting.signal === signal);
    signal.addEventListener('abort', dismiss, { once: true });
  }

  #dismiss(whom: (waiting: Waiting<J>) => boolean): void {
    for (const waiting of this.#waiting.drain()) {
      if (whom(waiting)) waiting.resolve(undefined);
      else this.#waiting.push(waiting);
    }
  }
}
