/** At most `limit` requests in any `interval`. */
export interface RateLimit {
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/** One request that counts, for `RateWindow.end()`: how many began before it. */
export type Slot = number;

/** How much of an interval an answer is waited for. */
const GRACE = 0.5;

/** How many slots there is room for at first. */
const ROOM = 4;

/**
 * A sliding window: no interval, wherever it begins, sees more than `limit` requests arrive. When
 * a request arrives is known to its server alone: somewhere between its start and its answer. So it
 * counts from its start until an interval after its answer. An answer that takes longer than half
 * an interval is not waited for, or a slow server would be sent far less than it allows; it is sent
 * two thirds of that at least. Only what is that late to arrive may meet those of the next interval.
 *
 * All times are milliseconds of one clock that never goes back. Holds a number for each of `limit`
 * slots, and of those that were begun beyond it: an object each would live just long enough to be
 * dear to collect. All calls take constant time, amortized.
 */
export class RateWindow {
  readonly #limit: number;
  readonly #interval: number;
  /** When each counts no more, in a ring, in the order of their starts. */
  #freeAt = ringOf(ROOM);
  /** How many have begun, and how many of these have been freed, which they are in that order. */
  #begun = 0;
  #freed = 0;

  constructor({ limit, interval }: RateLimit) {
    this.#limit = limit;
    this.#interval = interval;
  }

  /** Counts a request, also one that goes beyond the limit because it can't wait. */
  begin(now: number): Slot {
    this.#free(now);
    if (this.#begun - this.#freed === this.#freeAt.length) this.#grow();
    const slot = this.#begun++;
    this.#freeAt[this.#placeOf(slot)] = this.#intervalAfter(now + this.#interval * GRACE);
    return slot;
  }

  /** Says that the request's answer came, or that there will be none. */
  end(slot: Slot, now: number): void {
    if (slot < this.#freed) return;
    const place = this.#placeOf(slot);
    this.#freeAt[place] = Math.min(this.#freeAt[place] as number, this.#intervalAfter(now));
  }

  /**
   * When the next request may begin: `now` if it may at once. Else it has to be asked again then,
   * as more than one slot may be in the way, and after each `end()`, which can bring it forward.
   */
  readyAt(now: number): number {
    this.#free(now);
    return this.#begun - this.#freed < this.#limit ? now : this.#oldest;
  }

  /** Whether no request counts any more. */
  isIdle(now: number): boolean {
    this.#free(now);
    return this.#begun === this.#freed;
  }

  get #oldest(): number {
    return this.#freeAt[this.#placeOf(this.#freed)] as number;
  }

  #placeOf(slot: Slot): number {
    return slot % this.#freeAt.length;
  }

  #free(now: number): void {
    while (this.#freed < this.#begun && this.#oldest <= now) this.#freed++;
  }

  #grow(): void {
    const before = this.#freeAt;
    this.#freeAt = ringOf(2 * before.length);
    for (let slot = this.#freed; slot < this.#begun; slot++)
      this.#freeAt[this.#placeOf(slot)] = before[slot % before.length] as number;
  }

  /** Rounded up: the sum of two floating-point numbers may come out too small. */
  #intervalAfter(time: number): number {
    return (time + this.#interval) * (1 + Number.EPSILON);
  }
}

/** Filled with what makes the engine keep it as bare floating-point numbers. */
function ringOf(length: number): number[] {
  return new Array<number>(length).fill(-Infinity);
}
