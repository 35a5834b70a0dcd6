import { Heap } from '../heap.js';
import { Lane, type PerOrigin, type Waiting } from './lane.js';

/** How many lanes are kept, idle or not, before any is looked at to be dropped. */
const FEW = 64;

/** By the priority of what waits, then by turns. */
function goesFirst<T extends Waiting>(one: Lane<T>, other: Lane<T>): boolean {
  const [first, second] = [one.waiting.peek() as T, other.waiting.peek() as T];
  return (
    first.priority > second.priority ||
    (first.priority === second.priority && one.turn < other.turn)
  );
}

/**
 * Tickets that wait, in a lane for each origin, so that a limited origin holds up no other. A lane
 * is closed while as many of its tickets are in flight as may be, while its window is full, and
 * while its origin is held. Of the open lanes, the one whose ticket has the highest priority goes
 * first; among equals they take turns, the one that was served least recently before the others.
 *
 * A call takes O(log n) of the lanes that wait and of the tickets in the lane. Closed lanes cost
 * nothing: one is looked at again when its time has come or a ticket of its own ends. Lanes that
 * have nothing to remember are dropped now and then, in constant time, amortized.
 *
 * All times are milliseconds of one clock that never goes back.
 */
export class Lanes<T extends Waiting> {
  readonly #limits: PerOrigin;
  readonly #isLimited: boolean;
  readonly #lanes = new Map<string | undefined, Lane<T>>();
  /** Those where something waits: the open ones, and those that time will open. */
  readonly #open = new Heap<Lane<T>>(goesFirst);
  readonly #later = new Heap<Lane<T>>((one, other) => one.opensAt < other.opensAt);
  /** The latest time that is known: what is open then stays so until something begins. */
  #now = -Infinity;
  #size = 0;
  #turns = 0;
  /** No origin is held after that. */
  #heldUntil = -Infinity;
  /** How many lanes are worth a look for idle ones. */
  #sweepAt = FEW;

  /** @param limits of each origin; those that are absent are none */
  constructor(limits: PerOrigin = {}) {
    this.#limits = limits;
    this.#isLimited = limits.concurrency !== undefined || limits.rateLimit !== undefined;
  }

  /** How many tickets wait. */
  get size(): number {
    return this.#size;
  }

  /** When a ticket that time alone holds back may go; Infinity if there is none. */
  wakeAt(now: number): number {
    this.#wake(now);
    return this.#later.peek()?.opensAt ?? Infinity;
  }

  /** False if nothing waits and no origin has a limit or is held: every ticket may go then. */
  isLimiting(): boolean {
    return this.#isLimited || this.#size > 0 || this.#heldUntil > this.#now;
  }

  add(ticket: T): void {
    const lane = this.#laneOf(ticket.origin);
    lane.waiting.put(ticket);
    this.#size++;
    if (lane.waiting.peek() === ticket) this.#place(lane);
  }

  /** Takes out the best ticket that may go now, and counts it as begun. */
  next(now: number): T | undefined {
    this.#wake(now);
    const lane = this.#open.peek();
    if (lane === undefined) return undefined;
    const ticket = lane.waiting.shift() as T;
    this.#size--;
    lane.turn = this.#turns++;
    this.#begin(ticket, lane, now);
    return ticket;
  }

  /** Says that a ticket's answer came, or that there will be none. Ignores what never began. */
  end(ticket: T, now: number): void {
    const lane = this.#lanes.get(ticket.origin);
    lane?.end(ticket, now);
    if (lane !== undefined) this.#place(lane);
  }

  /**
   * Nothing of the origin may go before `until`, or before what it was held until already.
   *
   * @returns when it may go
   */
  hold(origin: string, until: number): number {
    const lane = this.#laneOf(origin);
    lane.hold(until);
    return this.#hold(lane);
  }

  /**
   * Holds an origin that asked for it without saying how long: a 429 without Retry-After. All that
   * was sent before its last such pause began is one burst, which makes one step. A step is
   * forgotten after a success, or a minute after its pause (if that was longer, its own length).
   *
   * @param sentAt when the request began
   * @param backoff the length of the pause, for steps counted from 1
   * @returns until when the origin is held
   */
  throttle(origin: string, sentAt: number, now: number, backoff: (step: number) => number): number {
    const lane = this.#laneOf(origin);
    lane.throttle(sentAt, now, backoff);
    return this.#hold(lane);
  }

  /** Says that an origin answered otherwise than `throttle()` says. */
  succeed(origin: string, sentAt: number): void {
    this.#lanes.get(origin)?.succeed(sentAt);
  }

  /** @returns whether the ticket waited */
  delete(ticket: T): boolean {
    const lane = this.#lanes.get(ticket.origin);
    const isFirst = lane?.waiting.peek() === ticket;
    if (!lane?.waiting.delete(ticket)) return false;
    this.#size--;
    if (isFirst) this.#place(lane);
    return true;
  }

  /** When the rate of an origin allows one more request, whatever else its tickets wait for. */
  rateOpensAt(origin: string | undefined, now: number): number {
    return this.#lanes.get(origin)?.rateOpensAt(now) ?? -Infinity;
  }

  /** Counts a request that is no ticket's own, as a redirect's. */
  count(origin: string | undefined, now: number): void {
    if (this.#limits.rateLimit === undefined) return;
    const lane = this.#laneOf(origin);
    this.#now = now;
    lane.count(now);
    this.#place(lane);
  }

  /** Takes out all that waits, in the order of the jobs. */
  drain(): T[] {
    const tickets = [...this.#lanes.values()].flatMap((lane) => lane.waiting.drain());
    this.#open.drain();
    this.#later.drain();
    this.#size = 0;
    return tickets.sort((one, other) => one.order - other.order);
  }

  #begin(ticket: T, lane: Lane<T>, now: number): void {
    this.#now = now;
    if (this.#isLimited) lane.begin(ticket, now);
    this.#place(lane);
  }

  #hold(lane: Lane<T>): number {
    this.#heldUntil = Math.max(this.#heldUntil, lane.heldUntil);
    this.#place(lane);
    return lane.heldUntil;
  }

  /** Puts a lane where it belongs by now: to be called when anything of it has changed. */
  #place(lane: Lane<T>): void {
    const opensAt = lane.waiting.size === 0 ? Infinity : lane.readyAt(this.#now);
    lane.opensAt = opensAt;
    if (opensAt <= this.#now) this.#open.put(lane);
    else this.#open.delete(lane);
    if (opensAt > this.#now && opensAt < Infinity) this.#later.put(lane);
    else this.#later.delete(lane);
  }

  /** Opens the lanes whose time has come. */
  #wake(now: number): void {
    this.#now = now;
    for (;;) {
      const lane = this.#later.peek();
      if (lane === undefined || lane.opensAt > now) return;
      this.#place(lane);
    }
  }

  #laneOf(origin: string | undefined): Lane<T> {
    let lane = this.#lanes.get(origin);
    if (lane === undefined) {
      if (this.#lanes.size >= this.#sweepAt) this.#sweep();
      lane = new Lane<T>(origin === undefined ? {} : this.#limits, this.#turns++);
      this.#lanes.set(origin, lane);
    }
    return lane;
  }

  #sweep(): void {
    for (const [origin, lane] of this.#lanes)
      if (lane.isIdle(this.#now)) this.#lanes.delete(origin);
    this.#sweepAt = Math.max(FEW, 2 * this.#lanes.size);
  }
}
