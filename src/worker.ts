import { type Awaitable, isPromiseLike } from './awaitable.js';
import type { RequestContext } from './http/request-context.js';
import type { Ticket } from './queue/ticket.js';
import type { SessionLike } from './session-like.js';
import { SessionThread } from './session-thread.js';

/** Where a worker has its tickets and sessions from, and whom it tells what became of them. */
export interface WorkerDesk<J, R> {
  /** The next ticket if there is one now. */
  take(): Ticket<J> | undefined;
  /** Tells of the next one, since there was none; of undefined when the worker may go. */
  wait(tell: (ticket: Ticket<J> | undefined) => void): void;
  /** Is told before each attempt. What it throws is the attempt's exception. */
  beginning(ticket: Ticket<J>, session: SessionLike<J, R>): void;
  /** The worker takes no other ticket before it is dealt with. */
  respond(ticket: Ticket<J>, response: R): Awaitable<void>;
  except(ticket: Ticket<J>, exception: unknown): Awaitable<void>;
  /** Gives up the worker's session. @returns when the worker may go on */
  retire(): Promise<void>;
  /** A session in place of that one. What it throws is the attempt's exception. */
  replace(ticket: Ticket<J>): Promise<SessionLike<J, R>>;
}

/** A thread of a pool, which knows the ticket that its job came with. It starts by itself. */
export class Worker<J, R> {
  readonly #desk: WorkerDesk<J, R>;
  readonly #context: RequestContext;
  /** None between its retirement and the job that needs another. */
  #session: SessionLike<J, R> | undefined;
  #isRetiring = false;
  /** None while it waits: a ticket's promise may hold a response. */
  #ticket: Ticket<J> | undefined;
  /** Lasts while it is not known what becomes of the last one. */
  #dealing: Awaitable<void> = undefined;

  /** @param context given to the session with each job */
  constructor(session: SessionLike<J, R>, context: RequestContext, desk: WorkerDesk<J, R>) {
    this.#desk = desk;
    this.#context = context;
    this.#session = session;
    new SessionThread<J, R>(
      { request: (job) => this.#request(job) },
      { get: () => this.#get() },
      {
        put: ([, response]) => {
          const ticket = this.#pass();
          this.#dealing = desk.respond(ticket, response) ?? yieldTo(ticket);
        },
      },
      {
        put: ([, exception]) => {
          const ticket = this.#pass();
          this.#dealing = desk.except(ticket, exception) ?? yieldTo(ticket);
        },
      },
    );
  }

  /** Has it give up that session, unless it has another by now, before it takes another job. */
  retire(session: unknown): void {
    if (session === this.#session) this.#isRetiring = true;
  }

  #request(job: J): Awaitable<R> {
    const ticket = this.#ticket as Ticket<J>;
    const session = this.#session;
    return session === undefined ? this.#begin(job, ticket) : this.#run(job, ticket, session);
  }

  async #begin(job: J, ticket: Ticket<J>): Promise<R> {
    this.#isRetiring = true; // if none can be made, it rests before it tries again
    this.#session = await this.#desk.replace(ticket);
    this.#isRetiring = false;
    return this.#run(job, ticket, this.#session);
  }

  #run(job: J, ticket: Ticket<J>, session: SessionLike<J, R>): Awaitable<R> {
    this.#desk.beginning(ticket, session);
    const { scope } = ticket;
    if (scope === undefined) return session.request(job, this.#context);
    return scope.runInAsyncScope(session.request, session, job, this.#context);
  }

  #get(): Awaitable<J | undefined> {
    return isPromiseLike(this.#dealing) ? this.#dealing.then(() => this.#next()) : this.#next();
  }

  #next(): Awaitable<J | undefined> {
    return this.#isRetiring ? this.#retire().then(() => this.#take()) : this.#take();
  }

  #retire(): Promise<void> {
    this.#isRetiring = false;
    this.#session = undefined;
    return this.#desk.retire();
  }

  /** One that comes later is run a step later: whoever pauses the pool then finds it in flight. */
  #take(): Awaitable<J | undefined> {
    const ticket = this.#desk.take();
    if (ticket !== undefined) return this.#open(ticket);
    return new Promise((resolve) => {
      this.#desk.wait((later) => resolve(this.#open(later)));
    });
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

/** Whoever submitted a job may submit the next one when he has its answer: it goes before the queue's. */
function yieldTo({ submission }: Ticket<unknown>): Awaitable<void> {
  return submission && Promise.resolve();
}
