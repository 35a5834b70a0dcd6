import { Fifo } from '../fifo.js';

/** At most `limit` requests in any `interval`. */
export interface RateLimit {
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/** One request that counts, for `RateWindow.end()`. */
export interface Slot {
  /** When it counts no more. */
  freeAt: number;
}

/** How much of an interval an answer is waited for. */
const GRACE = 0.5;

/**
 * A sliding window: no interval, wherever it begins, sees more than `limit` requests arrive. When
 * a request arrives is known to its server alone: somewhere between its start and its answer. So it
 * counts from its start until an interval after its answer. An answer that takes longer than half
 * an interval is not waited for, or a slow server would be sent far less than it allows; it is sent
 * two thirds of that at least. Only what is that late to arrive may meet those of the next interval.
 *
 * All times are milliseconds of one clock that never goes back. Holds `limit` slots, and those
 * that were begun beyond it. All calls take constant time, amortized.
 */
export class RateWindow {
  readonly #limit: number;
  readonly #interval: number;
  /** In the order of their starts, in which they are freed too. */
  readonly #slots = new Fifo<Slot>();

  constructor({ limit, interval }: RateLimit) {
    this.#limit = limit;
    this.#interval = interval;
  }

  /** Counts a request, also one that goes beyond the limit because it can't wait. */
  begin(now: number): Slot {
    this.#free(now);
    const slot = { freeAt: this.#intervalAfter(now + this.#interval * GRACE) };
    this.#slots.push(slot);
    return slot;
  }

  /** Says that the request's answer came, or that there will be none. */
  end(slot: Slot, now: number): void {
    slot.freeAt = Math.min(slot.freeAt, this.#intervalAfter(now));
  }

  /**
   * When the next request may begin: `now` if it may at once. Else it has to be asked again then,
   * as more than one slot may be in the way, and after each `end()`, which can bring it forward.
   */
  readyAt(now: number): number {
    this.#free(now);
    return this.#slots.size < this.#limit ? now : (this.#slots.peek() as Slot).freeAt;
  }

  /** Whether no request counts any more. */
  isIdle(now: number): boolean {
    this.#free(now);
    return this.#slots.size === 0;
  }

  #free(now: number): void {
    for (;;) {
      const oldest = this.#slots.peek();
      if (oldest === undefined || oldest.freeAt > now) return;
      this.#slots.shift();
    }
  }

  /** Rounded up: the sum of two floating-point numbers may come out too small. */
  #intervalAfter(time: number): number {
    return (time + this.#interval) * (1 + Number.EPSILON);
  }
}
