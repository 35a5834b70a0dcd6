import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Phase } from '../errors.js';
import type { Body } from '../request/body/body-stream.js';
import { flattenRaw } from '../request/headers.js';
import { addressOf, type PreparedRequest } from '../request/prepared-request.js';
import type { Timeouts } from '../request/timeouts.js';
import type { Abortable } from './abortable.js';
import type { Connection, ConnectionUser } from './connection.js';
import { toRequestError } from './failures.js';
import { type Deliverer, handOver } from './hand-over.js';
import { IncomingBody } from './incoming-body.js';
import { interimError, MAX_INTERIM, timeoutError, tooLargeError } from './limits.js';
import { Reception } from './reception.js';
import type { Reply } from './reply.js';
import type { Route } from './routes.js';
import { mayBeSentAgain } from './second-attempt.js';
import { checkMayHaveBody, chunksOf, openUpload } from './upload.js';
import { type Waiter, WaitTimer } from './wait-timer.js';

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
  #reception: Reception | undefined;

  /** @param needsNewConnection whether a connection that was in use before will not do */
  constructor(request: PreparedRequest, options: ExchangeOptions, needsNewConnection: boolean) {
    this.needsNewConnection = needsNewConnection;
    this.#request = request;
    this.#options = options;
  }

  get phase(): Phase {
    if (this.#reception !== undefined) return 'body';
    return this.#abort === undefined ? 'connect' : 'firstByte';
  }

  /** What came after the head: whole, or as it comes. To be asked for once the reply is there. */
  get body(): Buffer | IncomingBody {
    return (this.#reception as Reception).body;
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
    if (this.#reception !== undefined || !this.#connection?.isSilent) return false;
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
    const reply: Reply = {
      statusCode,
      statusText,
      rawHeaders: lines,
      elapsed,
      connectTime: this.#connectTime,
      bodyTime: undefined,
      queued: 0,
    };
    const { streaming, maxResponseSize } = this.#options;
    this.#reception = new Reception(reply, maxResponseSize);
    this.#timer?.refresh();
    if (streaming?.accepts(statusCode, lines)) this.#handOver(this.#reception, streaming, resume);
    return true;
  }

  onData(chunk: Buffer): boolean {
    const reception = this.#reception as Reception;
    this.#timer?.refresh();
    if (!reception.count(chunk)) this.abort(tooLargeError(this.#request, reception.maxSize));
    const goesOn = reception.take(chunk);
    // While the reader is slow, the server is not waited for.
    if (!goesOn) this.#timer?.stop();
    return goesOn;
  }

  onComplete(): void {
    if (this.#isOver) return;
    const broken = this.#connection?.brokeWith ?? this.#shortfall();
    if (broken === undefined) this.#complete();
    else this.#fail(toRequestError(broken, this.#request, this.phase));
  }

  onError(error: Error): void {
    if (this.#isOver) return;
    if (this.#reception?.isWholeDespite(error)) this.#complete();
    else this.#fail(toRequestError(error, this.#request, this.phase));
  }

  /**
   * The reply is handed over when its connection may have the next request: undici says so in an
   * immediate. It is told of one of ours just before that, so that it finds that request in its queue,
   * and need not have the connection fall idle.
   */
  #complete(): void {
    const reception = this.#reception as Reception;
    const { reply, isStreamed } = reception;
    reply.bodyTime = performance.now() - this.#sentAt - reply.elapsed;
    const isNextAwaited = !isStreamed && this.#connection?.isHTTP2 === false;
    if (isNextAwaited) this.#timer?.rest();
    else this.#timer?.stop();
    this.#end();
    if (isStreamed) reception.end();
    else if (isNextAwaited) handOver(this);
    else queueMicrotask(() => setImmediate(this.#resolve, reply));
  }

  deliver(): void {
    this.#connection?.finish();
    this.#resolve((this.#reception as Reception).reply);
  }

  #dispatch({ dispatcher, proxy, mayBeHTTP2 }: Route): void {
    const { method, headers, body } = this.#request;
    const { origin, path } = addressOf(this.#request);
    try {
      if (mayBeHTTP2 && body !== undefined && origin.startsWith('https:'))
        checkMayHaveBody(this.#request);
      dispatcher.dispatch(
        {
          origin: proxy === undefined ? origin : proxy.origin,
          path: proxy === undefined ? path : origin + path,
          method: method as Dispatcher.HttpMethod,
          headers: (proxy?.address(headers, this.#request.url) ?? headers).toRaw() as string[],
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
    if (++this.#interim > MAX_INTERIM) this.abort(interimError(this.#request));
    return true;
  }

  #handOver(reception: Reception, { maxSize }: StreamingOptions, resume: () => void): void {
    const stream = new IncomingBody({
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
    reception.streamTo(stream, maxSize);
    this.#connection?.lend();
    this.#resolve(reception.reply);
  }

  #awaitBytes(): void {
    if (!this.#isOver) this.#wait(this.#options.timeouts.read);
  }

  #wait(delay: number): void {
    this.#timer ??= new WaitTimer();
    this.#timer.start(delay, this);
  }

  expire(): void {
    this.abort(timeoutError(this.#request, this.phase, this.#options.timeouts));
  }

  /** undici counts a body of HTTP/1.1, but none of HTTP/2. */
  #shortfall(): Error | undefined {
    if (!this.#connection?.isHTTP2 || this.#request.method === 'HEAD') return undefined;
    return (this.#reception as Reception).shortfall;
  }

  #fail(error: Error): void {
    this.#timer?.stop();
    this.#end();
    this.#reject(error);
    this.#reception?.end(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#upload?.destroy();
  }
}
