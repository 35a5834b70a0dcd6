/** What a pool has done so far, and what is left as far as that is known. */
export interface PoolStats {
  /** Jobs taken from the source, and those submitted. */
  readonly taken: number;
  /** Of these: with a session now. */
  readonly inFlight: number;
  /** Of these: wait for a session, for what limits them or for their next attempt. */
  readonly waiting: number;
  /** Of these: ended as responses. */
  readonly succeeded: number;
  /** Of these: ended as exceptions. */
  readonly failed: number;
  /** How often a job was sent again. */
  readonly retried: number;
  /** Of response bodies, decoded, as far as they were in memory when their jobs ended. */
  readonly bytes: number;
  /** Milliseconds from the first job's start on, but for those in which the pool was settled. */
  readonly elapsed: number;
  /** Jobs taken and still in the source; undefined if the source cannot tell how many it has. */
  readonly total: number | undefined;
  /** Milliseconds that the rest will take at the pace so far; undefined if that cannot be told. */
  readonly timeLeft: number | undefined;
}

/** What the scheduler knows of the jobs. */
export interface Counts {
  readonly taken: number;
  /** How many wait in the source, where that is known. */
  readonly left: number | undefined;
}

/** Counts what becomes of jobs. */
export class Tally {
  inFlight = 0;
  succeeded = 0;
  failed = 0;
  retried = 0;
  bytes = 0;
  /** Milliseconds, without those since it began to run last. */
  #elapsed = 0;
  /** Set while there is something to do. */
  #runsSince: number | undefined;

  /** There is something to do. */
  wake(): void {
    this.#runsSince ??= performance.now();
  }

  /** Nothing is left to do for now. */
  rest(): void {
    this.#elapsed = this.elapsed;
    this.#runsSince = undefined;
  }

  get elapsed(): number {
    if (this.#runsSince === undefined) return this.#elapsed;
    return this.#elapsed + performance.now() - this.#runsSince;
  }

  stats({ taken, left }: Counts): PoolStats {
    const { inFlight, succeeded, failed, retried, bytes, elapsed } = this;
    const done = succeeded + failed;
    const total = left === undefined ? undefined : taken + left;
    return {
      taken,
      inFlight,
      waiting: taken - done - inFlight,
      succeeded,
      failed,
      retried,
      bytes,
      elapsed,
      total,
      timeLeft: total === undefined ? undefined : timeLeft(total - done, done / elapsed),
    };
  }
}

/** @param pace jobs in a millisecond; what was done before the first job's start is none */
function timeLeft(jobs: number, pace: number): number | undefined {
  if (jobs === 0) return 0;
  return pace > 0 && pace < Infinity ? jobs / pace : undefined;
}
