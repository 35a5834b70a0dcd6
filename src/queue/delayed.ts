import { MAX_DELAY } from '../alarm.js';

/** What waits for its time, each by itself. */
export class Delayed<T> {
  readonly #timers = new Map<T, NodeJS.Timeout>();

  get size(): number {
    return this.#timers.size;
  }

  /** @param delay in milliseconds; more than a timer can wait is as long as it can */
  add(item: T, delay: number, arrive: (item: T) => void): void {
    const due = () => {
      this.#timers.delete(item);
      arrive(item);
    };
    this.#timers.set(item, setTimeout(due, Math.min(delay, MAX_DELAY)));
  }

  /** @returns whether it waited */
  delete(item: T): boolean {
    clearTimeout(this.#timers.get(item));
    return this.#timers.delete(item);
  }

  /** Empties it, and returns what was in it. */
  drain(): T[] {
    const items = [...this.#timers.keys()];
    for (const item of items) this.delete(item);
    return items;
  }
}
