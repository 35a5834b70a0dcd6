/** Who waits. */
export interface Waiter {
  /** It was too long. */
  expire(): void;
}

/** Counts one wait after the other: for a connection, for the next bytes. */
export class WaitTimer {
  #timer: NodeJS.Timeout | undefined;
  #delay = Infinity;
  #isRef = true;
  /** None while the timer runs for the next one. */
  #waiter: Waiter | undefined;

  /** @param delay in milliseconds; Infinity for no limit */
  start(delay: number, waiter: Waiter): void {
    this.#waiter = waiter;
    if (this.#timer !== undefined && delay === this.#delay) this.#timer.refresh();
    else this.#set(delay);
  }

  /** Begins the wait anew, if one is counted. */
  refresh(): void {
    this.#timer?.refresh();
  }

  /** The wait is over, and the next one is likely to be as long: to begin it is cheaper then. */
  rest(): void {
    this.#waiter = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiter = undefined;
  }

  /** Whether it keeps the process from exiting. */
  ref(isRef: boolean): void {
    this.#isRef = isRef;
    if (isRef) this.#timer?.ref();
    else this.#timer?.unref();
  }

  #set(delay: number): void {
    clearTimeout(this.#timer);
    this.#delay = delay;
    this.#timer = delay === Infinity ? undefined : setTimeout(() => this.#expire(), delay);
    if (!this.#isRef) this.#timer?.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    this.#waiter?.expire();
  }
}
