import { Fifo } from '../fifo.js';

/** A worker that waits for a ticket. */
export interface IdleWorker<T> {
  /** Its number, from 0. */
  readonly slot: number;
  /** Called with undefined when it may go. */
  readonly tell: (ticket: T | undefined) => void;
}

/** The workers that wait, and who is told of it. */
export class IdleWorkers<T> {
  readonly #workers = new Fifo<IdleWorker<T>>();
  readonly #changed: ((slot: number, isIdle: boolean) => void) | undefined;

  /** @param changed called when a worker begins to wait, and when it no longer does */
  constructor(changed?: (slot: number, isIdle: boolean) => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#workers.size;
  }

  push(worker: IdleWorker<T>): void {
    this.#workers.push(worker);
    this.#changed?.(worker.slot, true);
  }

  /** The one of a slot; by default the one that has waited longest. */
  take(slot?: number): IdleWorker<T> | undefined {
    const worker =
      slot === undefined
        ? this.#workers.shift()
        : this.#workers.take((waiting) => waiting.slot === slot);
    if (worker !== undefined) this.#changed?.(worker.slot, false);
    return worker;
  }

  sendHome(): void {
    for (const { tell } of this.#workers.drain()) tell(undefined);
  }
}
