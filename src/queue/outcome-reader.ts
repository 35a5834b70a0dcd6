import type { View } from './outcome-queue.js';
import type { Settlement } from './settlement.js';

/** Where a reader has its outcomes from. */
export interface ReaderDesk<S> {
  /** The next one if it is there. It is held until it is given back. */
  take(view: View): S | undefined;
  /** Tells of the next one, which is held then, or of undefined if there is none; later, not at once. */
  wait(view: View, tell: (settlement: S | undefined) => void): void;
  /** A reader came, or came back. */
  wanted(): void;
  /** @param isConsumed whether its reader came back for the next one */
  giveBack(settlement: S, isConsumed: boolean): void;
  /** All have been consumed. Rejects with what broke, if something did that is no job's. */
  end(): Promise<void>;
}

/**
 * Outcomes as they come; each is consumed when its reader comes back. An async generator would do the
 * same, but takes several turns of the microtask queue for each.
 */
export class OutcomeReader<J, O> implements AsyncGenerator<O, void, undefined> {
  readonly #view: View;
  readonly #desk: ReaderDesk<Settlement<J, O>>;
  /** None while it waits. */
  #held: Settlement<J, O> | undefined;
  #isOver = false;
  /** Whoever is told of it then may call in the same breath. */
  #isGivingBack = false;
  /** The last of those calls that are not answered yet: one that comes meanwhile has to wait for it. */
  #last: Promise<unknown> | undefined;

  constructor(view: View, desk: ReaderDesk<Settlement<J, O>>) {
    this.#view = view;
    this.#desk = desk;
  }

  next(): Promise<IteratorResult<O, void>> {
    return this.#isFree ? this.#next() : this.#inTurn(() => this.#next());
  }

  /** Whoever breaks off has not consumed what he was given last. */
  return(value?: void | PromiseLike<void>): Promise<IteratorResult<O, void>> {
    return this.#inTurn(async () => {
      this.#breakOff();
      return { value: await value, done: true };
    });
  }

  throw(error: unknown): Promise<IteratorResult<O, void>> {
    return this.#inTurn(async () => {
      this.#breakOff();
      throw error;
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #next(): Promise<IteratorResult<O, void>> {
    this.#giveBack(true);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    const settlement = this.#desk.take(this.#view);
    if (settlement === undefined) return this.#wait();
    const result = this.#hold(settlement);
    this.#desk.wanted();
    return Promise.resolve(result);
  }

  #wait(): Promise<IteratorResult<O, void>> {
    const answer = new Promise<IteratorResult<O, void>>((resolve) => {
      this.#desk.wait(this.#view, (settlement) => {
        if (settlement === undefined) resolve(this.#end());
        else {
          if (this.#last === answer) this.#last = undefined;
          resolve(this.#hold(settlement));
        }
      });
    });
    this.#last ??= answer;
    this.#desk.wanted();
    return answer;
  }

  get #isFree(): boolean {
    return this.#last === undefined && !this.#isGivingBack;
  }

  /** At once, or after the calls before it. */
  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isFree) return call();
    if (this.#last === undefined) return Promise.resolve().then(() => this.#inTurn(call));
    const turn = () => {
      if (this.#last === answer) this.#last = undefined;
      return call();
    };
    const answer = this.#last.then(turn, turn);
    this.#last = answer;
    return answer;
  }

  #hold(settlement: Settlement<J, O>): IteratorResult<O, void> {
    this.#held = settlement;
    return { value: settlement.outcome, done: false };
  }

  #giveBack(isConsumed: boolean): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#isGivingBack = true;
    this.#desk.giveBack(held, isConsumed);
    this.#isGivingBack = false;
  }

  #breakOff(): void {
    this.#giveBack(false);
    this.#isOver = true;
  }

  async #end(): Promise<IteratorResult<O, void>> {
    this.#isOver = true;
    await this.#desk.end();
    return { value: undefined, done: true };
  }
}
