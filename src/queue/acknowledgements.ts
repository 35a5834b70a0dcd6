import { isPromiseLike } from '../awaitable.js';
import type { JobSource } from './job-source.js';
import type { Outcome } from './outcomes.js';

/** Tells a source what became of its jobs, and keeps what it takes its time to confirm. */
export class Acknowledgements<J> {
  readonly #source: JobSource<J> | undefined;
  /** Told of what the source throws, now or later. */
  readonly #failed: (error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  constructor(source: JobSource<J> | undefined, failed: (error: unknown) => void) {
    this.#source = source;
    this.#failed = failed;
  }

  /** @param outcome undefined if its reader broke off while it held it */
  tell(job: J, outcome: Outcome<J> | undefined): void {
    try {
      const told = this.#source?.done?.(job, outcome);
      if (isPromiseLike(told)) this.#keep(told);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Waits until all that was told is confirmed, or has failed. */
  async settle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #keep(told: PromiseLike<void>): void {
    const pending = Promise.resolve(told)
      .catch(this.#failed)
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }
}
