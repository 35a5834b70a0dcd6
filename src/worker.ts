import { type Awaitable, isPromiseLike } from './awaitable.js';
import type { RequestContext } from './http/request-context.js';
import type { Ticket } from './queue/ticket.js';
import type { SessionLike } from './session-like.js';
import { SessionThread } from './session-thread.js';

/** Where a worker has its tickets from, and whom it tells what became of them. */
export interface WorkerDesk<J, R> {
  take(): Awaitable<Ticket<J> | undefined>;
  /** Is told before each attempt. What it throws is the attempt's exception. */
  beginning(ticket: Ticket<J>): void;
  /** The worker takes no other ticket before it is dealt with. */
  respond(ticket: Ticket<J>, response: R): Awaitable<void>;
  except(ticket: Ticket<J>, exception: unknown): Awaitable<void>;
}

/** A thread of a pool, which knows the ticket that its job came with. It starts by itself. */
export class Worker<J, R> {
  readonly #desk: WorkerDesk<J, R>;
  /** None while it waits: a ticket's promise may hold a response. */
  #ticket: Ticket<J> | undefined;
  /** Lasts while it is not known what becomes of the last one. */
  #dealing: Awaitable<void> = undefined;

  /** @param context given to the session with each job */
  constructor(session: SessionLike<J, R>, context: RequestContext, desk: WorkerDesk<J, R>) {
    this.#desk = desk;
    const request = (job: J) => {
      desk.beginning(this.#ticket as Ticket<J>);
      return session.request(job, context);
    };
    new SessionThread<J, R>(
      { request },
      { get: () => this.#get() },
      {
        put: ([, response]) => {
          this.#dealing = desk.respond(this.#pass(), response);
        },
      },
      {
        put: ([, exception]) => {
          this.#dealing = desk.except(this.#pass(), exception);
        },
      },
    );
  }

  #get(): Awaitable<J | undefined> {
    return isPromiseLike(this.#dealing) ? this.#dealing.then(() => this.#take()) : this.#take();
  }

  #take(): Awaitable<J | undefined> {
    const taken = this.#desk.take();
    return isPromiseLike(taken) ? taken.then((ticket) => this.#open(ticket)) : this.#open(taken);
  }

  #open(ticket: Ticket<J> | undefined): J | undefined {
    this.#ticket = ticket;
    return ticket?.job;
  }

  #pass(): Ticket<J> {
    const ticket = this.#ticket as Ticket<J>;
    this.#ticket = undefined;
    return ticket;
  }
}
