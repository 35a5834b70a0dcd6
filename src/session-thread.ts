import { randomUUID } from 'node:crypto';
import { isPromiseLike } from './awaitable.js';
import type { RequestOptions } from './http/request-context.js';
import type { JobSource } from './queue/job-source.js';
import { ThreadException, ThreadResponse } from './queue/outcomes.js';
import type { SessionLike } from './session-like.js';

/** Where a thread puts what became of its jobs; a `JobQueue` is one. */
export interface Sink<T> {
  put(item: T): void;
}

/**
 * One worker: takes a job, runs it on its session, puts its outcome into one of two queues and
 * tells the job queue that it is done, until no job will come. It starts by itself, after the
 * constructor has returned. Whatever is thrown is an outcome; no job ends the thread.
 *
 * The session is yours to close.
 */
export class SessionThread<J, R> {
  /** A random UUID. */
  readonly name: string = randomUUID();
  readonly #session: SessionLike<J, R>;
  readonly #jobs: JobSource<J>;
  readonly #responses: Sink<[requestKwargs: J, response: R]>;
  readonly #exceptions: Sink<[requestKwargs: J, exception: unknown]>;
  readonly #options: RequestOptions | undefined;
  readonly #worker: Promise<void>;
  #isAlive = true;

  /** @param options given to the session with each job */
  constructor(
    session: SessionLike<J, R>,
    jobQueue: JobSource<J>,
    responseQueue: Sink<[requestKwargs: J, response: R]>,
    exceptionQueue: Sink<[requestKwargs: J, exception: unknown]>,
    options?: RequestOptions,
  ) {
    this.#session = session;
    this.#jobs = jobQueue;
    this.#responses = responseQueue;
    this.#exceptions = exceptionQueue;
    this.#options = options;
    this.#worker = Promise.resolve()
      .then(() => this.#work())
      .finally(() => {
        this.#isAlive = false;
      });
    this.#worker.catch(() => {}); // join() tells it
  }

  /** Whether it still takes jobs or runs one. */
  isAlive(): boolean {
    return this.#isAlive;
  }

  /** Waits until it has ended. Rejects with what one of its queues threw. */
  async join(): Promise<void> {
    await this.#worker;
  }

  async #work(): Promise<void> {
    while (await this.#handleNext());
  }

  /**
   * In a call of its own: while it waits for a job, it does not hold the one before.
   *
   * @returns whether there was one
   */
  async #handleNext(): Promise<boolean> {
    const next = this.#jobs.get({});
    const job = isPromiseLike(next) ? await next : next;
    if (job === undefined) return false;
    let response: R;
    try {
      response = await this.#session.request(job, this.#options);
    } catch (exception) {
      this.#exceptions.put([job, exception]);
      await this.#jobs.done?.(job, new ThreadException(job, exception));
      return true;
    }
    this.#responses.put([job, response]);
    const told = this.#jobs.done?.(job, new ThreadResponse(job, response));
    if (told !== undefined) await told;
    return true;
  }
}
