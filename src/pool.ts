import { availableParallelism } from 'node:os';
import { isPromiseLike } from './awaitable.js';
import { AbortError, InvalidJobError } from './errors.js';
import { checkPoolOptions, type PoolOptions } from './pool-options.js';
import { Acknowledgements } from './queue/acknowledgements.js';
import { mapIterable, toJobSource } from './queue/iterable-source.js';
import { type OutcomeKind, OutcomeQueue } from './queue/outcome-queue.js';
import { ThreadException, ThreadResponse } from './queue/outcomes.js';
import { Scheduler, type Ticket } from './queue/scheduler.js';
import type { Session } from './session.js';
import type { ExceptionOf, JobOf, ResponseOf, SessionLike } from './session-like.js';
import { SessionThread } from './session-thread.js';
import { WorkerSessions } from './worker-sessions.js';

type ResponseIn<S extends SessionLike> = ThreadResponse<JobOf<S>, ResponseOf<S>>;
type ExceptionIn<S extends SessionLike> = ThreadException<JobOf<S>, ExceptionOf<S>>;
type OutcomeIn<S extends SessionLike> = ResponseIn<S> | ExceptionIn<S>;

/**
 * Worker sessions that pull jobs from one queue. Every job that is taken ends in exactly one
 * outcome, a `ThreadResponse` or a `ThreadException`; the port of
 * `requests_toolbelt.threaded.pool.Pool`.
 *
 * With a `jobQueue` it starts by itself, after the constructor has returned. It is settled when the
 * queue is empty and every job taken has its outcome, and closes its sessions then; it is finished
 * when the outcomes have been consumed too. Until then a job that is put is taken.
 */
export class Pool<S extends SessionLike = Session> {
  /** How many worker sessions it has. */
  readonly numProcesses: number;
  readonly #scheduler: Scheduler<JobOf<S>>;
  readonly #outcomes: OutcomeQueue<OutcomeIn<S>>;
  readonly #acknowledgements: Acknowledgements<JobOf<S>>;
  readonly #sessions: WorkerSessions<S>;
  /** Those who wait for the pool to be settled. */
  #joining: (() => void)[] = [];
  #hasStarted = false;
  /** Whether a session may have connections that `close()` has not seen yet. */
  #hasOpenSessions = true;
  #closing: Promise<void> = Promise.resolve();
  /** What broke without being some job's: the source, an initializer, the closing of a session. */
  #failure: { readonly reason: unknown } | undefined;
  #isFailureTold = false;

  /**
   * @throws TypeError or RangeError for a bad option, and what `session`, `initializer` or
   * `authGenerator` throws; no job was taken then. What they reject with comes out of `joinAll()`
   * and the iterators.
   */
  constructor(options: PoolOptions<S> = {}) {
    checkPoolOptions(options);
    this.numProcesses = options.numProcesses ?? availableParallelism();
    const { jobQueue } = options;
    const source = jobQueue === undefined ? undefined : toJobSource(jobQueue, 'jobQueue');
    const failed = (error: unknown) => this.#fail(error);
    this.#acknowledgements = new Acknowledgements(source, failed);
    this.#scheduler = new Scheduler(source, {
      changed: () => this.#check(),
      failed,
      refused: (ticket) => this.#refuse(ticket),
    });
    this.#outcomes = new OutcomeQueue(
      () => this.#isSettled,
      () => this.#scheduler.isOpen,
    );
    this.#sessions = new WorkerSessions(this.numProcesses, options);
    queueMicrotask(() => this.#start());
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
    return this.#read('response') as AsyncGenerator<ResponseIn<S>, void, undefined>;
  }

  /** Exceptions as they come, under the terms of `responses()`. */
  exceptions(): AsyncGenerator<ExceptionIn<S>, void, undefined> {
    return this.#read('exception') as AsyncGenerator<ExceptionIn<S>, void, undefined>;
  }

  /** Both in one stream, in the order of completion, under the terms of `responses()`. */
  outcomes(): AsyncGenerator<OutcomeIn<S>, void, undefined> {
    return this.#read(undefined);
  }

  [Symbol.asyncIterator](): AsyncGenerator<OutcomeIn<S>, void, undefined> {
    return this.outcomes();
  }

  /** The next response if one is there. It counts as consumed. */
  getResponse(): ResponseIn<S> | undefined {
    return this.#get('response') as ResponseIn<S> | undefined;
  }

  /** The next exception if one is there. It counts as consumed. */
  getException(): ExceptionIn<S> | undefined {
    return this.#get('exception') as ExceptionIn<S> | undefined;
  }

  /**
   * Runs one job, before those of the queue. Its outcome comes out of the promise and nowhere else:
   * the session's response, or what was thrown.
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
    this.#throwFailure();
  }

  /**
   * Takes nothing more, lets what is in flight or was submitted end, and closes the sessions. What
   * was not taken is still in the queue; the outcomes can still be read.
   *
   * @throws what closing a session threw, and any other failure that no job owns and nobody was told
   */
  async close(): Promise<void> {
    this.#scheduler.close();
    await this.#untilSettled();
    await this.#acknowledgements.settle();
    await this.#closeSessions();
    if (!this.#isFailureTold) this.#throwFailure();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    try {
      const { ready } = this.#sessions;
      for (const session of isPromiseLike(ready) ? await ready : ready) this.#startThread(session);
    } catch (error) {
      this.#hasOpenSessions = false;
      this.#scheduler.close();
      for (const ticket of this.#scheduler.drain()) this.#except(ticket, error);
      this.#fail(error);
    }
    this.#hasStarted = true;
    this.#check();
  }

  /** A worker's queues are the pool's; which ticket its job came with is known here alone. */
  #startThread(session: S): void {
    let ticket: Ticket<JobOf<S>> | undefined;
    const open = (taken: Ticket<JobOf<S>> | undefined): JobOf<S> | undefined => {
      ticket = taken;
      if (taken !== undefined) this.#hasOpenSessions = true;
      return taken?.job;
    };
    const get = () => {
      const taken = this.#scheduler.take();
      return taken instanceof Promise ? taken.then(open) : open(taken);
    };
    new SessionThread<JobOf<S>, ResponseOf<S>>(
      session as SessionLike<JobOf<S>, ResponseOf<S>>,
      { get },
      { put: ([, response]) => this.#respond(ticket as Ticket<JobOf<S>>, response) },
      { put: ([, exception]) => this.#except(ticket as Ticket<JobOf<S>>, exception) },
    );
  }

  #respond({ job, index, submission }: Ticket<JobOf<S>>, response: ResponseOf<S>): void {
    if (submission !== undefined) submission.resolve(response);
    else this.#outcomes.push(new ThreadResponse(job, response, index));
    this.#scheduler.done();
    this.#check();
  }

  #except({ job, index, submission }: Ticket<JobOf<S>>, exception: unknown): void {
    if (submission !== undefined) submission.reject(exception);
    else this.#outcomes.push(new ThreadException(job, exception as ExceptionOf<S>, index));
    this.#scheduler.done();
    this.#check();
  }

  async *#read(kind: OutcomeKind | undefined): AsyncGenerator<OutcomeIn<S>, void, undefined> {
    for (;;) {
      const outcome = await this.#outcomes.next(kind);
      if (outcome === undefined) break;
      let isConsumed = false;
      try {
        yield outcome;
        isConsumed = true;
      } finally {
        this.#outcomes.release(outcome);
        this.#acknowledge(outcome, isConsumed);
      }
    }
    await this.#acknowledgements.settle();
    this.#throwFailure();
  }

  #get(kind: OutcomeKind): OutcomeIn<S> | undefined {
    const outcome = this.#outcomes.shift(kind);
    if (outcome !== undefined) this.#acknowledge(outcome, true);
    return outcome;
  }

  #acknowledge(outcome: OutcomeIn<S>, isConsumed: boolean): void {
    this.#acknowledgements.tell(outcome.requestKwargs, isConsumed ? outcome : undefined);
    this.#check();
  }

  get #isSettled(): boolean {
    return this.#hasStarted && this.#scheduler.isSettled;
  }

  async #untilSettled(): Promise<void> {
    if (!this.#isSettled) await new Promise<void>((resolve) => this.#joining.push(resolve));
  }

  /**
   * Is called after whatever may have settled the pool. Once it is settled
   *  1. those who join may go;
   *  2. readers end for whose kind nothing is left;
   *  3. if no reader holds an outcome, whose reader might put a job, the sessions are closed; those
   *     of a pool that is there for `submit()` only when the pool is.
   */
  #check(): void {
    if (!this.#isSettled) return;
    for (const resolve of this.#joining.splice(0)) resolve();
    this.#outcomes.endReaders();
    // Later: a reader that came back may take the next outcome in the same breath.
    if (this.#hasOpenSessions) queueMicrotask(() => this.#closeIfDone());
  }

  #closeIfDone(): void {
    const mayClose = this.#scheduler.hasSource || this.#scheduler.isClosed;
    if (mayClose && this.#isSettled && !this.#outcomes.isHeld)
      this.#closeSessions().catch(() => {}); // it is the pool's failure already
  }

  /** At most once for what has been opened. Its failure is the pool's. */
  #closeSessions(): Promise<void> {
    if (this.#hasOpenSessions) {
      this.#hasOpenSessions = false;
      this.#closing = this.#sessions.close();
      this.#closing.catch((error: unknown) => this.#fail(error));
    }
    return this.#closing;
  }

  /** The first failure is the one that is told. */
  #fail(reason: unknown): void {
    this.#failure ??= { reason };
  }

  #refuse(ticket: Ticket<JobOf<S>>): void {
    this.#except(ticket, new AbortError('the pool was closed before the job could run'));
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    this.#isFailureTold = true;
    throw this.#failure.reason;
  }
}
