import type { Dispatcher } from 'undici';
import {
  ConnectTimeoutError,
  ReadTimeoutError,
  type RequestError,
  ResponseTooLargeError,
} from '../errors.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import type { Timeouts } from '../request/timeouts.js';
import type { Connection, ConnectionUser } from './connections.js';
import { toRequestError } from './failures.js';

/** A response as it came: nothing parsed, nothing decoded. */
export interface Reply {
  readonly statusCode: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly Buffer[];
  body: Buffer;
  /** From the request to the response's head, in milliseconds. */
  readonly elapsed: number;
}

const EMPTY = Buffer.alloc(0);

/** What bounds an exchange. */
export interface ExchangeLimits {
  readonly timeouts: Timeouts;
  /** Of the body as it is sent, in bytes. */
  readonly maxResponseSize: number;
}

/**
 * One request and its response: one `dispatch`, and its handler. It settles exactly once, and then
 * holds neither timer nor connection.
 *
 * The handler has the form that undici calls deprecated, because that one is given the headers as
 * the bytes that they came as, whatever the dispatcher is (docs/decisions.md).
 */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionUser {
  readonly #request: PreparedRequest;
  readonly #limits: ExchangeLimits;
  #resolve!: (reply: Reply) => void;
  #reject!: (error: Error) => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  /** The connection that the request was given to, where the dispatcher tells. */
  #connection: Connection | undefined;
  /** Set once the request is on the wire. */
  #abort: (() => void) | undefined;
  #sentAt = 0;
  /** Set when the response's head has come; its body follows. */
  #reply: Reply | undefined;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(request: PreparedRequest, limits: ExchangeLimits) {
    this.#request = request;
    this.#limits = limits;
  }

  /** Sends the request. To be called once. @throws RequestError */
  send(dispatcher: Dispatcher): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#sentAt = performance.now();
      this.#dispatch(dispatcher);
      if (this.#abort === undefined && !this.#settled) this.#awaitConnection();
    });
  }

  /** Settles the exchange with `error`, now, and frees its connection. Too late, it does nothing. */
  abort(error: Error): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
    if (this.#abort !== undefined) this.#abort();
    else this.#connection?.abandon();
  }

  onConnection(connection: Connection): void {
    this.#connection = connection;
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#settled) {
      abort();
      return;
    }
    clearTimeout(this.#timer);
    this.#awaitBytes();
  }

  onHeaders(statusCode: number, rawHeaders: Buffer[], _: () => void, statusText: string): boolean {
    if (statusCode < 200) return true;
    const elapsed = performance.now() - this.#sentAt;
    this.#reply = { statusCode, statusText, rawHeaders, elapsed, body: EMPTY };
    this.#timer?.refresh();
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#timer?.refresh();
    if (this.#size > this.#limits.maxResponseSize) this.abort(this.#tooLarge());
    return true;
  }

  /** The reply is handed over when its connection is free again: undici frees it in an immediate. */
  onComplete(): void {
    if (this.#settled) return;
    this.#settle();
    const reply = this.#reply as Reply;
    if (this.#chunks.length > 0) reply.body = joined(this.#chunks);
    queueMicrotask(() => setImmediate(this.#resolve, reply));
  }

  onError(error: Error): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(toRequestError(error, this.#request, this.#reply !== undefined));
  }

  #dispatch(dispatcher: Dispatcher): void {
    const { method, url, headers, body } = this.#request;
    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: method as Dispatcher.HttpMethod,
          headers: headers.toRaw() as string[],
          body: body ?? null,
        },
        this,
      );
    } catch (error) {
      this.onError(error as Error);
    }
  }

  #awaitConnection(): void {
    const { connect } = this.#limits.timeouts;
    this.#startTimer(connect, () => this.#timeout(ConnectTimeoutError, 'no connection', connect));
  }

  #awaitBytes(): void {
    const { read } = this.#limits.timeouts;
    const what = () => (this.#reply === undefined ? 'no response' : 'no more of the body');
    this.#startTimer(read, () => this.#timeout(ReadTimeoutError, what(), read));
  }

  #startTimer(delay: number, expired: () => void): void {
    this.#timer = delay === Infinity ? undefined : setTimeout(expired, delay);
  }

  #timeout(
    ErrorClass: typeof ConnectTimeoutError | typeof ReadTimeoutError,
    what: string,
    delay: number,
  ): void {
    this.abort(new ErrorClass(`${this}: ${what} within ${delay} ms`, { request: this.#request }));
  }

  #tooLarge(): RequestError {
    return new ResponseTooLargeError(
      `${this}: the body has more than ${this.#limits.maxResponseSize} bytes`,
      { request: this.#request },
    );
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }

  toString(): string {
    return `${this.#request.method} ${this.#request.url}`;
  }
}

/** A body that came in one piece, as most do, is not copied. */
function joined(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
