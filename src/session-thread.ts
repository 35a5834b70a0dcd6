import { randomUUID } from 'node:crypto';
import { type Awaitable, isPromiseLike } from './awaitable.js';
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
  readonly #ended: Promise<void>;
  #end!: () => void;
  #break!: (error: unknown) => void;
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
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#break = reject;
    });
    const ended = () => {
      this.#isAlive = false;
    };
    this.#ended.then(ended, ended); // join() tells of what broke
    queueMicrotask(() => this.#next());
  }

  /** Whether it still takes jobs or runs one. */
  isAlive(): boolean {
    return this.#isAlive;
  }

  /** Waits until it has ended. Rejects with what one of its queues threw. */
  async join(): Promise<void> {
    await this.#ended;
  }

  /** In steps of their own, so that a thread that waits for a job does not hold the one before. */
  #next(): void {
    try {
      const next = this.#jobs.get({});
      if (isPromiseLike(next)) Promise.resolve(next).then((job) => this.#run(job), this.#break);
      else this.#run(next);
    } catch (error) {
      this.#break(error);
    }
  }

  #run(job: J | undefined): void {
    if (job === undefined) this.#end();
    else
      this.#request(job).then(
        (response) => this.#respond(job, response),
        (exception) => this.#except(job, exception),
      );
  }

  #request(job: J): Promise<R> {
    try {
      return Promise.resolve(this.#session.request(job, this.#options));
    } catch (exception) {
      return Promise.reject(exception);
    }
  }

  #respond(job: J, response: R): void {
    try {
      this.#responses.put([job, response]);
      this.#goOn(this.#jobs.done?.(job, new ThreadResponse(job, response)));
    } catch (error) {
      this.#break(error);
    }
  }

  #except(job: J, exception: unknown): void {
    try {
      this.#exceptions.put([job, exception]);
      this.#goOn(this.#jobs.done?.(job, new ThreadException(job, exception)));
    } catch (error) {
      this.#break(error);
    }
  }

  /** A queue that is told has more to give, perhaps, once whoever has the outcome has put a job for it. */
  #goOn(told: Awaitable<void> | undefined): void {
    if (this.#jobs.done === undefined) this.#next();
    else Promise.resolve(told).then(() => this.#next(), this.#break);
  }
}
