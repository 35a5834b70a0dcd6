import { Heap } from '../heap.js';
import { goesFirst, type Lane, type Origin, type OwnLanes, type Waiting } from './origin.js';

/** The lanes of one slot, and whether its worker waits for them. */
interface Line<T extends Waiting> {
  readonly slot: number;
  /** Those whose origin is open, and perhaps some whose origin no longer is. */
  readonly open: Heap<Lane<T>>;
  /** Those that their origins' heaps lack, as the worker does not wait. */
  readonly leftOut: Set<Lane<T>>;
  isExpected: boolean;
}

/**
 * The lanes from which a ticket may go now, in a line for each slot and one for all, and which of
 * the slots have somebody to take it.
 *
 * A lane of one slot is in two heaps: that of the slot while its origin is open, that of the origin
 * while the slot's worker waits. It stays where it no longer belongs until it is met there: only then
 * is it left out, until the origin opens, or the worker waits. So an origin with many lanes may close
 * and open for each ticket. A call takes O(log n) of the lanes, and as much for each that it leaves
 * out or puts back.
 */
export class Lines<T extends Waiting> {
  readonly #shared = new Heap<Lane<T>>(goesFirst);
  /** By slot. Without places there are none. */
  readonly #own = new Map<number, Line<T>>();
  /** The open ones, by the first lane in the heap of each. */
  readonly #calling = new Heap<Origin<T>>((one, other) =>
    goesFirst(firstOf(one) as Lane<T>, firstOf(other) as Lane<T>),
  );

  /** The slot whose worker waits and may take something of its own: the best of all such. */
  called(): number | undefined {
    for (;;) {
      const origin = this.#calling.peek();
      const lane = origin && firstOf(origin);
      if (lane === undefined) return undefined;
      const { slot, isExpected } = this.#line(lane.slot as number);
      if (isExpected) return slot;
      this.place(lane);
    }
  }

  /** Whether a lane is open from which any slot may take. */
  get hasShared(): boolean {
    return this.#shared.size > 0;
  }

  /** The lane from which a slot is to take next, be it its own or that of all. */
  first(slot: number | undefined): Lane<T> | undefined {
    const shared = this.#shared.peek();
    const own = slot === undefined ? undefined : this.#firstOwn(this.#own.get(slot));
    if (own === undefined) return shared;
    return shared !== undefined && goesFirst(shared, own) ? shared : own;
  }

  /** Puts a lane where it belongs by now: to be called when anything of it has changed. */
  place(lane: Lane<T>): void {
    const { origin, slot, waiting } = lane;
    if (slot === undefined) put(this.#shared, lane, origin.isOpen && waiting.size > 0);
    else {
      const line = this.#line(slot);
      const own = origin.own as OwnLanes<T>;
      settle(lane, line.open, own.leftOut, origin.isOpen);
      settle(lane, own.expected, line.leftOut, line.isExpected);
      this.#call(origin);
    }
  }

  /** Says that an origin has opened or closed. */
  turn(origin: Origin<T>): void {
    const { shared, own } = origin;
    if (shared !== undefined) this.place(shared);
    if (own === undefined) return;
    this.#call(origin);
    // None, if it has closed.
    for (const lane of own.leftOut) this.place(lane);
  }

  /** Says whether the worker of a slot waits. */
  expect(slot: number, isExpected: boolean): void {
    const line = this.#line(slot);
    line.isExpected = isExpected;
    // None, if it no longer waits.
    for (const lane of line.leftOut) this.place(lane);
  }

  /** Its best lane of a slot that is open. */
  #firstOwn(line: Line<T> | undefined): Lane<T> | undefined {
    for (;;) {
      const lane = line?.open.peek();
      if (lane === undefined || lane.origin.isOpen) return lane;
      this.place(lane);
    }
  }

  #call(origin: Origin<T>): void {
    put(this.#calling, origin, origin.isOpen && firstOf(origin) !== undefined);
  }

  #line(slot: number): Line<T> {
    let line = this.#own.get(slot);
    if (line === undefined) {
      line = { slot, open: new Heap(goesFirst), leftOut: new Set(), isExpected: false };
      this.#own.set(slot, line);
    }
    return line;
  }
}

function firstOf<T extends Waiting>(origin: Origin<T>): Lane<T> | undefined {
  return origin.own?.expected.peek();
}

/** Puts a lane into a heap, or among those that the heap lacks, or into neither if nothing waits. */
function settle<T extends Waiting>(
  lane: Lane<T>,
  heap: Heap<Lane<T>>,
  leftOut: Set<Lane<T>>,
  belongs: boolean,
): void {
  const waits = lane.waiting.size > 0;
  put(heap, lane, waits && belongs);
  if (waits && !belongs) leftOut.add(lane);
  else leftOut.delete(lane);
}

function put<T extends object>(heap: Heap<T>, item: T, belongs: boolean): void {
  if (belongs) heap.put(item);
  else heap.delete(item);
}
