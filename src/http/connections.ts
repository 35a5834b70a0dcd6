import type { Socket } from 'node:net';
import type * as undici from 'undici';
import type { Connector } from '../connect/connectors.js';
import { Agent, Client, Dispatcher, errors } from '../connect/undici.js';
import { StreamWatch } from './http2-streams.js';
import { watchForResets } from './resets.js';

/** A handler that wants to know which connection its request was given. */
export interface ConnectionUser {
  onConnection?(connection: Connection): void;
}

/** Once idle, a connection is kept this long at most, whatever the server offers, in ms. */
const KEEP_ALIVE_MAX = 4_000;
/** What a response's header lines may add up to, in bytes; requests takes lines of 64 kB. */
const MAX_HEADER_SIZE = 65_536;

/**
 * An `Agent` that gives each request a connection of its own for as long as it lasts: the one that
 * was used last if it is free, else a new one. So one caller keeps to one socket, concurrent
 * callers never wait for each other, and giving up a connect frees that connection alone. (undici's
 * own pool alternates between two sockets, and cannot give up a connect.)
 *
 * Its timeouts are off: the exchange keeps time.
 *
 * @param connector opens its sockets
 */
export function createAgent(connector: Connector): undici.Agent {
  const options: undici.Client.Options = {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX,
    maxHeaderSize: MAX_HEADER_SIZE,
  };
  return new Agent({
    factory: (origin) => new OriginConnections(origin, options, connector),
  });
}

/** The connections to one origin. State: those that are open, and which of them are free. */
class OriginConnections extends Dispatcher {
  readonly #origin: string | URL;
  readonly #options: undici.Client.Options;
  readonly #connector: Connector;
  readonly #open = new Set<Connection>();
  /** Last in, first out, so that what a burst left over falls idle and is closed. */
  readonly #free: Connection[] = [];

  constructor(origin: string | URL, options: undici.Client.Options, connector: Connector) {
    super();
    this.#origin = origin;
    this.#options = options;
    this.#connector = connector;
  }

  override dispatch(
    options: undici.Dispatcher.DispatchOptions,
    handler: undici.Dispatcher.DispatchHandler & ConnectionUser,
  ): boolean {
    const connection = this.#free.pop() ?? this.#connect();
    connection.isFree = false;
    connection.wake();
    handler.onConnection?.(connection);
    const { client } = connection;
    client.dispatch(options, handler);
    // A request that undici refuses leaves the client as it was, and nothing is said later.
    if (client.stats.size === 0) this.#takeBack(connection);
    return true;
  }

  /** What somebody reads, or has yet to read, goes on; it is not waited for. */
  override async close(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }

  override async destroy(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.destroy()));
  }

  /**
   * The agent counts connections by what it hears, and drops this, for another to take its place,
   * when it knows of none. So it hears of each once as it begins, and once as it ends.
   */
  #connect(): Connection {
    const connection = new Connection(this.#origin, this.#options, this.#connector);
    const { client } = connection;
    this.#open.add(connection);
    client.on('drain', () => this.#release(connection));
    client.on('disconnect', (...args) => this.#retire(connection, args));
    client.on('connectionError', (...args) => this.#retire(connection, args));
    this.emit('connect', connection.origin, [client]);
    return connection;
  }

  /** One that never connected is of no use: nothing would ever end it. */
  #takeBack(connection: Connection): void {
    if (connection.isConnected) this.#release(connection);
    else connection.abandon();
  }

  #release(connection: Connection): void {
    if (connection.isFree || !this.#open.has(connection)) return;
    connection.isFree = true;
    connection.isLent = false;
    connection.rest();
    this.#free.push(connection);
  }

  /** A request that still waits in it has its answer first. */
  #retire(connection: Connection, event: Ending): void {
    if (!this.#open.delete(connection)) return;
    connection.wake();
    const at = this.#free.indexOf(connection);
    if (at !== -1) this.#free.splice(at, 1);
    if (!connection.client.closed && !connection.client.destroyed) void connection.client.close();
    this.emit('disconnect', ...event);
  }
}

/** What is told of a connection that ended, or could not be made. */
type Ending = [
  origin: URL,
  targets: readonly undici.Dispatcher[],
  error: undici.errors.UndiciError,
];

/** One socket to an origin, and undici's client that speaks on it. */
export class Connection {
  readonly client: undici.Client;
  /** undici may say twice that a client is ready. */
  isFree = false;
  /** Whether its response was handed over at its head: it ends when its reader likes. */
  isLent = false;
  readonly origin: URL;
  /** What is destroyed to give up a connect. */
  #connecting: Socket | undefined;
  /** What the connect came to. */
  #socket: Socket | undefined;
  #streams: StreamWatch | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** Is called when its response is handed over at its head. */
  #lent: () => void = () => {};

  constructor(origin: string | URL, options: undici.Client.Options, connector: Connector) {
    this.origin = new URL(origin);
    this.client = new Client(origin, {
      ...options,
      connect: (target: undici.buildConnector.Options, done: undici.buildConnector.Callback) => {
        // undici takes the server's name from a Host header, whoever wrote that; it is the URL's.
        this.#connecting = connector({ ...target, servername: '' }, (...result) => {
          this.#socket = result[1] ?? undefined;
          if (this.#socket !== undefined) watchForResets(this.#socket);
          done(...result);
        });
      },
    });
    this.client.on('connect', () => {
      this.#streams = new StreamWatch(this.#socket as Socket);
    });
  }

  lend(): void {
    this.isLent = true;
    this.#lent();
  }

  /** Lets its request end, but waits for no reader of a response that was handed over. */
  close(): Promise<void> {
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

  wake(): void {
    if (this.#rest !== undefined) clearTimeout(this.#rest);
  }

  get isHTTP2(): boolean {
    return this.#streams?.isHTTP2 === true;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
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
