import { Fifo } from '../fifo.js';
import type { OutcomeKind, Settlement } from './settlement.js';

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

interface Entry<S> {
  readonly settlement: S;
  readonly order: number;
  /** Whether a reader in the order of the jobs had it before its turn. */
  isTaken: boolean;
}

interface Waiting<S> extends View {
  readonly tell: (settlement: S | undefined) => void;
}

/**
 * Outcomes on their way to those who read them. Each is handed to one reader, in the order in which
 * they came, or in that of their jobs. What a reader has been handed counts as held until it is
 * released.
 */
export class OutcomeQueue<S extends Settlement<unknown, unknown>> {
  readonly #limit: HighWaterMark;
  readonly #prospects: OutcomeProspects;
  readonly #unread = { response: new Fifo<Entry<S>>(), exception: new Fifo<Entry<S>>() };
  readonly #sizes = { response: 0, exception: 0 };
  /** The unread ones, by index: from the time on when somebody reads in that order. */
  #byIndex: Map<number, Entry<S>> | undefined;
  readonly #held = { response: 0, exception: 0 };
  readonly #readers = new Fifo<Waiting<S>>();
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

  push(settlement: S): void {
    const reader = this.#readers.size === 0 ? undefined : this.#readerFor(settlement);
    if (reader === undefined) {
      this.#keep(settlement);
      return;
    }
    this.#hold(settlement);
    reader.tell(settlement);
    if (this.#readers.size > 0) this.#serveInOrder();
  }

  /** The next outcome if there is one. It does not count as held. */
  shift({ kind, place }: View): S | undefined {
    const entry = place === undefined ? this.#oldest(kind) : this.#at(place);
    if (entry === undefined) return undefined;
    const { settlement } = entry;
    entry.isTaken = true;
    this.#byIndex?.delete(settlement.index);
    this.#sizes[settlement.kind]--;
    this.#bytes -= settlement.bytes;
    this.#trim(this.#unread[settlement.kind]);
    return settlement;
  }

  /** The next outcome if there is one, to be released later. */
  take(view: View): S | undefined {
    const settlement = this.shift(view);
    if (settlement !== undefined) this.#hold(settlement);
    return settlement;
  }

  /**
   * Has a reader told of its next outcome, to be released later, or of undefined when all of the view
   * have been consumed; never at once.
   */
  wait(view: View, tell: (settlement: S | undefined) => void): void {
    if (this.#isOver(view.kind)) queueMicrotask(() => tell(undefined));
    else this.#readers.push({ ...view, tell });
  }

  release({ kind }: S): void {
    this.#held[kind]--;
  }

  /** Ends the readers that wait for what will not come. To be called whenever that may be so. */
  endReaders(): void {
    for (const reader of this.#readers.drain()) {
      if (this.#isOver(reader.kind)) reader.tell(undefined);
      else this.#readers.push(reader);
    }
  }

  #hold({ kind }: S): void {
    this.#held[kind]++;
  }

  get #size(): number {
    return this.#sizes.response + this.#sizes.exception;
  }

  #keep(settlement: S): void {
    const entry = { settlement, order: this.#arrived++, isTaken: false };
    this.#unread[settlement.kind].push(entry);
    this.#byIndex?.set(settlement.index, entry);
    this.#sizes[settlement.kind]++;
    this.#bytes += settlement.bytes;
  }

  /** What is first is unread. */
  #trim(entries: Fifo<Entry<S>>): void {
    while (entries.peek()?.isTaken) entries.shift();
  }

  #readerFor({ kind, index }: S): Waiting<S> | undefined {
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
      const settlement = reader.place && this.take(reader);
      if (settlement === undefined) this.#readers.push(reader);
      else reader.tell(settlement);
    }
  }

  #oldest(kind: OutcomeKind | undefined): Entry<S> | undefined {
    if (kind !== undefined) return this.#unread[kind].peek();
    const [one, other] = [this.#unread.response.peek(), this.#unread.exception.peek()];
    return (one?.order ?? Infinity) < (other?.order ?? Infinity) ? one : other;
  }

  /** Past those that other readers have had. */
  #at(place: Place): Entry<S> | undefined {
    const entries = this.#indexed();
    while (!entries.has(place.next) && !this.#prospects.isExpected(place.next)) place.next++;
    const entry = entries.get(place.next);
    if (entry !== undefined) place.next++;
    return entry;
  }

  #indexed(): Map<number, Entry<S>> {
    if (this.#byIndex === undefined) {
      const unread = [...this.#unread.response.items(), ...this.#unread.exception.items()];
      this.#byIndex = new Map(unread.map((entry) => [entry.settlement.index, entry]));
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
