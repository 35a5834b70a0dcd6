import { isPromiseLike } from '../awaitable.js';
import { Fifo } from '../fifo.js';
import type { JobSource } from './job-source.js';

/** A job that was taken, and owes its outcome. */
export interface Ticket<J> {
  readonly job: J;
  /** Its place in the source, from 0; -1 if it was submitted. */
  readonly index: number;
  /** Whom its outcome goes to, if not to the readers. */
  readonly submission: Submission | undefined;
}

/** The two ends of `submit()`'s promise. */
export interface Submission {
  resolve(response: unknown): void;
  reject(exception: unknown): void;
}

/** What the scheduler tells the pool. */
export interface SchedulerListener<J> {
  /** `isSettled` may have become true. */
  changed(): void;
  /** The source broke: nothing more comes from it. */
  failed(error: unknown): void;
  /** The source handed out a job after the pool was closed. */
  refused(ticket: Ticket<J>): void;
}

/**
 * Gives jobs to workers as they ask for them, those that were submitted first. It asks the source
 * no more often than there are workers that wait, so that nothing is taken before its time.
 *
 * State: tickets that are ready before a worker asks (submitted, or come when the worker that had
 * asked was served otherwise); workers that wait; calls of `get()` that wait.
 */
export class Scheduler<J> {
  readonly #source: JobSource<J> | undefined;
  readonly #listener: SchedulerListener<J>;
  readonly #ready = new Fifo<Ticket<J>>();
  readonly #workers = new Fifo<(ticket: Ticket<J> | undefined) => void>();
  readonly #closing = new AbortController();
  #pulling = 0;
  #taken = 0;
  /** Tickets that have no outcome yet. */
  #owed = 0;
  /** The source has said that none will come, or broke. */
  #ended = false;
  /** Whether the source, if it is not empty, is worth a second look. */
  #looksAgain = true;

  constructor(source: JobSource<J> | undefined, listener: SchedulerListener<J>) {
    this.#source = source;
    this.#listener = listener;
  }

  /** Whether every job taken has its outcome, and none waits to be taken. */
  get isSettled(): boolean {
    if (this.#owed > 0) return false;
    if (this.#source === undefined || this.isClosed) return true;
    return this.#ended ? this.#pulling === 0 : this.#pulling > 0 && this.#isEmpty(this.#source);
  }

  /** Whether it gives out more than what is submitted. */
  get hasSource(): boolean {
    return this.#source !== undefined;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Whether a submitted job would still be taken. */
  get isOpen(): boolean {
    return !this.isClosed && !this.#isExhausted;
  }

  submit(job: J, submission: Submission): void {
    this.#owed++;
    this.#hand({ job, index: -1, submission });
  }

  /** The next job; undefined when the worker may go. */
  take(): Ticket<J> | undefined | Promise<Ticket<J> | undefined> {
    // The source may have submitted a job while it was asked.
    const ticket = this.#ready.shift() ?? this.#pull() ?? this.#ready.shift();
    if (ticket !== undefined || this.isClosed || this.#isExhausted) return ticket;
    return new Promise((resolve) => this.#workers.push(resolve));
  }

  /** Says that a ticket has its outcome. */
  done(): void {
    this.#owed--;
  }

  /** Takes nothing more. What was submitted is still run. */
  close(): void {
    if (this.isClosed) return;
    this.#closing.abort();
    // Later: a generator that closes its pool is still running now.
    if (!this.#ended) queueMicrotask(() => this.#returnSource());
    this.#sendHome();
    this.#listener.changed();
  }

  /** The tickets that no worker has, for a pool that will have none. */
  drain(): Ticket<J>[] {
    return this.#ready.drain();
  }

  get #isExhausted(): boolean {
    return this.#ended && this.#pulling === 0;
  }

  /**
   * A job that waits while our `get()` does is on its way to another pool, and none will tell when
   * it has got there: so that is looked at again, once.
   */
  #isEmpty(source: JobSource<J>): boolean {
    if (source.size === 0) this.#looksAgain = true;
    else if (source.size !== undefined && this.#looksAgain) {
      this.#looksAgain = false;
      setImmediate(() => this.#listener.changed());
    }
    return source.size === 0;
  }

  #pull(): Ticket<J> | undefined {
    if (this.#source === undefined || this.#ended || this.isClosed) return undefined;
    if (this.#pulling > this.#workers.size) return undefined;
    try {
      const job = this.#source.get({ signal: this.#closing.signal });
      if (isPromiseLike(job)) this.#await(job);
      else if (job === undefined) this.#end();
      else return this.#ticketFor(job);
    } catch (error) {
      this.#break(error);
    }
    return undefined;
  }

  /** Calls back in the very step in which the job arrives: `JobQueue` counts on it. */
  #await(job: PromiseLike<J | undefined>): void {
    this.#pulling++;
    Promise.resolve(job).then(
      (arrived) => {
        this.#pulling--;
        if (arrived === undefined) this.#end();
        else if (this.isClosed) this.#listener.refused(this.#ticketFor(arrived));
        else this.#hand(this.#ticketFor(arrived));
      },
      (error: unknown) => {
        this.#pulling--;
        this.#break(error);
      },
    );
    this.#listener.changed();
  }

  #ticketFor(job: J): Ticket<J> {
    this.#owed++;
    return { job, index: this.#taken++, submission: undefined };
  }

  #hand(ticket: Ticket<J>): void {
    const worker = this.#workers.shift();
    if (worker === undefined) this.#ready.push(ticket);
    else worker(ticket);
  }

  #break(error: unknown): void {
    this.#listener.failed(error);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    if (this.#isExhausted) this.#sendHome();
    this.#listener.changed();
  }

  #sendHome(): void {
    for (const worker of this.#workers.drain()) worker(undefined);
  }

  async #returnSource(): Promise<void> {
    try {
      await this.#source?.return?.();
    } catch (error) {
      this.#listener.failed(error);
    }
  }
}
