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

/** Whether of two lanes where something waits one goes first: by priority, then by turns. */
export function goesFirst<T extends Waiting>(one: Lane<T>, other: Lane<T>): boolean {
  const [first, second] = [one.waiting.peek() as T, other.waiting.peek() as T];
  return (
    first.priority > second.priority ||
    (first.priority === second.priority && one.turn < other.turn)
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

/** The lanes of one origin that are each for one slot alone, as `Lines` keeps them. */
export class OwnLanes<T extends Waiting> {
  readonly bySlot = new Map<number, Lane<T>>();
  /** Those for which a worker waits, and perhaps some for which none does any more. */
  readonly expected = new Heap<Lane<T>>(goesFirst);
  /** Those that their slots' heaps lack, as the origin is closed. */
  readonly leftOut = new Set<Lane<T>>();
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
  /** The lane of what any slot may take. */
  shared: Lane<T> | undefined;
  /** Most origins have none. */
  own: OwnLanes<T> | undefined;

  constructor(limits: PerOrigin) {
    this.limits = new OriginLimits(limits);
  }

  /** Whether a new one would do as well. */
  isIdle(now: number): boolean {
    return this.size === 0 && this.limits.isIdle(now);
  }

  /** Whether a ticket waits that any slot may take. */
  get hasShared(): boolean {
    return this.shared !== undefined && this.shared.waiting.size > 0;
  }

  lane(slot: number | undefined): Lane<T> | undefined {
    return slot === undefined ? this.shared : this.own?.bySlot.get(slot);
  }

  /** A lane that it does not have yet. */
  addLane(slot: number | undefined, turn: number): Lane<T> {
    const lane: Lane<T> = { origin: this, slot, waiting: new Heap<T>(precedes), turn };
    if (slot === undefined) this.shared = lane;
    else {
      this.own ??= new OwnLanes();
      this.own.bySlot.set(slot, lane);
    }
    return lane;
  }

  /** Something has gone past the lane of that slot, where nothing waits: that was its turn. */
  pass(slot: number | undefined, turn: number): void {
    const lane = this.lane(slot);
    if (lane === undefined) this.turn = turn;
    else lane.turn = turn;
  }

  /** All that it has. */
  get lanes(): Lane<T>[] {
    const own = [...(this.own?.bySlot.values() ?? [])];
    return this.shared === undefined ? own : [this.shared, ...own];
  }
}
