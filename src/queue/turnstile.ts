import { Alarm } from '../alarm.js';
import { Fifo } from '../fifo.js';
import type { Turn } from '../http/request-context.js';
import { Lanes, type Places } from './lanes.js';
import type { Waiting } from './origin.js';
import type { PerOrigin } from './origin-limits.js';
import { type RateLimit, RateWindow, type Slot } from './rate-window.js';

/** What is let through, and how much of it. */
export interface Limits {
  /** Over all origins. */
  readonly rateLimit: RateLimit | undefined;
  readonly perOrigin: PerOrigin | undefined;
}

/** A request that belongs to a job under way, as a redirect's does, and waits for the rate alone. */
interface Hop {
  readonly origin: string | undefined;
  readonly go: () => void;
}

/**
 * Where tickets wait until the rate and the limits of their origins let them through. It has one
 * timer, while something waits for nothing but time.
 */
export class Turnstile<T extends Waiting> {
  readonly #limits: Limits;
  readonly #window: RateWindow | undefined;
  readonly #lanes: Lanes<T>;
  readonly #slots = new Map<T, Slot>();
  readonly #hops = new Fifo<Hop>();
  readonly #alarm: Alarm;
  #isClosed = false;

  /**
   * @param opened called when time may let something through
   * @param places @default any slot may take each ticket
   */
  constructor(limits: Limits, opened: () => void, places?: Places<T>) {
    this.#limits = limits;
    this.#window = limits.rateLimit && new RateWindow(limits.rateLimit);
    this.#lanes = new Lanes(limits.perOrigin, places);
    this.#alarm = new Alarm(() => {
      this.#passHops(performance.now());
      opened();
    });
  }

  /** How many tickets wait. */
  get size(): number {
    return this.#lanes.size;
  }

  /** Whether a ticket may have to wait; if not, it need not come here. */
  get isLimiting(): boolean {
    return this.#window !== undefined || this.#lanes.isLimiting();
  }

  /** Where origins are held, and said to be well again. */
  get origins(): Pick<Lanes<T>, 'hold' | 'throttle' | 'succeed'> {
    return this.#lanes;
  }

  add(ticket: T): void {
    this.#lanes.add(ticket);
  }

  /** Whether nothing goes through now, whatever its origin. */
  isShut(now: number): boolean {
    this.#passHops(now);
    const opensAt = this.#window?.readyAt(now) ?? now;
    if (opensAt > now && this.size > 0) this.#alarm.set(opensAt, now);
    return opensAt > now;
  }

  /**
   * Has a ticket under way from now on that need not wait, if none does.
   *
   * @returns whether it is; else it has to be added
   */
  pass(ticket: T, now: number, slot?: number): boolean {
    if (this.size > 0 || (this.#window !== undefined && this.#window.readyAt(now) > now))
      return false;
    if (!this.#lanes.pass(ticket, now, slot)) return false;
    if (this.#window !== undefined) this.#slots.set(ticket, this.#window.begin(now));
    return true;
  }

  /** The ticket that goes first of those that a slot may take, which is under way from now on. */
  next(now: number, slot?: number): T | undefined {
    const ticket = this.#lanes.next(now, slot);
    if (ticket === undefined) this.#alarm.set(this.#lanes.wakeAt(now), now);
    else {
      if (this.#window !== undefined) this.#slots.set(ticket, this.#window.begin(now));
      this.#rest();
    }
    return ticket;
  }

  /** Says whether the worker of a slot waits for a ticket of its own. */
  expect(slot: number, isExpected: boolean): void {
    this.#lanes.expect(slot, isExpected);
  }

  /** A slot whose worker waits, and that its own limits let take a ticket: the best of all such. */
  called(now: number): number | undefined {
    return this.#lanes.called(now);
  }

  /** Whether a ticket that any slot may take could go now, or time alone holds one back. */
  get hasForAll(): boolean {
    return this.#lanes.hasForAll;
  }

  /** Says that a ticket is no longer under way. One that did not come through here is ignored. */
  end(ticket: T, now: number): void {
    const slot = this.#slots.get(ticket);
    if (slot !== undefined) this.#window?.end(slot, now);
    this.#slots.delete(ticket);
    this.#lanes.end(ticket, now);
    this.#passHops(now);
  }

  /** @returns whether the ticket waited */
  delete(ticket: T): boolean {
    const waited = this.#lanes.delete(ticket);
    this.#rest();
    return waited;
  }

  /** Empties it for good, and returns what was in it. Hops go on, to find that they were aborted. */
  drain(): T[] {
    this.#isClosed = true;
    for (const { go } of this.#hops.drain()) go();
    const tickets = this.#lanes.drain();
    this.#rest();
    return tickets;
  }

  /** Counts one more request of a job under way, as soon as the rates allow it, before any ticket. */
  admit(origin: string | undefined): Turn | undefined {
    const hasRate = this.#window !== undefined || this.#limits.perOrigin?.rateLimit !== undefined;
    if (!hasRate || this.#isClosed) return undefined;
    let hop!: Hop;
    const granted = new Promise<void>((go) => {
      hop = { origin, go };
    });
    this.#hops.push(hop);
    this.#passHops(performance.now());
    return { granted, cancel: () => this.#cancel(hop) };
  }

  #cancel(hop: Hop): void {
    this.#hops.take((each) => each === hop);
    hop.go();
    this.#rest();
  }

  #passHops(now: number): void {
    if (this.#hops.size === 0) return;
    for (const hop of this.#hops.drain()) {
      const opensAt = this.#rateOpensAt(hop.origin, now);
      if (opensAt > now) {
        this.#hops.push(hop);
        this.#alarm.set(opensAt, now);
      } else {
        this.#window?.begin(now);
        this.#lanes.count(hop.origin, now);
        hop.go();
      }
    }
  }

  #rateOpensAt(origin: string | undefined, now: number): number {
    const opensAt = this.#window?.readyAt(now) ?? now;
    return Math.max(opensAt, this.#lanes.rateOpensAt(origin, now));
  }

  /** Until it is asked again, nothing of what waits keeps the process from exiting, hops aside. */
  sleep(): void {
    if (this.#hops.size === 0) this.#alarm.unset();
  }

  #rest(): void {
    if (this.size === 0) this.sleep();
  }
}
