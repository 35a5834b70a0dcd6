import type { Acknowledgements } from './acknowledgements.js';
import type { OutcomeQueue, View } from './outcome-queue.js';
import { OutcomeReader, type ReaderDesk } from './outcome-reader.js';
import type { Outcome } from './outcomes.js';
import type { Settlement } from './settlement.js';

/** What the delivery asks and tells the pool. */
export interface DeliveryListener {
  /** A reader came, or came back, or took an outcome: there may be room for more. */
  wanted(): void;
  /** An outcome was consumed. */
  consumed(): void;
  /** Rejects with what broke, if something did that is no job's. */
  throwFailure(): Promise<void>;
}

/** Hands outcomes to readers, and tells the source what became of its jobs. */
export class Delivery<J, O extends Outcome<J>> implements ReaderDesk<Settlement<J, O>> {
  readonly #queue: OutcomeQueue<Settlement<J, O>>;
  readonly #acknowledgements: Acknowledgements<J>;
  readonly #listener: DeliveryListener;

  constructor(
    queue: OutcomeQueue<Settlement<J, O>>,
    acknowledgements: Acknowledgements<J>,
    listener: DeliveryListener,
  ) {
    this.#queue = queue;
    this.#acknowledgements = acknowledgements;
    this.#listener = listener;
  }

  /** Outcomes as they come; each is consumed when its reader comes back. */
  read(view: View): AsyncGenerator<O, void, undefined> {
    return new OutcomeReader(view, this);
  }

  /** The next outcome if there is one, which is consumed at once. */
  get(view: View): O | undefined {
    const settlement = this.#queue.shift(view);
    if (settlement === undefined) return undefined;
    this.#acknowledge(settlement, true);
    // Later: whoever took it may put a job for it in the same breath, and the queue is not to end.
    queueMicrotask(() => this.#listener.wanted());
    return settlement.outcome;
  }

  take(view: View): Settlement<J, O> | undefined {
    return this.#queue.take(view);
  }

  wait(view: View, tell: (settlement: Settlement<J, O> | undefined) => void): void {
    this.#queue.wait(view, tell);
  }

  wanted(): void {
    this.#listener.wanted();
  }

  giveBack(settlement: Settlement<J, O>, isConsumed: boolean): void {
    this.#queue.release(settlement);
    this.#acknowledge(settlement, isConsumed);
  }

  async end(): Promise<void> {
    await this.#acknowledgements.settle();
    await this.#listener.throwFailure();
  }

  #acknowledge({ job, outcome }: Settlement<J, O>, isConsumed: boolean): void {
    this.#acknowledgements.tell(job, isConsumed ? outcome : undefined);
    this.#listener.consumed();
  }
}
