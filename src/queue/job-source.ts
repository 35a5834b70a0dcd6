import type { Awaitable } from '../awaitable.js';
import type { Outcome } from './outcomes.js';

/**
 * Where jobs come from, and who is told what became of them: the one thing to implement for a
 * queue of your own. `JobQueue` does, and every iterable is made into one.
 */
export interface JobSource<J> {
  /**
   * The next job; or a promise that waits for one; or undefined, at once or later, if none will
   * come any more. May be called again before an earlier promise is settled. What it throws ends
   * the pool's taking.
   *
   * @param options.signal aborted when no more jobs are wanted: what still waits then should
   * resolve with undefined, and hand nothing out
   */
  get(options: { readonly signal?: AbortSignal }): Awaitable<J | undefined>;

  /**
   * Told exactly once for each job handed out, when its outcome has been consumed: the reader came
   * back for the next one, or took it with `getResponse()` or `getException()`. Without an outcome
   * if the reader broke off while it held it, so that a durable queue can hand the job out again.
   */
  done?(job: J, outcome: Outcome<J> | undefined): Awaitable<void>;

  /** Told once, when the pool is closed before the source has ended; as an iterator's. */
  return?(): unknown;

  /**
   * How many jobs wait right now, where that is known; a job counts until the promise that brings
   * it has called back. With it, a pool whose `get()` waits can tell that it is settled.
   */
  readonly size?: number | undefined;
}
