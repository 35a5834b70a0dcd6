import { Heap } from '../heap.js';
import type { Lane, Waiting } from './origin.js';

/** By the priority of what waits, then by turns. */
function goesFirst<T extends Waiting>(one: Lane<T>, other: Lane<T>): boolean {
  const [first, second] = [one.waiting.peek() as T, other.waiting.peek() as T];
  return (
    first.priority > second.priority ||
    (first.priority === second.priority && one.turn < other.turn)
  );
}

/** The open lanes of one slot, and whether its worker waits for them. */
interface Line<T extends Waiting> {
  readonly slot: number;
  readonly open: Heap<Lane<T>>;
  isExpected: boolean;
}

/**
 * The lanes from which a ticket may go now, in a line for each slot and one for all, and which of
 * the slots have somebody to take it. A call takes O(log n) of the lanes.
 */
export class Lines<T extends Waiting> {
  readonly #shared = new Heap<Lane<T>>(goesFirst);
  /** By slot. Without places there are none. */
  readonly #own = new Map<number, Line<T>>();
  /** Those whose worker waits, though a lane of theirs is open. */
  readonly #called = new Heap<Line<T>>((one, other) =>
    goesFirst(one.open.peek() as Lane<T>, other.open.peek() as Lane<T>),
  );

  /** The slot whose worker waits and may take something of its own: the best of all such. */
  get called(): number | undefined {
    return this.#called.peek()?.slot;
  }

  /** Whether a lane is open from which any slot may take. */
  get hasShared(): boolean {
    return this.#shared.size > 0;
  }

  /** The lane from which a slot is to take next, be it its own or that of all. */
  first(slot: number | undefined): Lane<T> | undefined {
    const shared = this.#shared.peek();
    const own = slot === undefined ? undefined : this.#own.get(slot)?.open.peek();
    if (own === undefined) return shared;
    return shared !== undefined && goesFirst(shared, own) ? shared : own;
  }

  /** Puts a lane where it belongs by now: to be called when anything of it has changed. */
  place(lane: Lane<T>): void {
    const isOpen = lane.origin.isOpen && lane.waiting.size > 0;
    if (lane.slot === undefined) put(this.#shared, lane, isOpen);
    else {
      const line = this.#line(lane.slot);
      put(line.open, lane, isOpen);
      this.#call(line);
    }
  }

  /** Says whether the worker of a slot waits. */
  expect(slot: number, isExpected: boolean): void {
    const line = this.#line(slot);
    line.isExpected = isExpected;
    this.#call(line);
  }

  /** Forgets all lanes. */
  clear(): void {
    this.#shared.drain();
    this.#called.drain();
    for (const { open } of this.#own.values()) open.drain();
  }

  #call(line: Line<T>): void {
    put(this.#called, line, line.isExpected && line.open.size > 0);
  }

  #line(slot: number): Line<T> {
    let line = this.#own.get(slot);
    if (line === undefined) {
      line = { slot, open: new Heap(goesFirst), isExpected: false };
      this.#own.set(slot, line);
    }
    return line;
  }
}

function put<T extends object>(heap: Heap<T>, item: T, belongs: boolean): void {
  if (belongs) heap.put(item);
  else heap.delete(item);
}
