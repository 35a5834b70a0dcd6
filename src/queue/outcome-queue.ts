import { Fifo } from '../fifo.js';

export type OutcomeKind = 'response' | 'exception';

interface Entry<O> {
  readonly outcome: O;
  readonly order: number;
}

interface Reader<O> {
  readonly kind: OutcomeKind | undefined;
  readonly resolve: (outcome: O | undefined) => void;
}

/**
 * Outcomes on their way to those who read them. Each is handed to one reader, in the order in
 * which they came; a reader without a kind takes both kinds. What a reader has been handed counts
 * as held until it is released.
 */
export class OutcomeQueue<O extends { readonly kind: OutcomeKind }> {
  readonly #unread = { response: new Fifo<Entry<O>>(), exception: new Fifo<Entry<O>>() };
  readonly #held = { response: 0, exception: 0 };
  readonly #readers = new Fifo<Reader<O>>();
  /** Whether no more outcomes will come, as far as is known now. */
  readonly #isSettled: () => boolean;
  #arrived = 0;

  /** Whether a job that is put would be taken. */
  readonly #isOpen: () => boolean;

  constructor(isSettled: () => boolean, isOpen: () => boolean) {
    this.#isSettled = isSettled;
    this.#isOpen = isOpen;
  }

  get isHeld(): boolean {
    return this.#held.response + this.#held.exception > 0;
  }

  push(outcome: O): void {
    const accepts = ({ kind }: Reader<O>) => kind === undefined || kind === outcome.kind;
    const reader = this.#readers.size === 0 ? undefined : this.#readers.take(accepts);
    if (reader === undefined) {
      this.#unread[outcome.kind].push({ outcome, order: this.#arrived++ });
      return;
    }
    this.#held[outcome.kind]++;
    reader.resolve(outcome);
  }

  /** The next outcome if there is one. It does not count as held. */
  shift(kind: OutcomeKind | undefined): O | undefined {
    return this.#unread[kind ?? this.#olderKind()].shift()?.outcome;
  }

  /** The next outcome, to be released later; undefined when all of the kind have been consumed. */
  next(kind: OutcomeKind | undefined): O | undefined | Promise<O | undefined> {
    const outcome = this.shift(kind);
    if (outcome !== undefined) this.#held[outcome.kind]++;
    if (outcome !== undefined || this.#isOver(kind)) return outcome;
    return new Promise((resolve) => this.#readers.push({ kind, resolve }));
  }

  release(outcome: O): void {
    this.#held[outcome.kind]--;
  }

  /** Ends the readers that wait for what will not come. To be called whenever that may be so. */
  endReaders(): void {
    for (const reader of this.#readers.drain()) {
      if (this.#isOver(reader.kind)) reader.resolve(undefined);
      else this.#readers.push(reader);
    }
  }

  /** Whoever holds an outcome may put a job for it, and so bring more; but only where it is taken. */
  #isOver(kind: OutcomeKind | undefined): boolean {
    if (!this.#isSettled()) return false;
    const kinds = kind === undefined ? (['response', 'exception'] as const) : [kind];
    const mayBringMore = kinds.some((each) => this.#held[each] > 0) && this.#isOpen();
    return !mayBringMore && kinds.every((each) => this.#unread[each].size === 0);
  }

  #olderKind(): OutcomeKind {
    const response = this.#unread.response.peek()?.order ?? Infinity;
    const exception = this.#unread.exception.peek()?.order ?? Infinity;
    return response < exception ? 'response' : 'exception';
  }
}
