import { captureRejectionSymbol, EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { isPromiseLike } from './awaitable.js';
import { AbortError, InvalidJobError } from './errors.js';
import { onAbort } from './http/abort-signals.js';
import {
  checkOutcomesOptions,
  checkPoolOptions,
  highWaterMarkOf,
  limitsOf,
  type OutcomesOptions,
  type PoolOptions,
} from './pool-options.js';
import { Acknowledgements } from './queue/acknowledgements.js';
import { Delivery } from './queue/delivery.js';
import { Failure } from './queue/failure.js';
import { mapIterable, toJobSource } from './queue/iterable-source.js';
import { OutcomeQueue } from './queue/outcome-queue.js';
import type { ThreadException, ThreadResponse } from './queue/outcomes.js';
import { Scheduler } from './queue/scheduler.js';
import type { Settlement } from './queue/settlement.js';
import type { Ticket } from './queue/ticket.js';
import type { Attempt } from './retry/attempt.js';
import { Runner } from './runner.js';
import type { Session } from './session.js';
import type { ExceptionOf, JobOf, ResponseOf, SessionLike } from './session-like.js';
import type { PoolStats } from './tally.js';
import { Telemetry } from './telemetry.js';
import { WorkerSessions } from './worker-sessions.js';

type ResponseIn<S extends SessionLike> = ThreadResponse<JobOf<S>, ResponseOf<S>, S>;
type ExceptionIn<S extends SessionLike> = ThreadException<JobOf<S>, ExceptionOf<S>, S>;
type OutcomeIn<S extends SessionLike> = ResponseIn<S> | ExceptionIn<S>;
type SettlementIn<S extends SessionLike> = Settlement<JobOf<S>, OutcomeIn<S>>;

/**
 * What a pool emits, and what its listeners are given. What a listener throws becomes the exception
 * of the job that it was told of; what an async one rejects with is thrown by `joinAll()`, as
 * whatever no job owns.
 */
export interface PoolEvents<S extends SessionLike = Session> {
  /** A job has ended, submitted or not; its readers have it next. */
  response: [outcome: ThreadResponse<JobOf<S>, ResponseOf<S>, S>];
  exception: [outcome: ThreadException<JobOf<S>, ExceptionOf<S>, S>];
  /** A job will be tried again, in `delay` ms at the earliest. */
  retry: [attempt: Attempt<JobOf<S>, ResponseOf<S>>, delay: number];
  /** After either of the first two, and when the pool is settled. */
  progress: [stats: PoolStats];
}

/**
 * Worker sessions that pull jobs from one queue. Every job that is taken ends in exactly one
 * outcome, a `ThreadResponse` or a `ThreadException`; the port of
 * `requests_toolbelt.threaded.pool.Pool`.
 *
 * With a `jobQueue` it starts by itself, after the constructor has returned. It is settled when the
 * queue is empty and every job taken has its outcome, and closes its sessions then; it is finished
 * when the outcomes have been consumed too. Until then a job that is put is taken, unless
 * `highWaterMark` outcomes are unread and nobody waits.
 */
export class Pool<S extends SessionLike = Session> extends EventEmitter<PoolEvents<S>> {
  /** How many worker sessions it has. */
  readonly numProcesses: number;
  readonly #scheduler: Scheduler<JobOf<S>>;
  readonly #telemetry: Telemetry<JobOf<S>, ResponseOf<S>>;
  readonly #runner: Runner<JobOf<S>, ResponseOf<S>>;
  readonly #outcomes: OutcomeQueue<SettlementIn<S>>;
  readonly #acknowledgements: Acknowledgements<JobOf<S>>;
  readonly #delivery: Delivery<JobOf<S>, OutcomeIn<S>>;
  readonly #sessions: WorkerSessions<S>;
  readonly #signal: AbortSignal | undefined;
  /** Takes back what listens to it. */
  #unlisten: (() => void) | undefined;
  /** Those who wait for the pool to be settled. */
  #joining: (() => void)[] = [];
  readonly #starting: Promise<void>;
  #hasStarted = false;
  #isAborted = false;
  /** Whether an async listener did. */
  #hasRejected = false;
  readonly #failure = new Failure();

  /**
   * @throws TypeError or RangeError for a bad option, and what `session`, `initializer` or
   * `authGenerator` throws; no job was taken then. What they reject with comes out of `joinAll()`
   * and the iterators.
   */
  constructor(options: PoolOptions<S> = {}) {
    super({ captureRejections: true });
    checkPoolOptions(options);
    const { numProcesses = availableParallelism(), jobQueue } = options;
    const { retry, raiseForStatus, retireWhen } = options;
    this.numProcesses = numProcesses;
    this.#signal = options.signal;
    const source = jobQueue === undefined ? undefined : toJobSource(jobQueue, 'jobQueue');
    const failed = (error: unknown) => this.#failure.set(error);
    this.#acknowledgements = new Acknowledgements(source, failed);
    this.#scheduler = new Scheduler(source, limitsOf(options, source, numProcesses), {
      mayTake: () => this.#mayTake,
      mayRun: () => this.#mayTake || this.#outcomes.isAwaitedInOrder,
      changed: () => this.#check(),
      failed,
      dropped: (ticket, error) => this.#runner.abandon(ticket, error),
      refused: (ticket) => this.#runner.refuse(ticket),
    });
    this.#telemetry = new Telemetry(this, () => this.#scheduler.counts);
    this.#runner = new Runner<JobOf<S>, ResponseOf<S>>(
      this.#scheduler,
      { retry, raiseForStatus, retireWhen },
      this.#telemetry,
      {
        beginning: () => this.#sessions.isOpen || this.#reopen(),
        ended: (ticket, settled) => this.#deliver(ticket, settled as SettlementIn<S>),
        retire: (worker) => this.#sessions.retire(worker),
        rest: (worker) => (this.#isSettled ? undefined : this.#sessions.rest(worker)),
        replace: (worker) => this.#replace(worker),
      },
    );
    this.#outcomes = new OutcomeQueue(highWaterMarkOf(options.highWaterMark), {
      isSettled: () => this.#isSettled,
      isOpen: () => this.#scheduler.isOpen,
      isExpected: (index) => this.#scheduler.isExpected(index),
    });
    this.#delivery = new Delivery(this.#outcomes, this.#acknowledgements, {
      wanted: () => this.#scheduler.serve(),
      consumed: () => this.#check(),
      throwFailure: () => this.#throwFailure(),
    });
    this.#sessions = new WorkerSessions(numProcesses, options, failed);
    this.#starting = Promise.resolve().then(() => this.#start());
    this.#listen();
  }

  /**
   * A pool that gets each URL.
   *
   * @param requestKwargs the other fields of every job; `method` is GET unless given
   * @throws TypeError if `urls` is not iterable
   */
  static fromUrls<S extends SessionLike = Session>(
    urls: Iterable<string | URL> | AsyncIterable<string | URL>,
    requestKwargs: Omit<JobOf<S>, 'url'> = {} as Omit<JobOf<S>, 'url'>,
    options: Omit<PoolOptions<S>, 'jobQueue'> = {},
  ): Pool<S> {
    const toJob = (url: string | URL) => ({ method: 'GET', ...requestKwargs, url }) as JobOf<S>;
    return new Pool<S>({ ...options, jobQueue: mapIterable(urls, 'urls', toJob) });
  }

  /**
   * A pool that runs again what failed: the jobs of the given exceptions, each the very object.
   *
   * @throws TypeError if `exceptions` is not iterable
   */
  static fromExceptions<S extends SessionLike = Session>(
    exceptions:
      | Iterable<ThreadException<JobOf<S>, unknown>>
      | AsyncIterable<ThreadException<JobOf<S>, unknown>>,
    options: Omit<PoolOptions<S>, 'jobQueue'> = {},
  ): Pool<S> {
    // What is no exception becomes a job that is refused, alone.
    const toJob = (failed: ThreadException<JobOf<S>, unknown>) =>
      'requestKwargs' in Object(failed) ? failed.requestKwargs : (failed as JobOf<S>);
    return new Pool<S>({ ...options, jobQueue: mapIterable(exceptions, 'exceptions', toJob) });
  }

  /**
   * Responses as they come, until the pool is settled and all of them have been consumed. Each goes
   * to one reader; it is consumed when its reader comes back for the next one.
   *
   * @throws at its end, what broke the source or an initializer
   */
  responses(): AsyncGenerator<ResponseIn<S>, void, undefined> {
    return this.#delivery.read({ kind: 'response' }) as AsyncGenerator<
      ResponseIn<S>,
      void,
      undefined
    >;
  }

  /** Exceptions as they come, under the terms of `responses()`. */
  exceptions(): AsyncGenerator<ExceptionIn<S>, void, undefined> {
    return this.#delivery.read({ kind: 'exception' }) as AsyncGenerator<
      ExceptionIn<S>,
      void,
      undefined
    >;
  }

  /**
   * Both in one stream, under the terms of `responses()`. In the jobs' order one that is ready waits
   * for those before it, and no more jobs are taken while `highWaterMark` outcomes do.
   *
   * @throws TypeError for an unknown option
   */
  outcomes(options: OutcomesOptions = {}): AsyncGenerator<OutcomeIn<S>, void, undefined> {
    checkOutcomesOptions(options);
    return this.#delivery.read(options.ordered ? { place: { next: 0 } } : {});
  }

  [Symbol.asyncIterator](): AsyncGenerator<OutcomeIn<S>, void, undefined> {
    return this.outcomes();
  }

  /** The next response if one is there. It counts as consumed. */
  getResponse(): ResponseIn<S> | undefined {
    return this.#delivery.get({ kind: 'response' }) as ResponseIn<S> | undefined;
  }

  /** The next exception if one is there. It counts as consumed. */
  getException(): ExceptionIn<S> | undefined {
    return this.#delivery.get({ kind: 'exception' }) as ExceptionIn<S> | undefined;
  }

  /**
   * Runs one job, before those that are still in the queue. Its outcome comes out of the promise and
   * nowhere else: the session's response, or what was thrown.
   */
  submit(job: JobOf<S>): Promise<ResponseOf<S>> {
    return new Promise((resolve, reject) => {
      if (job === undefined) throw new InvalidJobError('a job must be an object, got undefined');
      if (!this.#scheduler.isOpen) throw new AbortError('the pool takes no more jobs');
      this.#scheduler.submit(job, { resolve: resolve as (response: unknown) => void, reject });
    });
  }

  /**
   * Waits until the pool is settled. The outcomes can be read before, meanwhile or afterwards.
   *
   * @throws what broke the source or an initializer; a failed job does not make it throw
   */
  async joinAll(): Promise<void> {
    await this.#untilSettled();
    await this.#throwFailure();
  }

  /** How far it is; a record of this moment. */
  get stats(): PoolStats {
    return this.#telemetry.stats;
  }

  /** Whether it was paused, and not resumed. */
  get isPaused(): boolean {
    return this.#scheduler.isPaused;
  }

  /** Starts no job until `resume()`; what is in flight goes on. */
  pause(): void {
    this.#scheduler.pause();
  }

  resume(): void {
    this.#scheduler.resume();
  }

  /**
   * Ends everything at once: what is in flight, waits for its retry or was looked ahead at is an
   * `AbortError`, nothing more is taken, and iterators end after what there is. What was not taken
   * is still in the queue.
   *
   * @param reason the errors' `cause` @default a DOMException named AbortError, as a signal's
   */
  abort(reason?: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#runner.abort(reason === undefined ? AbortSignal.abort().reason : reason);
    this.#check();
  }

  /**
   * Takes nothing more, lets what was taken or submitted end, and closes the sessions. What was not
   * taken is still in the queue; the outcomes can still be read. A pool that was paused is resumed.
   *
   * @throws what closing a session threw, and any other failure that no job owns and nobody was told
   */
  async close(): Promise<void> {
    this.#scheduler.close();
    this.resume();
    await this.#untilSettled();
    await this.#acknowledgements.settle();
    await this.#starting;
    await this.#closeSessions();
    if (!this.#failure.isTold) await this.#throwFailure();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** An async listener rejected. */
  override [captureRejectionSymbol](error: Error, ..._: unknown[]): void {
    this.#hasRejected = true;
    this.#failure.set(error);
  }

  async #start(): Promise<void> {
    try {
      const { ready } = this.#sessions;
      const sessions = isPromiseLike(ready) ? await ready : ready;
      if (!this.#isAborted)
        for (const [slot, session] of sessions.entries())
          this.#runner.start(session as never, slot);
    } catch (error) {
      this.#unlisten?.();
      this.#failure.set(error);
      for (const ticket of this.#scheduler.abort()) this.#runner.abandon(ticket, error);
    }
    this.#hasStarted = true;
    this.#check();
  }

  /** For as long as a job may run: who has many pools may have one signal. */
  #listen(): void {
    const signal = this.#signal;
    if (signal?.aborted) this.abort(signal.reason);
    else if (signal !== undefined)
      this.#unlisten = onAbort(signal, () => this.abort(signal.reason));
  }

  /** A job was put after the sessions had been closed. */
  #reopen(): void {
    this.#sessions.open();
    this.#listen();
  }

  /** No order of calls may deadlock: whoever waits is not to wait for a buffer that he doesn't read. */
  get #mayTake(): boolean {
    return !this.#outcomes.isFull || this.#joining.length > 0 || this.#outcomes.isAwaited;
  }

  /** A session in place of one that was retired; the pool may have closed all of them meanwhile. */
  #replace(worker: number): Promise<SessionLike<JobOf<S>, ResponseOf<S>>> {
    if (!this.#sessions.isOpen) this.#reopen();
    return this.#sessions.replace(worker) as Promise<never>;
  }

  #deliver({ submission }: Ticket<JobOf<S>>, settled: SettlementIn<S>): void {
    const { outcome } = settled;
    if (submission === undefined) this.#outcomes.push(settled);
    else if (outcome.kind === 'response') submission.resolve(outcome.response);
    else submission.reject(outcome.exception);
    this.#check();
  }

  get #isSettled(): boolean {
    return (this.#hasStarted || this.#isAborted) && this.#scheduler.isSettled;
  }

  async #untilSettled(): Promise<void> {
    if (this.#isSettled) return;
    const settled = new Promise<void>((resolve) => this.#joining.push(resolve));
    this.#scheduler.serve();
    await settled;
  }

  /**
   * Is called after whatever may have settled the pool. Once it is settled
   *  1. those who join may go;
   *  2. readers end for whose kind nothing is left;
   *  3. if no reader holds an outcome, whose reader might put a job, the sessions are closed; those
   *     of a pool that is there for `submit()` only when the pool is;
   *  4. workers that wait until they may have another session need not wait;
   *  5. those who listen are told, who may put a job.
   */
  #check(): void {
    if (!this.#isSettled) return;
    for (const resolve of this.#joining.splice(0)) resolve();
    this.#outcomes.endReaders();
    // Later: a reader that came back may take the next outcome in the same breath.
    if (this.#sessions.isOpen && this.#hasStarted) queueMicrotask(() => this.#closeIfDone());
    this.#sessions.wake();
    try {
      this.#telemetry.settled();
    } catch (error) {
      this.#failure.set(error);
    }
  }

  /** An async listener of the last job may have rejected: Node tells of that a tick later. */
  async #throwFailure(): Promise<void> {
    this.#failure.throw();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.#hasRejected) this.#failure.throw();
  }

  #closeIfDone(): void {
    const mayClose = this.#scheduler.hasSource || this.#scheduler.isClosed;
    if (mayClose && this.#isSettled && !this.#outcomes.isHeld)
      this.#closeSessions().catch(() => {}); // it is the pool's failure already
  }

  /** Its failure is the pool's. */
  async #closeSessions(): Promise<void> {
    this.#unlisten?.();
    try {
      await this.#sessions.close();
    } catch (error) {
      this.#failure.set(error);
      throw error;
    }
  }
}
