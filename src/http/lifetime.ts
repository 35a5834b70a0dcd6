import { AbortError, type Phase, type RequestError, TimeoutError } from '../errors.js';
import type { RequestMessage } from '../message.js';
import { onAbort } from './abort-signals.js';
import type { Abortable } from './abortable.js';

/** What may end a job before its time. */
export interface LifetimeOptions {
  /** In milliseconds; Infinity for no limit. */
  readonly total: number;
  readonly signals: readonly AbortSignal[];
}

/**
 * The time that a job has, over all of its requests and their bodies. Its early end aborts the step
 * that is under way, and every later one as it begins.
 */
export class Lifetime implements Abortable {
  readonly #request: RequestMessage;
  readonly #options: LifetimeOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due, by `performance.now()`. */
  #endsAt = Infinity;
  readonly #unlisten: (() => void)[] = [];
  #current: Abortable | undefined;
  #expired: Error | undefined;
  /** Whether it is to last until a body has been read. */
  #isExtended = false;
  /** Of the work while it lasts; it holds the response, which may have to be forgotten later. */
  #reject: ((error: Error) => void) | undefined;

  constructor(request: RequestMessage, options: LifetimeOptions) {
    this.#request = request;
    this.#options = options;
  }

  /**
   * To be called once: the time begins. Settles as `work` does, or rejects when the time is up,
   * whichever is first; with a signal that is aborted already, `work` is not begun.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#begin();
      this.#reject = reject;
      work().then(
        (result) => {
          this.#settle();
          resolve(result);
        },
        (error) => {
          this.#settle();
          reject(error);
        },
      );
    });
  }

  get phase(): Phase {
    return this.#current?.phase ?? 'prepare';
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

  /** The time that `wait` takes does not count. */
  async suspend(wait: Promise<void>): Promise<void> {
    if (this.#timer === undefined) return wait;
    clearTimeout(this.#timer);
    const left = this.#endsAt - performance.now();
    await wait;
    if (this.#expired === undefined) this.#setTimer(left);
  }

  /** Nothing will end it early any more. */
  end(): void {
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  /** The time is up, for a reason of somebody else's. */
  abort(error: Error): void {
    this.end();
    this.#expired = error;
    this.#current?.abort(error);
    this.#reject?.(error);
  }

  /** @throws AbortError if a signal is aborted already */
  #begin(): void {
    const { total, signals } = this.#options;
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) throw this.#aborted(aborted);
    if (total !== Infinity) this.#setTimer(total);
    for (const signal of signals)
      this.#unlisten.push(onAbort(signal, () => this.abort(this.#aborted(signal))));
  }

  #setTimer(delay: number): void {
    this.#endsAt = performance.now() + delay;
    this.#timer = setTimeout(() => this.abort(this.#timeout()), delay);
  }

  #settle(): void {
    this.#reject = undefined;
    if (!this.#isExtended) this.end();
  }

  #timeout(): RequestError {
    return new TimeoutError(`${this.#subject}: not done within ${this.#options.total} ms`, {
      phase: this.phase,
      request: this.#request,
    });
  }

  #aborted(signal: AbortSignal): RequestError {
    return new AbortError(`${this.#subject}: aborted by its signal`, {
      phase: this.phase,
      request: this.#request,
      cause: signal.reason,
    });
  }

  get #subject(): string {
    return `${this.#request.method} ${this.#request.url}`;
  }
}
