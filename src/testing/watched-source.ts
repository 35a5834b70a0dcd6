import { type Awaitable, isPromiseLike } from '../awaitable.js';
import type { JobSource } from '../queue/job-source.js';
import type { Outcome } from '../queue/outcomes.js';

/** A source between a pool and the one under test, which notes what passes. */
export class WatchedSource<J> implements JobSource<J> {
  /** What was handed out; the very objects. */
  readonly taken: J[] = [];
  /** What was told, in its order. */
  readonly told: (readonly [job: J, outcome: Outcome<J> | undefined])[] = [];
  readonly #source: JobSource<J>;
  readonly #checkBound: (count: number) => void;

  /** @param checkBound throws if so many jobs are too many: a pool would take them without a pause */
  constructor(source: JobSource<J>, checkBound: (count: number) => void) {
    this.#source = source;
    this.#checkBound = checkBound;
  }

  /** Undefined if the source has none. */
  get size(): number {
    return this.#source.size as number;
  }

  /** The source's own promise: a job counts in its size until that has called back. */
  get(options: { readonly signal?: AbortSignal }): Awaitable<J | undefined> {
    this.#checkBound(this.taken.length);
    const asked = this.#source.get(options);
    if (isPromiseLike(asked))
      asked.then(
        (job) => this.#note(job),
        () => {},
      );
    else this.#note(asked);
    return asked;
  }

  done(job: J, outcome: Outcome<J> | undefined): Awaitable<void> {
    this.told.push([job, outcome]);
    return this.#source.done?.(job, outcome);
  }

  return(): unknown {
    return this.#source.return?.();
  }

  #note(job: J | undefined): void {
    if (job !== undefined) this.taken.push(job);
  }
}
