import { Heap } from '../heap.js';
import { Lines } from './lines.js';
import { type Lane, Origin, type Waiting } from './origin.js';
import type { PerOrigin } from './origin-limits.js';

/** How many origins are kept, idle or not, before any is looked at to be dropped. */
const FEW = 64;

/** Which slot is to take a ticket. */
export interface Places<T> {
  /** Undefined if any may. Once it is a slot, it is that one for good. */
  slotOf(ticket: T): number | undefined;
  /** A ticket that any might take is taken by that one. */
  bind(ticket: T, slot: number): void;
}

/**
 * Tickets that wait, in a lane for each origin, so that a limited origin holds up no other. An origin
 * is closed while as many of its tickets are in flight as may be, while its window is full, and
 * while it is held. Of the open lanes, the one whose ticket has the highest priority goes
 * first; among equals they take turns, the one that was served least recently before the others.
 *
 * With `places`, what one slot alone may take waits for it in lanes of its own, beside those of what
 * any may take. A ticket whose slot has become known while it waited is moved when it is met, so
 * that those of an origin and a slot keep their order.
 *
 * A call takes O(log n) of the lanes that wait and of the tickets in the lane, and `Lines` says when
 * more: not for the many lanes of an origin that it opens or closes. Closed origins cost nothing: one
 * is looked at again when its time has come or a ticket of its own ends. Origins that have nothing to
 * remember are dropped now and then, in constant time, amortized.
 *
 * All times are milliseconds of one clock that never goes back.
 */
export class Lanes<T extends Waiting> {
  readonly #limits: PerOrigin;
  readonly #isLimited: boolean;
  readonly #places: Places<T> | undefined;
  readonly #origins = new Map<string | undefined, Origin<T>>();
  readonly #lines = new Lines<T>();
  /** Those where something waits and that time will open. */
  readonly #later = new Heap<Origin<T>>((one, other) => one.opensAt < other.opensAt);
  /** The latest time that is known: what is open then stays so until something begins. */
  #now = -Infinity;
  #size = 0;
  #turns = 0;
  /** No origin is held after that. */
  #heldUntil = -Infinity;
  /** How many origins are worth a look for idle ones. */
  #sweepAt = FEW;

  /**
   * @param limits of each origin; those that are absent are none
   * @param places @default any slot may take each ticket
   */
  constructor(limits: PerOrigin = {}, places?: Places<T>) {
    this.#limits = limits;
    this.#isLimited = limits.concurrency !== undefined || limits.rateLimit !== undefined;
    this.#places = places;
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

  /** Whether a ticket that any slot may take could go, or time alone holds one back. */
  get hasForAll(): boolean {
    return this.#lines.hasShared || this.#later.size > 0;
  }

  add(ticket: T): void {
    this.#size++;
    const slot = this.#places?.slotOf(ticket);
    // Others of its kind may wait there still, which go before it.
    const isBehind = slot !== undefined && this.#originOf(ticket.origin).hasShared;
    this.#put(ticket, isBehind ? undefined : slot);
  }

  /**
   * Counts a ticket as begun that need not wait: to be called when none does.
   *
   * @returns whether it is; else it has to be added
   */
  pass(ticket: T, now: number, slot?: number): boolean {
    const home = this.#places?.slotOf(ticket);
    if (home !== undefined && home !== slot) return false;
    this.#now = now;
    const origin = this.#originOf(ticket.origin);
    if (this.#isLimited || this.#heldUntil > now) {
      if (origin.limits.readyAt(now) > now) return false;
      if (this.#isLimited) origin.limits.begin(ticket, now);
      this.#place(origin);
    }
    origin.pass(home, this.#turns++);
    if (slot !== undefined) this.#places?.bind(ticket, slot);
    return true;
  }

  /** Takes out the best ticket that a slot may take now, and counts it as begun. */
  next(now: number, slot?: number): T | undefined {
    this.#wake(now);
    for (;;) {
      const lane = this.#lines.first(slot);
      if (lane === undefined) return undefined;
      const ticket = lane.waiting.shift() as T;
      lane.origin.size--;
      const home = lane.slot ?? this.#places?.slotOf(ticket);
      if (home === lane.slot) {
        this.#begin(ticket, lane, now, slot);
        return ticket;
      }
      this.#lines.place(lane);
      this.#put(ticket, home);
    }
  }

  /** Says whether the worker of a slot waits for a ticket of its own. */
  expect(slot: number, isExpected: boolean): void {
    this.#lines.expect(slot, isExpected);
  }

  /** A slot whose worker waits, and that may take a ticket of its own: the best of all such. */
  called(now: number): number | undefined {
    this.#wake(now);
    return this.#lines.called();
  }

  /** Says that a ticket's answer came, or that there will be none. Ignores what never began. */
  end(ticket: T, now: number): void {
    if (!this.#isLimited) return;
    const origin = this.#origins.get(ticket.origin);
    origin?.limits.end(ticket, now);
    if (origin !== undefined) this.#place(origin);
  }

  /**
   * Nothing of the origin may go before `until`, or before what it was held until already.
   *
   * @returns when it may go
   */
  hold(name: string, until: number): number {
    const origin = this.#originOf(name);
    origin.limits.hold(until);
    return this.#hold(origin);
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
  throttle(name: string, sentAt: number, now: number, backoff: (step: number) => number): number {
    const origin = this.#originOf(name);
    origin.limits.throttle(sentAt, now, backoff);
    return this.#hold(origin);
  }

  /** Says that an origin answered otherwise than `throttle()` says. */
  succeed(name: string, sentAt: number): void {
    this.#origins.get(name)?.limits.succeed(sentAt);
  }

  /** @returns whether the ticket waited */
  delete(ticket: T): boolean {
    const origin = this.#origins.get(ticket.origin);
    if (origin === undefined) return false;
    const slot = this.#places?.slotOf(ticket);
    // It may have come to be known while the ticket waited.
    const isOwn = slot !== undefined && this.#deleteFrom(origin, slot, ticket);
    return isOwn || this.#deleteFrom(origin, undefined, ticket);
  }

  /** When the rate of an origin allows one more request, whatever else its tickets wait for. */
  rateOpensAt(name: string | undefined, now: number): number {
    return this.#origins.get(name)?.limits.rateOpensAt(now) ?? -Infinity;
  }

  /** Counts a request that is no ticket's own, as a redirect's. */
  count(name: string | undefined, now: number): void {
    if (this.#limits.rateLimit === undefined) return;
    const origin = this.#originOf(name);
    this.#now = now;
    origin.limits.count(now);
    this.#place(origin);
  }

  /** Takes out all that waits, in the order of the jobs. */
  drain(): T[] {
    const lanes = [...this.#origins.values()].flatMap((origin) => origin.lanes);
    const tickets = lanes.flatMap((lane) => this.#drain(lane));
    this.#later.drain();
    this.#size = 0;
    return tickets.sort((one, other) => one.order - other.order);
  }

  #drain(lane: Lane<T>): T[] {
    const tickets = lane.waiting.drain();
    lane.origin.size -= tickets.length;
    this.#lines.place(lane);
    return tickets;
  }

  #put(ticket: T, slot: number | undefined): void {
    const origin = this.#originOf(ticket.origin);
    const lane = origin.lane(slot) ?? origin.addLane(slot, origin.turn ?? this.#turns++);
    origin.size++;
    lane.waiting.put(ticket);
    if (lane.waiting.peek() === ticket) this.#place(origin, lane);
  }

  #deleteFrom(origin: Origin<T>, slot: number | undefined, ticket: T): boolean {
    const lane = origin.lane(slot);
    const isFirst = lane?.waiting.peek() === ticket;
    if (!lane?.waiting.delete(ticket)) return false;
    origin.size--;
    this.#size--;
    if (isFirst) this.#place(origin, lane);
    return true;
  }

  #begin(ticket: T, lane: Lane<T>, now: number, slot: number | undefined): void {
    this.#size--;
    if (slot !== undefined) this.#places?.bind(ticket, slot);
    lane.turn = this.#turns++;
    this.#now = now;
    if (this.#isLimited) lane.origin.limits.begin(ticket, now);
    this.#place(lane.origin, lane);
  }

  #hold(origin: Origin<T>): number {
    const { heldUntil } = origin.limits;
    this.#heldUntil = Math.max(this.#heldUntil, heldUntil);
    this.#place(origin);
    return heldUntil;
  }

  /**
   * Puts an origin where it belongs by now: to be called when anything of it has changed.
   *
   * @param changed the lane that has changed, if one has
   */
  #place(origin: Origin<T>, changed?: Lane<T>): void {
    const opensAt = origin.limits.readyAt(this.#now);
    const isOpen = opensAt <= this.#now;
    origin.opensAt = opensAt;
    if (!isOpen && opensAt < Infinity && origin.size > 0) this.#later.put(origin);
    else this.#later.delete(origin);
    const hasTurned = isOpen !== origin.isOpen;
    origin.isOpen = isOpen;
    // First: the others are compared with what is in its place.
    if (changed !== undefined) this.#lines.place(changed);
    if (hasTurned) this.#lines.turn(origin);
  }

  /** Opens the origins whose time has come. */
  #wake(now: number): void {
    this.#now = now;
    for (;;) {
      const origin = this.#later.peek();
      if (origin === undefined || origin.opensAt > now) return;
      this.#place(origin);
    }
  }

  #originOf(name: string | undefined): Origin<T> {
    let origin = this.#origins.get(name);
    if (origin === undefined) {
      if (this.#origins.size >= this.#sweepAt) this.#sweep();
      origin = new Origin<T>(name === undefined ? {} : this.#limits);
      this.#origins.set(name, origin);
    }
    return origin;
  }

  #sweep(): void {
    for (const [name, origin] of this.#origins)
      if (origin.isIdle(this.#now)) this.#origins.delete(name);
    this.#sweepAt = Math.max(FEW, 2 * this.#origins.size);
  }
}
