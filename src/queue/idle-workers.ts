import { type Link, Ring } from '../ring.js';

/** A worker that waits for a ticket. */
export interface IdleWorker<T> {
  /** Its number, from 0. */
  readonly slot: number;
  /** Called with undefined when it may go. */
  readonly tell: (ticket: T | undefined) => void;
}

/** The workers that wait, and who is told of it. All takes constant time. */
export class IdleWorkers<T> {
  readonly #workers = new Ring<IdleWorker<T>>();
  /** By slot, if somebody is told: nobody else asks for one of a slot. */
  readonly #links: (Link<IdleWorker<T>> | undefined)[] = [];
  readonly #changed: ((slot: number, isIdle: boolean) => void) | undefined;
  #size = 0;

  /** @param changed called when a worker begins to wait, and when it no longer does */
  constructor(changed?: (slot: number, isIdle: boolean) => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#size;
  }

  push(worker: IdleWorker<T>): void {
    this.#size++;
    this.#mark(worker.slot, this.#workers.add(worker));
  }

  /** The one of a slot, if `changed` is told of them; by default the one that has waited longest. */
  take(slot?: number): IdleWorker<T> | undefined {
    const worker = slot === undefined ? this.#workers.shift() : this.#pick(slot);
    if (worker === undefined) return undefined;
    this.#size--;
    this.#mark(worker.slot, undefined);
    return worker;
  }

  sendHome(): void {
    for (let worker = this.take(); worker !== undefined; worker = this.take())
      worker.tell(undefined);
  }

  #pick(slot: number): IdleWorker<T> | undefined {
    const link = this.#links[slot];
    if (link !== undefined) this.#workers.delete(link);
    return link?.value;
  }

  #mark(slot: number, link: Link<IdleWorker<T>> | undefined): void {
    if (this.#changed === undefined) return;
    this.#links[slot] = link;
    this.#changed(slot, link !== undefined);
  }
}
