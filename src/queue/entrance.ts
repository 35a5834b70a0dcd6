import type { Phase } from '../errors.js';
import { onAbort } from '../http/abort-signals.js';
import type { Placement } from './placement.js';
import { abortedBySignal, type Ticket } from './ticket.js';

/** What the entrance asks and tells the scheduler. */
export interface EntranceListener<J> {
  /** Whether the ticket has no outcome yet. */
  owes(ticket: Ticket<J>): boolean;
  /** Takes the ticket from where it waits. @returns whether it waited */
  withdraw(ticket: Ticket<J>): boolean;
  /** It is not to be run, or not any longer. */
  dropped(ticket: Ticket<J>, error: unknown): void;
  /** One that was let in was dropped, and left its place to another. */
  left(): void;
}

/**
 * Lets in the tickets of jobs that are to be run: not those whose signal is aborted, nor those that
 * can't be placed. Those that are in are dropped when their signal is aborted.
 */
export class Entrance<J> {
  readonly #placement: Placement<J> | undefined;
  readonly #listener: EntranceListener<J>;

  /** @param placement @default any worker may run each job */
  constructor(placement: Placement<J> | undefined, listener: EntranceListener<J>) {
    this.#placement = placement;
    this.#listener = listener;
  }

  /** @returns whether the ticket is in; else it has its outcome */
  admit(ticket: Ticket<J>): boolean {
    return this.#watch(ticket) && this.#place(ticket);
  }

  #place(ticket: Ticket<J>): boolean {
    try {
      this.#placement?.read(ticket);
      return true;
    } catch (error) {
      this.#listener.dropped(ticket, error);
      return false;
    }
  }

  /** Listens to the job's signal. @returns whether it is not aborted yet */
  #watch(ticket: Ticket<J>): boolean {
    const { signal } = ticket;
    if (signal === undefined) return true;
    if (signal.aborted) this.#listener.dropped(ticket, abortedBySignal('queued', signal.reason));
    else ticket.unlisten = onAbort(signal, () => this.#giveUp(ticket, signal.reason));
    return !signal.aborted;
  }

  /** A ticket whose signal is aborted. If it is under way, its session may say it better. */
  #giveUp(ticket: Ticket<J>, cause: unknown): void {
    if (this.#listener.withdraw(ticket)) this.#drop(ticket, 'queued', cause);
    else
      setImmediate(() => {
        this.#listener.withdraw(ticket); // it may wait for a retry by now
        if (this.#listener.owes(ticket)) this.#drop(ticket, ticket.phase, cause);
      });
  }

  #drop(ticket: Ticket<J>, phase: Phase, cause: unknown): void {
    this.#listener.dropped(ticket, abortedBySignal(phase, cause));
    this.#listener.left();
  }
}
