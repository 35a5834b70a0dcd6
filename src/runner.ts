import { type Awaitable, isPromiseLike } from './awaitable.js';
import { discard } from './discard.js';
import { AbortError, type Phase } from './errors.js';
import { RequestContext } from './http/request-context.js';
import { OriginPauses } from './origin-pauses.js';
import type { Scheduler } from './queue/scheduler.js';
import type { Ticket } from './queue/ticket.js';
import { spentBodyError } from './request/body/spent-body.js';
import { attemptOf, checkStatus, failure, outcomeOf, type Result } from './result.js';
import type { Retry } from './retry/retry-options.js';
import { type Decision, RetryPolicy } from './retry/retry-policy.js';
import type { SessionLike } from './session-like.js';
import type { Settled, Telemetry } from './telemetry.js';
import { Worker } from './worker.js';
import { isRetired } from './worker-sessions.js';

/** What the runner tells the pool, and has from it. */
export interface RunnerListener<J, R> {
  /** A job is about to be handed to a session. */
  beginning(): void;
  /** A ticket has its outcome. */
  ended(ticket: Ticket<J>, settled: Settled<J, R>): void;
  /** Gives up a worker's session. */
  retire(worker: number): void;
  /** Waits until a worker's session may be replaced; no longer than there is something to do. */
  rest(worker: number): Awaitable<void>;
  replace(worker: number): Promise<SessionLike<J, R>>;
}

export interface RunnerOptions {
  // biome-ignore lint/suspicious/noExplicitAny: the pool's type says what its hooks are given
  readonly retry: Retry<any> | undefined;
  readonly raiseForStatus: boolean | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly retireWhen: ((outcome: any, session: any) => Awaitable<unknown>) | undefined;
}

/**
 * Runs the scheduler's tickets on sessions, a thread for each, again where the retries say so, until
 * each ticket has its response or its exception. It tells of either exactly once.
 */
export class Runner<J, R> {
  readonly #scheduler: Scheduler<J>;
  readonly #options: RunnerOptions;
  readonly #telemetry: Telemetry<J, R>;
  readonly #listener: RunnerListener<J, R>;
  readonly #pauses: OriginPauses;
  /** One for each thread. */
  readonly #contexts: RequestContext[] = [];
  /** The pool's own, for jobs that say nothing else. */
  readonly #policy: RetryPolicy | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(
    scheduler: Scheduler<J>,
    options: RunnerOptions,
    telemetry: Telemetry<J, R>,
    listener: RunnerListener<J, R>,
  ) {
    this.#scheduler = scheduler;
    this.#options = options;
    this.#telemetry = telemetry;
    this.#listener = listener;
    this.#policy = RetryPolicy.from(options.retry, undefined);
    this.#pauses = new OriginPauses(scheduler.origins);
  }

  /**
   * Has a session work from now on.
   *
   * @param slot its number, from 0
   */
  start(session: SessionLike<J, R>, slot: number): void {
    const { raiseForStatus } = this.#options;
    const admit = (url: URL) => this.#scheduler.admit(url);
    const context = new RequestContext({ raiseForStatus, admit });
    this.#contexts.push(context);
    const worker: Worker<J, R> = new Worker<J, R>(session, context, {
      take: () => this.#scheduler.take(slot),
      wait: (tell) => this.#scheduler.wait(slot, tell),
      beginning: (ticket, its) => this.#begin(ticket, its, context),
      respond: (ticket, response) => this.#respond(ticket, response, worker),
      except: (ticket, exception) => this.#except(ticket, exception, worker),
      retire: () => this.#retire(slot),
      replace: (ticket) => this.#replace(ticket, slot),
    });
  }

  /** Fails what waits, now, and what is under way as soon as its session has said how. */
  abort(reason: unknown): void {
    this.#aborted = { reason };
    const fail = (ticket: Ticket<J>, phase: Phase) =>
      this.abandon(ticket, abortError(phase, reason));
    for (const ticket of this.#scheduler.abort()) fail(ticket, 'queued');
    for (const context of this.#contexts) context.abort(reason);
    setImmediate(() => {
      for (const ticket of this.#scheduler.owed) fail(ticket, ticket.phase);
    });
  }

  /** Fails a ticket that came too late. */
  refuse(ticket: Ticket<J>): void {
    const closed = 'the pool was closed before the job could run';
    const aborted = this.#aborted && abortError('queued', this.#aborted.reason);
    this.abandon(ticket, aborted ?? new AbortError(closed));
  }

  /** Fails a ticket that is not to be run, or not any longer. */
  abandon(ticket: Ticket<J>, exception: unknown): void {
    this.#end(ticket, this.#telemetry.failed(ticket, exception));
    ticket.release?.();
  }

  /** While it rests, others may have nothing to ask the source for: it may have nothing left. */
  async #retire(worker: number): Promise<void> {
    this.#listener.retire(worker);
    this.#scheduler.look();
    await this.#listener.rest(worker);
  }

  /** Not being able to is an attempt; being aborted before is none. */
  async #replace(ticket: Ticket<J>, worker: number): Promise<SessionLike<J, R>> {
    ticket.attempts--;
    ticket.session = undefined;
    try {
      await this.#listener.rest(worker);
      this.#checkOwed(ticket);
      ticket.policy = this.#policyOf(ticket.job);
      return await this.#listener.replace(worker);
    } finally {
      const now = performance.now();
      ticket.attempts++;
      ticket.queued += now - ticket.sentAt;
      ticket.sentAt = now;
    }
  }

  /** What has its outcome by now, since a session had to be made for it, is not to be sent. */
  #checkOwed(ticket: Ticket<J>): void {
    if (!this.#scheduler.owes(ticket)) throw new AbortError('the job was aborted');
  }

  #begin(ticket: Ticket<J>, session: SessionLike<J, R>, context: RequestContext): void {
    this.#checkOwed(ticket);
    this.#listener.beginning();
    ticket.session = session;
    ticket.context = context;
    context.queued = ticket.queued;
    ticket.release = undefined;
    this.#telemetry.began(ticket);
    ticket.policy = this.#policyOf(ticket.job);
  }

  #respond(ticket: Ticket<J>, response: R, worker: Worker<J, R>): Awaitable<void> {
    if (!this.#scheduler.end(ticket)) return discard(response);
    const result = { kind: 'response', response, exception: undefined } as const;
    if (this.#aborted !== undefined)
      return this.#fail(ticket, result, abortError('response', this.#aborted.reason));
    const checked = checkStatus(ticket.job, result, this.#options.raiseForStatus);
    return isPromiseLike(checked)
      ? this.#await(
          ticket,
          checked.then((it) => this.#review(ticket, it, worker)),
        )
      : this.#review(ticket, checked, worker);
  }

  /** What knows of signals alone throws what the signal was aborted with. */
  #except(ticket: Ticket<J>, exception: unknown, worker: Worker<J, R>): Awaitable<void> {
    if (!this.#scheduler.end(ticket)) return undefined;
    const isReason = this.#isAborted(ticket) && this.#reasonOf(ticket) === exception;
    const error = isReason ? abortError(ticket.phase, exception) : exception;
    return this.#review(ticket, failure(error), worker);
  }

  /**
   * Whether the worker is to have another session is decided first: a retry may need it. Where none
   * could be made, there is none to ask about.
   */
  #review(ticket: Ticket<J>, result: Result<R>, worker: Worker<J, R>): Awaitable<void> {
    const { session } = ticket;
    const { retireWhen } = this.#options;
    if (retireWhen === undefined || this.#aborted !== undefined || session === undefined)
      return this.#judge(ticket, result);
    const follow = (verdict: unknown) => {
      if (isRetired(verdict)) worker.retire(session);
      return this.#judge(ticket, result);
    };
    try {
      const verdict = retireWhen(outcomeOf(ticket, result), session);
      if (!isPromiseLike(verdict)) return follow(verdict);
      const followed = Promise.resolve(verdict)
        .then(follow)
        .catch((exception) => this.#fail(ticket, result, exception));
      return this.#await(ticket, followed);
    } catch (exception) {
      return this.#fail(ticket, result, exception);
    }
  }

  /** Decides whether that was all: at once, unless a hook takes its time. */
  #judge(ticket: Ticket<J>, result: Result<R>): Awaitable<void> {
    try {
      const decision = this.#decide(ticket, result);
      if (!isPromiseLike(decision)) return this.#follow(ticket, result, decision);
      const followed = Promise.resolve(decision)
        .then((decided) => this.#follow(ticket, result, decided))
        .catch((exception) => this.#fail(ticket, result, exception));
      return this.#await(ticket, followed);
    } catch (exception) {
      return this.#fail(ticket, result, exception);
    }
  }

  /** The worker waits too, or a slow hook would have any number of jobs behind it; not for a lost one. */
  #await(ticket: Ticket<J>, work: PromiseLike<void>): Promise<void> {
    return new Promise((resolve) => {
      ticket.release = resolve;
      void work.then(resolve);
    });
  }

  #decide(ticket: Ticket<J>, result: Result<R>): Awaitable<Decision | undefined> {
    const { policy } = ticket;
    if (policy === undefined || this.#aborted !== undefined) return undefined;
    if (result.kind === 'response' && !policy.concerns(result.response)) return undefined;
    return policy.decide(attemptOf(ticket, result));
  }

  #policyOf(job: J): RetryPolicy | undefined {
    const { retry } = Object(job) as { readonly retry?: Retry };
    return retry === undefined ? this.#policy : RetryPolicy.from(this.#options.retry, retry);
  }

  #follow(ticket: Ticket<J>, result: Result<R>, decision: Decision | undefined): void {
    if (decision === undefined) {
      if (result.kind === 'response') this.#pauses.end(ticket, result);
      this.#settle(ticket, result);
      return;
    }
    const pause = this.#pauses.begin(ticket, result, decision);
    if (decision.isRetried) this.#retry(ticket, result, Math.max(decision.delay, pause));
    else this.#settle(ticket, result);
  }

  #retry(ticket: Ticket<J>, result: Result<R>, delay: number): void {
    const spent = spentBodyError(ticket.job, result);
    if (spent !== undefined) {
      this.#fail(ticket, result, spent);
      return;
    }
    if (!this.#isAborted(ticket))
      this.#telemetry.retrying(ticket, attemptOf(ticket, result), delay);
    // The listener may abort the pool, or the job.
    if (!this.#isAborted(ticket)) {
      discard(result.response);
      this.#scheduler.retry(ticket, delay);
    } else this.#fail(ticket, result, abortError('response', this.#reasonOf(ticket)));
  }

  #isAborted({ signal }: Ticket<J>): boolean {
    return this.#aborted !== undefined || signal?.aborted === true;
  }

  #reasonOf({ signal }: Ticket<J>): unknown {
    return this.#aborted === undefined ? signal?.reason : this.#aborted.reason;
  }

  /** A callback threw, which the job has to pay for. */
  #fail(ticket: Ticket<J>, { response }: Result<R>, exception: unknown): void {
    discard(response);
    this.#settle(ticket, failure(exception));
  }

  /** It may have been aborted while a hook took its time. */
  #settle(ticket: Ticket<J>, result: Result<R>): void {
    if (!this.#scheduler.owes(ticket)) {
      discard(result.response);
      return;
    }
    const settled =
      result.kind === 'exception'
        ? this.#telemetry.failed(ticket, result.exception)
        : this.#telemetry.responded(ticket, result.response as R);
    this.#end(ticket, settled);
  }

  /** Not before those who listen have been told: until then the pool is not settled. */
  #end(ticket: Ticket<J>, settled: Settled<J, R>): void {
    this.#scheduler.done(ticket);
    this.#listener.ended(ticket, settled);
  }
}

function abortError(phase: Phase, reason: unknown): AbortError {
  return new AbortError('the job was aborted', { phase, cause: reason });
}
