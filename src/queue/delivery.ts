import type { Acknowledgements } from './acknowledgements.js';
import type { OutcomeQueue, View } from './outcome-queue.js';
import type { Outcome } from './outcomes.js';

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
export class Delivery<J, O extends Outcome<J>> {
  readonly #outcomes: OutcomeQueue<O>;
  readonly #acknowledgements: Acknowledgements<J>;
  readonly #listener: DeliveryListener;

  constructor(
    outcomes: OutcomeQueue<O>,
    acknowledgements: Acknowledgements<J>,
    listener: DeliveryListener,
  ) {
    this.#outcomes = outcomes;
    this.#acknowledgements = acknowledgements;
    this.#listener = listener;
  }

  /** Outcomes as they come; each is consumed when its reader comes back. */
  async *read(view: View): AsyncGenerator<O, void, undefined> {
    for (;;) {
      const next = this.#outcomes.next(view);
      this.#listener.wanted();
      const outcome = await next;
      if (outcome === undefined) break;
      let isConsumed = false;
      try {
        yield outcome;
        isConsumed = true;
      } finally {
        this.#outcomes.release(outcome);
        this.#acknowledge(outcome, isConsumed);
      }
    }
    await this.#acknowledgements.settle();
    await this.#listener.throwFailure();
  }

  /** The next outcome if there is one, which is consumed at once. */
  get(view: View): O | undefined {
    const outcome = this.#outcomes.shift(view);
    if (outcome === undefined) return undefined;
    this.#acknowledge(outcome, true);
    // Later: whoever took it may put a job for it in the same breath, and the queue is not to end.
    queueMicrotask(() => this.#listener.wanted());
    return outcome;
  }

  #acknowledge(outcome: O, isConsumed: boolean): void {
    this.#acknowledgements.tell(outcome.requestKwargs, isConsumed ? outcome : undefined);
    this.#listener.consumed();
  }
}
