import { type RateLimit, RateWindow, type Slot } from './rate-window.js';

/** What each origin is asked at most. */
export interface PerOrigin {
  /** Requests at a time. @default Infinity */
  readonly concurrency?: number | undefined;
  /** @default none */
  readonly rateLimit?: RateLimit | undefined;
}

/** How long a step of backoff is remembered after its pause, at least; in milliseconds. */
const STEP_MEMORY = 60_000;

/** What one origin may be sent: what is in flight, and until when it is to be left alone. */
export class OriginLimits<T> {
  readonly #concurrency: number;
  readonly #window: RateWindow | undefined;
  /** With what `#window` gave for it. */
  readonly #inFlight = new Map<T, Slot | undefined>();
  #heldUntil = -Infinity;
  /** When the last pause began that was made for lack of a Retry-After. */
  #pausedAt = -Infinity;
  /** How many such pauses came one upon another, without a success between. */
  #step = 0;
  #forgetsAt = -Infinity;

  constructor({ concurrency = Infinity, rateLimit }: PerOrigin) {
    this.#concurrency = concurrency;
    this.#window = rateLimit === undefined ? undefined : new RateWindow(rateLimit);
  }

  /** The origin is to be left alone before that. */
  get heldUntil(): number {
    return this.#heldUntil;
  }

  /** At most `now` if it is open; Infinity if only the end of a ticket in flight can open it. */
  readyAt(now: number): number {
    if (this.#inFlight.size >= this.#concurrency) return Infinity;
    return Math.max(this.#heldUntil, this.#window?.readyAt(now) ?? now);
  }

  begin(ticket: T, now: number): void {
    this.#inFlight.set(ticket, this.#window?.begin(now));
  }

  /** Ignores what never began. */
  end(ticket: T, now: number): void {
    const slot = this.#inFlight.get(ticket);
    if (slot !== undefined) this.#window?.end(slot, now);
    this.#inFlight.delete(ticket);
  }

  /** When its rate allows one more, whatever else it waits for. */
  rateOpensAt(now: number): number {
    return this.#window?.readyAt(now) ?? -Infinity;
  }

  /** Counts a request that is no ticket's own. */
  count(now: number): void {
    this.#window?.begin(now);
  }

  hold(until: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, until);
  }

  /** What was sent before the last pause began tells nothing new. */
  throttle(sentAt: number, now: number, backoff: (step: number) => number): void {
    if (sentAt < this.#pausedAt) return;
    this.#step = now < this.#forgetsAt ? this.#step + 1 : 1;
    const pause = backoff(this.#step);
    this.#pausedAt = now;
    this.#forgetsAt = now + pause + Math.max(pause, STEP_MEMORY);
    this.hold(now + pause);
  }

  /** What was sent before the last pause began tells nothing of the time after it. */
  succeed(sentAt: number): void {
    if (sentAt < this.#pausedAt) return;
    this.#step = 0;
  }

  /** Whether new limits would do as well. */
  isIdle(now: number): boolean {
    return (
      this.#inFlight.size === 0 &&
      Math.max(this.#heldUntil, this.#forgetsAt) <= now &&
      (this.#window?.isIdle(now) ?? true)
    );
  }
}
