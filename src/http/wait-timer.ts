/** Counts one wait after the other: for a connection, for the next bytes. */
export class WaitTimer {
  #timer: NodeJS.Timeout | undefined;
  #isRef = true;

  /** @param delay in milliseconds; Infinity for no limit */
  start(delay: number, expired: () => void): void {
    clearTimeout(this.#timer);
    if (delay === Infinity) return;
    this.#timer = setTimeout(expired, delay);
    if (!this.#isRef) this.#timer.unref();
  }

  /** Begins the wait anew, if one is counted. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Whether it keeps the process from exiting. */
  ref(isRef: boolean): void {
    this.#isRef = isRef;
    if (isRef) this.#timer?.ref();
    else this.#timer?.unref();
  }
}
