import { AbortError, type RequestError, TimeoutError } from '../errors.js';
import type { RequestMessage } from '../message.js';
import { onAbort } from './abort-signals.js';

/** What an early end has to stop. */
interface Abortable {
  abort(error: Error): void;
}

/** What may end a job before its time. */
export interface LifetimeOptions {
  /** In milliseconds; Infinity for no limit. */
  readonly total: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The time that a job has, over all of its requests and their bodies. Its early end aborts the step
 * that is under way, and every later one as it begins.
 */
export class Lifetime {
  readonly #request: RequestMessage;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #current: Abortable | undefined;
  #expired: RequestError | undefined;
  /** Whether it is to last until a body has been read. */
  #isExtended = false;
  /** Of the work while it lasts; it holds the response, which may have to be forgotten later. */
  #reject: ((error: RequestError) => void) | undefined;

  /** @throws AbortError if the signal is aborted already */
  constructor(request: RequestMessage, { total, signal }: LifetimeOptions) {
    this.#request = request;
    if (signal?.aborted) throw this.#aborted(signal);
    if (total !== Infinity) this.#timer = setTimeout(() => this.#timeout(total), total);
    if (signal !== undefined)
      this.#unlisten = onAbort(signal, () => this.#expire(this.#aborted(signal)));
  }

  /**
   * To be called once, and at once. Settles as `work` does, or rejects when the time is up, whichever
   * is first.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work()
        .finally(() => {
          this.#reject = undefined;
          if (!this.#isExtended) this.end();
        })
        .then(resolve, reject);
    });
  }

  /** @throws RequestError if the time is up */
  watch(step: Abortable): void {
    if (this.#expired !== undefined) throw this.#expired;
    this.#current = step;
  }

  /** Lasts, after the work is done, until it is told its end; the process may exit before. */
  extendTo(step: Abortable): void {
    this.#isExtended = true;
    this.#current = step;
    this.#timer?.unref();
  }

  /** Nothing will end it early any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#unlisten?.();
  }

  #timeout(total: number): void {
    this.#expire(
      new TimeoutError(`${this.#subject}: not done within ${total} ms`, { request: this.#request }),
    );
  }

  #aborted(signal: AbortSignal): AbortError {
    return new AbortError(`${this.#subject}: aborted by its signal`, {
      request: this.#request,
      cause: signal.reason,
    });
  }

  #expire(error: RequestError): void {
    this.end();
    this.#expired = error;
    this.#current?.abort(error);
    this.#reject?.(error);
  }

  get #subject(): string {
    return `${this.#request.method} ${this.#request.url}`;
  }
}
