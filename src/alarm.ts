/** The longest that a timer can wait, in milliseconds: about 24 days. */
export const MAX_DELAY = 2 ** 31 - 1;

/** One timer for the earliest of many times. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Infinity;

  /** @param ring called at the time or soon after; seldom before it, if that is very far off */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Brings it forward to `at`; a later time changes nothing. Both in ms of `performance.now()`. */
  set(at: number, now: number): void {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.ceil(at - now), MAX_DELAY));
  }

  unset(): void {
    clearTimeout(this.#timer);
    this.#at = Infinity;
  }

  #fire(): void {
    this.#at = Infinity;
    this.#ring();
  }
}
