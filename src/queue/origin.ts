import { Heap } from '../heap.js';
import { OriginLimits, type PerOrigin } from './origin-limits.js';

/** What an origin has to know of a ticket that waits for it. */
export interface Waiting {
  /** Undefined if the job has none that is known: it waits for no limit then. */
  readonly origin: string | undefined;
  /** The higher goes first. */
  readonly priority: number;
  /** Among equal priorities, the smaller goes first. */
  readonly order: number;
}

/** Whether one of two tickets of the same lane goes before the other. */
function precedes(one: Waiting, other: Waiting): boolean {
  return (
    one.priority > other.priority || (one.priority === other.priority && one.order < other.order)
  );
}

/** Tickets that wait for one origin, and that one slot alone, or any, may take. */
export interface Lane<T extends Waiting> {
  readonly origin: Origin<T>;
  /** Undefined if any may take them. */
  readonly slot: number | undefined;
  readonly waiting: Heap<T>;
  /** Its place among the lanes, which `Lanes` gives it: the least goes first. */
  turn: number;
}

/** One origin: what it may be sent, and the lanes of what waits for it. */
export class Origin<T extends Waiting> {
  readonly limits: OriginLimits<T>;
  /** How many tickets wait in its lanes. */
  size = 0;
  /** Whether something may go to it, as `Lanes` last saw it. */
  isOpen = true;
  /** When it opens, if time opens it, as `Lanes` last saw it. */
  opensAt = -Infinity;
  /** When something last passed that had no lane, as lanes count their turns. */
  turn: number | undefined;
  #shared: Lane<T> | undefined;
  /** By slot. Most origins have none. */
  #own: Map<number, Lane<T>> | undefined;

  constructor(limits: PerOrigin) {
    this.limits = new OriginLimits(limits);
  }

  /** Whether a new one would do as well. */
  isIdle(now: number): boolean {
    return this.size === 0 && this.limits.isIdle(now);
  }

  /** Whether a ticket waits that any slot may take. */
  get hasShared(): boolean {
    return this.#shared !== undefined && this.#shared.waiting.size > 0;
  }

  lane(slot: number | undefined): Lane<T> | undefined {
    return slot === undefined ? this.#shared : this.#own?.get(slot);
  }

  /** A lane that it does not have yet. */
  addLane(slot: number | undefined, turn: number): Lane<T> {
    const lane: Lane<T> = { origin: this, slot, waiting: new Heap<T>(precedes), turn };
    if (slot === undefined) this.#shared = lane;
    else {
      this.#own ??= new Map();
      this.#own.set(slot, lane);
    }
    return lane;
  }

  /** Something has gone past the lane of that slot, where nothing waits: that was its turn. */
  pass(slot: number | undefined, turn: number): void {
    const lane = this.lane(slot);
    if (lane === undefined) this.turn = turn;
    else lane.turn = turn;
  }

  /** Takes out all that waits, in no order. */
  drain(): T[] {
    const drained: T[][] = [];
    this.visit(({ waiting }) => {
      drained.push(waiting.drain());
    });
    this.size = 0;
    return drained.flat();
  }

  /** Calls back with each lane. */
  visit(call: (lane: Lane<T>) => void): void {
    if (this.#shared !== undefined) call(this.#shared);
    this.#own?.forEach(call);
  }
}
