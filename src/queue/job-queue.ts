import type { Awaitable } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { Fifo } from '../fifo.js';
import { Heap } from '../heap.js';
import type { Job } from '../job.js';
import { show } from '../show.js';
import type { JobSource } from './job-source.js';
import { priorityOf } from './ticket.js';

interface Waiting<J> {
  readonly signal: AbortSignal | undefined;
  readonly resolve: (job: J | undefined) => void;
}

/** A job whose turn is not where it stands in the line. */
interface Ranked<J> {
  readonly job: J;
  readonly priority: number;
  /** How many such jobs were put before it. */
  readonly order: number;
}

/**
 * Jobs in memory, those of the highest `priority` first, among equals first in, first out: the port of Python's `queue.Queue` as the original uses it.
 * Several pools or threads may share one.
 *
 * It ends by itself: `get()` waits while a job that was handed out is not done, since whoever has
 * it may put more, and gives undefined when the queue is empty and all are done.
 */
export class JobQueue<J = Job> implements JobSource<J> {
  /** Those of priority 0, as most are. */
  readonly #jobs = new Fifo<J>();
  readonly #ranked = new Heap<Ranked<J>>(
    (one, other) =>
      one.priority > other.priority || (one.priority === other.priority && one.order < other.order),
  );
  readonly #waiting = new Fifo<Waiting<J>>();
  readonly #signals = new WeakSet<AbortSignal>();
  /** Handed out and not done. */
  #unfinished = 0;
  /** Given to a promise of `get()` that has not called back yet. */
  #arriving = 0;
  #order = 0;
  #closed = false;

  /** @param jobs put at once */
  constructor(jobs: Iterable<J> = []) {
    for (const job of jobs) this.put(job);
  }

  /** How many jobs wait to be taken. */
  get size(): number {
    return this.#jobs.size + this.#ranked.size + this.#arriving;
  }

  /** @throws InvalidJobError if `job` is not an object; Error if the queue is closed */
  put(job: J): void {
    if (typeof job !== 'object' || job === null || 'then' in job)
      throw new InvalidJobError(`a job must be a plain object, got ${show(job)}`);
    if (this.#closed) throw new Error('the job queue is closed');
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#add(job, priorityOf(job));
      return;
    }
    this.#unfinished++;
    this.#arriving++;
    waiting.resolve(job);
    queueMicrotask(() => this.#arriving--);
  }

  get({ signal }: { readonly signal?: AbortSignal } = {}): Awaitable<J | undefined> {
    if (signal?.aborted) return undefined;
    const job = this.#shift();
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

  get #isEmpty(): boolean {
    return this.#jobs.size + this.#ranked.size === 0;
  }

  get #ended(): boolean {
    return this.#isEmpty && (this.#closed || this.#unfinished === 0);
  }

  #add(job: J, priority: number): void {
    if (priority === 0) this.#jobs.push(job);
    else this.#ranked.put({ job, priority, order: this.#order++ });
  }

  #shift(): J | undefined {
    const ranked = this.#ranked.peek();
    if (ranked !== undefined && (ranked.priority > 0 || this.#jobs.size === 0))
      return this.#ranked.shift()?.job;
    return this.#jobs.shift();
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
