import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import {
  ConnectTimeoutError,
  type Phase,
  ProtocolError,
  ReadTimeoutError,
  ResponseTooLargeError,
} from '../errors.js';
import type { Body } from '../request/body/body-stream.js';
import { flattenRaw } from '../request/headers.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import type { Timeouts } from '../request/timeouts.js';
import { originOf, pathOf } from '../request/url.js';
import type { Abortable } from './abortable.js';
import type { Connection, ConnectionUser } from './connection.js';
import { toRequestError } from './failures.js';
import { type Deliverer, handOver } from './hand-over.js';
import { IncomingBody } from './incoming-body.js';
import { isBodiless, type Reply, shortfallOf } from './reply.js';
import type { Route } from './routes.js';
import { mayBeSentAgain } from './second-attempt.js';
import { checkMayHaveBody, chunksOf, openUpload } from './upload.js';
import { type Waiter, WaitTimer } from './wait-timer.js';

type TimeoutClass = typeof ConnectTimeoutError | typeof ReadTimeoutError;

/** How many responses of 1xx may come before the real one; there are seldom more than two. */
const MAX_INTERIM = 100;

/** What bounds an exchange. */
export interface ExchangeOptions {
  readonly timeouts: Timeouts;
  /** Of the body as it is sent, in bytes. */
  readonly maxResponseSize: number;
  readonly streaming: StreamingOptions | undefined;
}

/** Which replies are handed over at their head, their bodies as they come. */
export interface StreamingOptions {
  accepts(statusCode: number, rawHeaders: readonly Buffer[]): boolean;
  /** Of such a body as it is sent, in bytes. */
  readonly maxSize: number;
}

/**
 * One request and its response: one `dispatch`, and its handler. It settles exactly once, and once
 * it is over it holds neither timer nor connection.
 *
 * The handler has the form that undici calls deprecated, because that one is given the headers as
 * the bytes that they came as (docs/decisions.md).
 */
export class Exchange
  implements Abortable, Deliverer, Waiter, Dispatcher.DispatchHandler, ConnectionUser
{
  readonly needsNewConnection: boolean;
  readonly #request: PreparedRequest;
  readonly #options: ExchangeOptions;
  #resolve!: (reply: Reply) => void;
  #reject!: (error: Error) => void;
  /** Whether all has come, or no more is wanted. */
  #isOver = false;
  /** The connection's, if it has one. */
  #timer: WaitTimer | undefined;
  /** The connection that the request was given to, where the dispatcher tells. */
  #connection: Connection | undefined;
  /** Set once the request is on the wire. */
  #abort: (() => void) | undefined;
  /** By `performance.now()`. */
  #sentAt = 0;
  #connectTime = 0;
  /** The request's body, if it is read as it is sent. */
  #upload: Readable | undefined;
  #interim = 0;
  /** Set when the response's head has come; its body follows. */
  #reply: Reply | undefined;
  readonly #chunks: Buffer[] = [];
  /** Where the body goes in place of the chunks, if the reply was handed over at its head. */
  #stream: IncomingBody | undefined;
  #size = 0;
  #maxSize: number;

  /** @param needsNewConnection whether a connection that was in use before will not do */
  constructor(request: PreparedRequest, options: ExchangeOptions, needsNewConnection: boolean) {
    this.needsNewConnection = needsNewConnection;
    this.#request = request;
    this.#options = options;
    this.#maxSize = options.maxResponseSize;
  }

  get phase(): Phase {
    if (this.#reply !== undefined) return 'body';
    return this.#abort === undefined ? 'connect' : 'firstByte';
  }

  /** What came after the head: whole, or as it comes. */
  get body(): Buffer | IncomingBody {
    return this.#stream ?? joined(this.#chunks);
  }

  /** Sends the request. To be called once. @throws RequestError */
  send(route: Route): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#sentAt = performance.now();
      this.#dispatch(route);
      // Ours say by themselves when they connect.
      if (this.#abort === undefined && this.#connection === undefined) this.onConnecting();
    });
  }

  /** Ends the exchange with `error`, now, and frees its connection. Too late, it does nothing. */
  abort(error: Error): void {
    if (this.#isOver) return;
    this.#fail(error);
    this.#abort?.();
    // undici by itself would wait for a connect, or connect anew to find nothing left to send.
    this.#connection?.abandon();
  }

  /**
   * Whether what it failed with costs no more than another attempt, on a new connection.
   *
   * @param error what `send()` rejected with, or what was thrown after it
   */
  mayBeRepeated(error: unknown): boolean {
    if (this.#reply !== undefined || !this.#connection?.isSilent) return false;
    return mayBeSentAgain(this.#request, { error, isWritten: this.#abort !== undefined });
  }

  onConnection(connection: Connection): void {
    this.#connection = connection;
    this.#timer = connection.timer;
  }

  onConnecting(): void {
    if (!this.#isOver) this.#wait(this.#options.timeouts.connect);
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (!this.#connection?.isReused) this.#connectTime = performance.now() - this.#sentAt;
    if (this.#isOver) abort();
    else this.#awaitBytes();
  }

  onHeaders(
    statusCode: number,
    rawHeaders: Buffer[],
    resume: () => void,
    statusText: string,
  ): boolean {
    if (statusCode < 200) return this.#skipInterim();
    const elapsed = performance.now() - this.#sentAt;
    // Ours, which tell of their connections, leave them as they came.
    const lines = this.#connection === undefined ? flattenRaw(rawHeaders) : rawHeaders;
    this.#reply = {
      statusCode,
      statusText,
      rawHeaders: lines,
      elapsed,
      connectTime: this.#connectTime,
      bodyTime: undefined,
      queued: 0,
    };
    this.#timer?.refresh();
    const { streaming } = this.#options;
    if (streaming?.accepts(statusCode, lines)) this.#handOver(this.#reply, streaming, resume);
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#size += chunk.length;
    this.#timer?.refresh();
    if (this.#size > this.#maxSize) this.abort(this.#tooLarge());
    if (this.#stream !== undefined) return this.#pass(chunk, this.#stream);
    this.#chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    if (this.#isOver) return;
    const broken = this.#connection?.brokeWith ?? this.#shortfall();
    if (broken === undefined) this.#complete();
    else this.#fail(toRequestError(broken, this.#request, this.phase));
  }

  onError(error: Error): void {
    if (this.#isOver) return;
    if (this.#isWhole(error)) this.#complete();
    else this.#fail(toRequestError(error, this.#request, this.phase));
  }

  /**
   * The reply is handed over when its connection may have the next request: undici says so in an
   * immediate. It is told of one of ours just before that, so that it finds that request in its queue,
   * and need not have the connection fall idle.
   */
  #complete(): void {
    const reply = this.#reply as Reply;
    reply.bodyTime = performance.now() - this.#sentAt - reply.elapsed;
    const isNextAwaited = this.#stream === undefined && this.#connection?.isHTTP2 === false;
    if (isNextAwaited) this.#timer?.rest();
    else this.#timer?.stop();
    this.#end();
    if (this.#stream !== undefined) this.#stream.push(null);
    else if (isNextAwaited) handOver(this);
    else queueMicrotask(() => setImmediate(this.#resolve, reply));
  }

  deliver(): void {
    this.#connection?.finish();
    this.#resolve(this.#reply as Reply);
  }

  #dispatch({ dispatcher, proxy, mayBeHTTP2 }: Route): void {
    const { method, url, headers, body } = this.#request;
    const origin = originOf(url);
    const path = pathOf(url);
    try {
      if (mayBeHTTP2 && url.protocol === 'https:' && body !== undefined)
        checkMayHaveBody(this.#request);
      dispatcher.dispatch(
        {
          origin: proxy === undefined ? origin : proxy.origin,
          path: proxy === undefined ? path : origin + path,
          method: method as Dispatcher.HttpMethod,
          headers: (proxy?.address(headers, url) ?? headers).toRaw() as string[],
          body: body === undefined ? null : this.#contentOf(body),
        },
        this,
      );
    } catch (error) {
      this.onError(error as Error);
    }
  }

  #contentOf(body: Body): string | Uint8Array | Readable {
    if (typeof body === 'string' || body instanceof Uint8Array) return body;
    this.#upload = openUpload(body, this.#request);
    return chunksOf(this.#upload, this.#request, {
      onPause: () => this.#timer?.stop(),
      onResume: () => this.#awaitBytes(),
    }) as unknown as Readable; // undici takes any async iterable; its type does not say so
  }

  #skipInterim(): boolean {
    if (++this.#interim > MAX_INTERIM)
      this.abort(
        new ProtocolError(`${this}: more than ${MAX_INTERIM} responses of 1xx`, {
          phase: this.phase,
          request: this.#request,
        }),
      );
    return true;
  }

  #handOver(reply: Reply, { maxSize }: StreamingOptions, resume: () => void): void {
    this.#maxSize = maxSize;
    this.#stream = new IncomingBody({
      resume: () => {
        this.#awaitBytes();
        resume();
      },
      cancel: () => this.abort(new Error('the body is not wanted')),
      ref: (isAwaited) => {
        if (this.#isOver) return; // the connection may be another's by now
        this.#timer?.ref(isAwaited);
        this.#connection?.ref(isAwaited);
      },
    });
    this.#connection?.lend();
    this.#resolve(reply);
  }

  /** While the reader is slow, the server is not waited for. */
  #pass(chunk: Buffer, stream: IncomingBody): boolean {
    const goesOn = stream.receive(chunk);
    if (!goesOn) this.#timer?.stop();
    return goesOn;
  }

  #awaitBytes(): void {
    if (!this.#isOver) this.#wait(this.#options.timeouts.read);
  }

  #wait(delay: number): void {
    this.#timer ??= new WaitTimer();
    this.#timer.start(delay, this);
  }

  expire(): void {
    const { phase } = this;
    const { connect, read } = this.#options.timeouts;
    if (phase === 'connect') this.#timeout(ConnectTimeoutError, 'no connection', connect);
    else if (phase === 'body') this.#timeout(ReadTimeoutError, 'no more of the body', read);
    else this.#timeout(ReadTimeoutError, 'no response', read);
  }

  #timeout(ErrorClass: TimeoutClass, what: string, delay: number): void {
    const message = `${this}: ${what} within ${delay} ms`;
    this.abort(new ErrorClass(message, { phase: this.phase, request: this.#request }));
  }

  #tooLarge(): ResponseTooLargeError {
    return new ResponseTooLargeError(`${this}: the body has more than ${this.#maxSize} bytes`, {
      request: this.#request,
    });
  }

  /** undici misses the body that a 204 or a 304 with a Content-Length never has. */
  #isWhole({ name }: Error): boolean {
    return (
      name === 'ResponseContentLengthMismatchError' &&
      this.#reply !== undefined &&
      isBodiless(this.#reply)
    );
  }

  /** undici counts a body of HTTP/1.1, but none of HTTP/2. */
  #shortfall(): Error | undefined {
    if (!this.#connection?.isHTTP2 || this.#request.method === 'HEAD') return undefined;
    return shortfallOf(this.#reply as Reply, this.#size);
  }

  #fail(error: Error): void {
    this.#timer?.stop();
    this.#end();
    this.#reject(error);
    this.#stream?.destroy(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#upload?.destroy();
  }

  toString(): string {
    return `${this.#request.method} ${this.#request.url}`;
  }
}

/** A body that came in one piece, as most do, is not copied. */
function joined(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
