import { AsyncResource } from 'node:async_hooks';
import { type JobMessage, jobEnd, jobRetry, jobStart } from './channels.js';
import { discard } from './discard.js';
import { heldBytes } from './queue/body-size.js';
import { type Outcome, ThreadException, ThreadResponse } from './queue/outcomes.js';
import type { OutcomeKind, Settlement } from './queue/settlement.js';
import type { Ticket } from './queue/ticket.js';
import type { Attempt } from './retry/attempt.js';
import { type Counts, type PoolStats, Tally } from './tally.js';

/** What a message says of the last retry is over. */
const NO_RETRY = { response: undefined, exception: undefined, delay: undefined };

/** Who calls those who listen; what one throws comes out of `emit()`. */
export interface Emitter {
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
}

/** How a job ended. */
export type Settled<J, R> = Settlement<J, Outcome<J, R>>;

/**
 * Tells of each job as it begins, is retried and ends: counts it, calls those who listen, publishes
 * it. Makes the outcomes that it tells of.
 */
export class Telemetry<J, R> {
  readonly #pool: Emitter;
  readonly #counts: () => Counts;
  readonly #tally = new Tally();
  /** Whether it was told that nothing is left to do, and of nothing since. */
  #isSettled = false;

  constructor(pool: Emitter, counts: () => Counts) {
    this.#pool = pool;
    this.#counts = counts;
  }

  get stats(): PoolStats {
    return this.#tally.stats(this.#counts());
  }

  /** The ticket is given to its session. */
  began(ticket: Ticket<J>): void {
    this.#tally.wake();
    this.#tally.inFlight++;
    ticket.isInFlight = true;
    if (ticket.hasStarted) this.#tally.retried++;
    else if (jobStart.hasSubscribers) this.#start(ticket);
    ticket.hasStarted = true;
  }

  /** Nothing is left to do for now. @throws what a listener throws */
  settled(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#tally.rest();
    this.#tellProgress();
  }

  /** @throws what a listener throws */
  retrying(ticket: Ticket<J>, attempt: Attempt<J, R>, delay: number): void {
    this.#land(ticket);
    this.#pool.emit('retry', attempt, delay);
    if (!jobRetry.hasSubscribers) return;
    const { response, exception } = attempt;
    jobRetry.publish(Object.assign(this.#messageOf(ticket), { response, exception, delay }));
  }

  /** How it ended: in an exception all the same, if a listener throws one. */
  responded(ticket: Ticket<J>, response: R): Settled<J, R> {
    this.#land(ticket);
    const { job, index, attempts, session } = ticket;
    const outcome = new ThreadResponse<J, R>(job, response, index, attempts, session);
    const bytes = heldBytes({ response });
    this.#tally.succeeded++;
    this.#tally.bytes += bytes;
    try {
      this.#tell('response', outcome);
    } catch (exception) {
      this.#tally.succeeded--;
      this.#tally.bytes -= bytes;
      discard(response);
      return this.failed(ticket, exception);
    }
    this.#publish(ticket, outcome);
    return { outcome, kind: 'response', index, job, bytes };
  }

  /** How it ended, with what a listener throws in place of the exception. */
  failed(ticket: Ticket<J>, exception: unknown): Settled<J, R> {
    this.#land(ticket);
    const { job, index, attempts, session } = ticket;
    const failure = (thrown: unknown) =>
      new ThreadException<J, unknown>(job, thrown, index, attempts, session);
    let outcome = failure(exception);
    this.#tally.failed++;
    try {
      this.#tell('exception', outcome);
    } catch (thrown) {
      outcome = failure(thrown);
    }
    this.#publish(ticket, outcome);
    return { outcome, kind: 'exception', index, job, bytes: heldBytes(outcome) };
  }

  #land(ticket: Ticket<J>): void {
    if (!ticket.isInFlight) return;
    ticket.isInFlight = false;
    this.#tally.inFlight--;
  }

  #tell(kind: OutcomeKind, outcome: Outcome<J, R>): void {
    this.#isSettled = false;
    this.#pool.emit(kind, outcome);
    this.#tellProgress();
  }

  #tellProgress(): void {
    if (this.#pool.listenerCount('progress') > 0) this.#pool.emit('progress', this.stats);
  }

  /** What is bound to the channel holds for all attempts. */
  #start(ticket: Ticket<J>): void {
    jobStart.runStores(this.#messageOf(ticket), () => {
      ticket.scope = new AsyncResource('SessionPoolJob');
    });
  }

  #publish(ticket: Ticket<J>, outcome: Outcome<J, R>): void {
    if (jobEnd.hasSubscribers)
      jobEnd.publish(Object.assign(this.#messageOf(ticket), NO_RETRY, { outcome }));
  }

  #messageOf(ticket: Ticket<J>): JobMessage {
    const { job, index, attempts, session } = ticket;
    ticket.message ??= { pool: this.#pool, requestKwargs: job, index, attempts, session };
    ticket.message.attempts = attempts;
    ticket.message.session = session;
    return ticket.message;
  }
}
