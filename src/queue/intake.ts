import { isPromiseLike } from '../awaitable.js';
import type { JobSource } from './job-source.js';

/** What an intake tells whoever asked it for jobs. */
export interface IntakeListener<J> {
  /** A job that a promise has brought. */
  arrived(job: J): void;
  /** `isExhausted`, `isPulling` or `isEmpty` may be other than they were. */
  changed(): void;
  /** The source broke: nothing more comes from it. */
  failed(error: unknown): void;
}

/** Asks a source for jobs, and knows whether it may have more. */
export class Intake<J> {
  readonly #source: JobSource<J> | undefined;
  readonly #listener: IntakeListener<J>;
  readonly #closing = new AbortController();
  /** What the source is asked with. A signal is dear to look at, and to get from its controller. */
  readonly #request = Object.freeze({ signal: this.#closing.signal });
  #isClosed = false;
  /** Calls of `get()` that wait. */
  #pulling = 0;
  /** The source has said that none will come, or broke. */
  #hasEnded = false;
  /** Whether the source, if it is not empty, is worth a second look. */
  #looksAgain = true;

  constructor(source: JobSource<J> | undefined, listener: IntakeListener<J>) {
    this.#source = source;
    this.#listener = listener;
  }

  get hasSource(): boolean {
    return this.#source !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get pulling(): number {
    return this.#pulling;
  }

  /** How many jobs it has yet to give, where that is known; none once it is asked no more. */
  get left(): number | undefined {
    return this.#hasEnded || this.isClosed ? 0 : this.#source?.size;
  }

  /** Whether it may be asked for a job. */
  get isOpen(): boolean {
    return this.#source !== undefined && !this.#hasEnded && !this.isClosed;
  }

  /** Whether no job will come any more, and none is on its way. */
  get isExhausted(): boolean {
    return this.#hasEnded && this.#pulling === 0;
  }

  /** Whether there is nothing to be taken now, though there may be later. */
  get isDrained(): boolean {
    if (this.#source === undefined || this.isClosed) return true;
    return this.#hasEnded ? this.#pulling === 0 : this.#pulling > 0 && this.#isEmpty(this.#source);
  }

  /** The next job if it is there at once; else it arrives later, or none does. */
  pull(): J | undefined {
    if (!this.isOpen) return undefined;
    try {
      const job = (this.#source as JobSource<J>).get(this.#request);
      if (!isPromiseLike(job)) return job === undefined ? this.#end() : job;
      this.#await(job);
    } catch (error) {
      this.#break(error);
    }
    return undefined;
  }

  /** Takes nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closing.abort();
    // Later: a generator that closes its pool is still running now.
    if (!this.#hasEnded) queueMicrotask(() => this.#return());
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

  /** Calls back in the very step in which the job arrives: `JobQueue` counts on it. */
  #await(job: PromiseLike<J | undefined>): void {
    this.#pulling++;
    Promise.resolve(job).then(
      (arrived) => {
        this.#pulling--;
        if (arrived === undefined) this.#end();
        else this.#listener.arrived(arrived);
      },
      (error: unknown) => {
        this.#pulling--;
        this.#break(error);
      },
    );
    this.#listener.changed();
  }

  #break(error: unknown): void {
    this.#listener.failed(error);
    this.#end();
  }

  #end(): undefined {
    this.#hasEnded = true;
    this.#listener.changed();
  }

  async #return(): Promise<void> {
    try {
      await this.#source?.return?.();
    } catch (error) {
      this.#listener.failed(error);
    }
  }
}
