import { Fifo } from '../fifo.js';
import { heldBytes } from './body-size.js';

export type OutcomeKind = 'response' | 'exception';

/** Where the outcomes on their way are limited: at either, the buffer is full. */
export interface HighWaterMark {
  readonly outcomes: number;
  /** Of bodies. */
  readonly bytes: number;
}

/** What the queue must know of the jobs that have no outcome yet. */
export interface OutcomeProspects {
  /** Whether no more outcomes will come, as far as is known now. */
  isSettled(): boolean;
  /** Whether a job that is put would be taken. */
  isOpen(): boolean;
  /** Whether the job of that index may still bring its outcome: it has none, or is yet to be taken. */
  isExpected(index: number): boolean;
}

/** Which outcomes a reader takes: those of a kind, all, or all in the order of their jobs. */
export interface View {
  readonly kind?: OutcomeKind | undefined;
  readonly place?: Place | undefined;
}

/** How far one reader is in the order of the jobs. */
export interface Place {
  /** The index of the outcome that it waits for. */
  next: number;
}

interface Entry<O> {
  readonly outcome: O;
  readonly order: number;
  readonly bytes: number;
  /** Whether a reader in the order of the jobs had it before its turn. */
  isTaken: boolean;
}

interface Reader<O> extends View {
  readonly resolve: (outcome: O | undefined) => void;
}

/**
 * Outcomes on their way to those who read them. Each is handed to one reader, in the order in which
 * they came, or in that of their jobs. What a reader has been handed counts as held until it is
 * released.
 */
export class OutcomeQueue<O extends { readonly kind: OutcomeKind; readonly index: number }> {
  readonly #limit: HighWaterMark;
  readonly #prospects: OutcomeProspects;
  readonly #unread = { response: new Fifo<Entry<O>>(), exception: new Fifo<Entry<O>>() };
  readonly #sizes = { response: 0, exception: 0 };
  /** The unread ones, by index: from the time on when somebody reads in that order. */
  #byIndex: Map<number, Entry<O>> | undefined;
  readonly #held = { response: 0, exception: 0 };
  readonly #readers = new Fifo<Reader<O>>();
  #arrived = 0;
  /** Of unread bodies. */
  #bytes = 0;

  constructor(limit: HighWaterMark, prospects: OutcomeProspects) {
    this.#limit = limit;
    this.#prospects = prospects;
  }

  get isHeld(): boolean {
    return this.#held.response + this.#held.exception > 0;
  }

  get isFull(): boolean {
    return this.#size >= this.#limit.outcomes || this.#bytes >= this.#limit.bytes;
  }

  /** Whether somebody waits for an outcome that is not among the unread ones. */
  get isAwaited(): boolean {
    return this.#readers.some(({ place }) => place === undefined);
  }

  /** Whether somebody waits for the outcome of one job, which may not have run yet. */
  get isAwaitedInOrder(): boolean {
    return this.#readers.some(({ place }) => place !== undefined);
  }

  push(outcome: O): void {
    const reader = this.#readers.size === 0 ? undefined : this.#readerFor(outcome);
    if (reader === undefined) {
      this.#keep(outcome);
      return;
    }
    this.#held[outcome.kind]++;
    reader.resolve(outcome);
    if (this.#readers.size > 0) this.#serveInOrder();
  }

  /** The next outcome if there is one. It does not count as held. */
  shift({ kind, place }: View): O | undefined {
    const entry = place === undefined ? this.#oldest(kind) : this.#at(place);
    if (entry === undefined) return undefined;
    const { outcome, bytes } = entry;
    entry.isTaken = true;
    this.#byIndex?.delete(outcome.index);
    this.#sizes[outcome.kind]--;
    this.#bytes -= bytes;
    this.#trim(this.#unread[outcome.kind]);
    return outcome;
  }

  /** The next outcome, to be released later; undefined when all of the view have been consumed. */
  next(view: View): O | undefined | Promise<O | undefined> {
    const outcome = this.shift(view);
    if (outcome !== undefined) this.#held[outcome.kind]++;
    if (outcome !== undefined || this.#isOver(view.kind)) return outcome;
    return new Promise((resolve) => this.#readers.push({ ...view, resolve }));
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

  get #size(): number {
    return this.#sizes.response + this.#sizes.exception;
  }

  #keep(outcome: O): void {
    const order = this.#arrived++;
    const entry = { outcome, order, bytes: heldBytes(outcome), isTaken: false };
    this.#unread[outcome.kind].push(entry);
    this.#byIndex?.set(outcome.index, entry);
    this.#sizes[outcome.kind]++;
    this.#bytes += entry.bytes;
  }

  /** What is first is unread. */
  #trim(entries: Fifo<Entry<O>>): void {
    while (entries.peek()?.isTaken) entries.shift();
  }

  #readerFor({ kind, index }: O): Reader<O> | undefined {
    return this.#readers.take((reader) => {
      if (reader.place === undefined) return reader.kind === undefined || reader.kind === kind;
      if (reader.place.next !== index) return false;
      reader.place.next++;
      return true;
    });
  }

  /** Those who wait for an outcome that another reader had go on to the one after it. */
  #serveInOrder(): void {
    for (const reader of this.#readers.drain()) {
      const outcome = reader.place && this.shift(reader);
      if (outcome === undefined) this.#readers.push(reader);
      else {
        this.#held[outcome.kind]++;
        reader.resolve(outcome);
      }
    }
  }

  #oldest(kind: OutcomeKind | undefined): Entry<O> | undefined {
    if (kind !== undefined) return this.#unread[kind].peek();
    const [one, other] = [this.#unread.response.peek(), this.#unread.exception.peek()];
    return (one?.order ?? Infinity) < (other?.order ?? Infinity) ? one : other;
  }

  /** Past those that other readers have had. */
  #at(place: Place): Entry<O> | undefined {
    const entries = this.#indexed();
    while (!entries.has(place.next) && !this.#prospects.isExpected(place.next)) place.next++;
    const entry = entries.get(place.next);
    if (entry !== undefined) place.next++;
    return entry;
  }

  #indexed(): Map<number, Entry<O>> {
    if (this.#byIndex === undefined) {
      const unread = [...this.#unread.response.items(), ...this.#unread.exception.items()];
      this.#byIndex = new Map(unread.map((entry) => [entry.outcome.index, entry]));
    }
    return this.#byIndex;
  }

  /** Whoever holds an outcome may put a job for it, and so bring more; but only where it is taken. */
  #isOver(kind: OutcomeKind | undefined): boolean {
    if (!this.#prospects.isSettled()) return false;
    const kinds = kind === undefined ? (['response', 'exception'] as const) : [kind];
    const mayBringMore = kinds.some((each) => this.#held[each] > 0) && this.#prospects.isOpen();
    return !mayBringMore && kinds.every((each) => this.#sizes[each] === 0);
  }
}
