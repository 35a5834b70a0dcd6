import type { Lanes } from './queue/lanes.js';
import type { Ticket } from './queue/ticket.js';
import { originOfAnswer, type Result } from './result.js';
import type { Decision, RetryPolicy } from './retry/retry-policy.js';

type Origins = Pick<Lanes<Ticket<unknown>>, 'hold' | 'throttle' | 'succeed'>;

/** What an origin asks for, by one answer, goes for all of its jobs. */
export class OriginPauses {
  readonly #origins: Origins;
  /** Whether any was ever paused: else none need be told that it is well. */
  #hasPaused = false;

  constructor(origins: Origins) {
    this.#origins = origins;
  }

  /**
   * Has the origin of an answer pause, if it asked for that.
   *
   * @returns for how many milliseconds
   */
  begin(ticket: Ticket<unknown>, result: Result<unknown>, { hold, isThrottled }: Decision): number {
    if (hold === undefined && !isThrottled) return 0;
    this.#hasPaused = true;
    const backoff = (step: number) => (ticket.policy as RetryPolicy).backoff(step);
    const origin = originOfAnswer(ticket, result);
    if (origin === undefined) return hold ?? backoff(ticket.attempts);
    const now = performance.now();
    if (hold !== undefined) return this.#origins.hold(origin, now + hold) - now;
    const pause = this.#origins.throttle(origin, ticket.sentAt, now, backoff) - now;
    // One that comes when the pause of its burst is over waits by itself.
    return pause > 0 ? pause : backoff(ticket.attempts);
  }

  /** It answered as it should: the next pause is a first one again. */
  end(ticket: Ticket<unknown>, result: Result<unknown>): void {
    if (!this.#hasPaused) return;
    const origin = originOfAnswer(ticket, result);
    if (origin !== undefined) this.#origins.succeed(origin, ticket.sentAt);
  }
}
