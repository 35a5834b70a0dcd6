import type { Socket } from 'node:net';
import type * as undici from 'undici';
import type { Connector } from '../connect/connectors.js';
import { Client, errors, sizeOf } from '../connect/undici.js';
import { StreamWatch } from './http2-streams.js';
import { watchForResets } from './resets.js';
import { WaitTimer } from './wait-timer.js';

/** Once idle, a connection is kept this long at most, whatever the server offers, in ms. */
export const KEEP_ALIVE_MAX = 4_000;

/** A handler that wants to know which connection its request was given. */
export interface ConnectionUser {
  /** Whether one that was used before will not do. */
  readonly needsNewConnection?: boolean;
  onConnection?(connection: Connection): void;
  /** It is being opened: at first, and when it is lost before the request was sent. */
  onConnecting?(): void;
}

export interface ConnectionOptions extends undici.Client.Options {
  readonly connector: Connector;
  /** Is called when it may be given a request, more than once for each. */
  readonly released: (connection: Connection) => void;
}

/** One socket to an origin, and undici's client that speaks on it. */
export class Connection {
  readonly client: undici.Client;
  /** It is told more than once that it is ready. */
  isFree = false;
  /** Whether its response was handed over at its head: it ends when its reader likes. */
  isLent = false;
  readonly origin: URL;
  /** For the waits of its requests, one after the other. */
  readonly timer = new WaitTimer();
  /** What is destroyed to give up a connect. */
  #connecting: Socket | undefined;
  /** What the connect came to. */
  #socket: Socket | undefined;
  /** The socket as its last request found it: undefined if there was none yet. */
  #usedSocket: Socket | undefined;
  /** What had come over it by then, in bytes. */
  #bytesBefore = 0;
  #streams: StreamWatch | undefined;
  /** The one that has it: none while it is free. */
  #user: ConnectionUser | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** Is called when it may be given the next request. */
  readonly #released: (connection: Connection) => void;
  /** Is called when its response is handed over at its head. */
  #lent: () => void = () => {};

  constructor(origin: string | URL, { connector, released, ...options }: ConnectionOptions) {
    this.origin = new URL(origin);
    this.#released = released;
    this.client = new Client(origin, {
      ...options,
      connect: (target: undici.buildConnector.Options, done: undici.buildConnector.Callback) => {
        this.#user?.onConnecting?.();
        // undici takes the server's name from a Host header, whoever wrote that; it is the URL's.
        this.#connecting = connector({ ...target, servername: '' }, (...result) => {
          this.#socket = result[1] ?? undefined;
          if (this.#socket !== undefined) watchForResets(this.#socket);
          done(...result);
        });
      },
    });
    this.client.on('drain', () => this.#fallIdle());
    this.client.on('disconnect', () => this.#stopResting());
    this.client.on('connect', () => {
      this.#streams = new StreamWatch(this.#socket as Socket);
    });
  }

  /** Its request has the whole response. */
  finish(): void {
    this.#user = undefined;
    if (!this.isKept || this.client.closed) this.timer.stop();
    this.#released(this);
  }

  /** Whether its socket is there, and undici has not ended it with its response. */
  get isKept(): boolean {
    return this.#socket?.destroyed === false;
  }

  lend(): void {
    this.isLent = true;
    this.#lent();
  }

  /** Lets its request end, but waits for no reader of a response that was handed over. */
  close(): Promise<void> {
    // One that is closed already may not be asked again, though its socket is still there.
    if (this.client.destroyed) return Promise.resolve();
    this.#stopResting();
    const ended = this.client.close();
    if (this.isLent) return Promise.resolve();
    const lent = new Promise<void>((resolve) => {
      this.#lent = resolve;
    });
    return Promise.race([ended, lent]);
  }

  /** It is idle. undici closes one of HTTP/1.1 in its time, but one of HTTP/2 never. */
  rest(): void {
    if (!this.isHTTP2) return;
    this.#rest = setTimeout(() => void this.client.close(), KEEP_ALIVE_MAX).unref();
  }

  /** It is given a request. */
  begin(user: ConnectionUser): void {
    this.wake();
    this.#user = user;
    user.onConnection?.(this);
    this.#usedSocket = this.#socket;
    if (this.#socket !== undefined) this.#bytesBefore = this.#socket.bytesRead;
  }

  wake(): void {
    if (this.#rest !== undefined) clearTimeout(this.#rest);
  }

  /** The timer rests for a next request, which will not come. What waits in it connects anew. */
  #stopResting(): void {
    if (this.#user === undefined) this.timer.stop();
  }

  /** undici may say so of a request that it refused when the next one has been dispatched already. */
  #fallIdle(): void {
    if (sizeOf(this.client) > 0) return;
    this.timer.stop();
    this.timer.ref(true);
    this.finish();
  }

  get isHTTP2(): boolean {
    return this.#streams?.isHTTP2 === true;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  /** Whether its last request is sent on a socket that was in use before. */
  get isReused(): boolean {
    return this.#usedSocket !== undefined && this.#usedSocket === this.#socket;
  }

  /**
   * Whether that is so, and nothing has come since: the server may have closed it before the request
   * was there. (Over HTTP/2 there is more to come than answers.)
   */
  get isSilent(): boolean {
    return this.isReused && (this.isHTTP2 || this.#socket?.bytesRead === this.#bytesBefore);
  }

  /** Whether it keeps the process from exiting, until its request is done. */
  ref(isRef: boolean): void {
    if (isRef) this.#socket?.ref();
    else this.#socket?.unref();
  }

  /** What the socket broke with: then the end of a body that has no other is not its end. */
  get brokeWith(): Error | undefined {
    return this.#socket?.errored ?? this.#streams?.resetError;
  }

  /** Gives it up, connected or not, which undici's client would not tell those above it. */
  abandon(): void {
    // Not before undici is done with what it is at: it may be the writing of the very request.
    queueMicrotask(() => void this.destroy());
    const reason = new errors.ClientDestroyedError();
    this.client.emit('connectionError', this.origin, [this.client], reason);
  }

  async destroy(): Promise<void> {
    const destroyed = this.client.destroy();
    this.#connecting?.destroy();
    await destroyed;
  }
}
