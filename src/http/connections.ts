import type * as undici from 'undici';
import type { Connector } from '../connect/connectors.js';
import { Agent, Dispatcher, sizeOf } from '../connect/undici.js';
import { Connection, type ConnectionUser, KEEP_ALIVE_MAX } from './connection.js';

/**
 * How many origins an agent keeps idle connections to; `pool_connections` of requests' adapter is 10.
 * A batch over many hosts would else have as many sockets open as it connects to in the time that
 * an idle one is kept.
 */
const MAX_IDLE_ORIGINS = 64;

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
  const idle = new IdleOrigins();
  return new Agent({
    factory: (origin) => new OriginConnections(origin, options, connector, idle),
  });
}

/**
 * The origins of an agent that have had idle connections, the one that was used last at the end. Those
 * whose connections are all in use now are left in: to take them out costs each request more.
 */
class IdleOrigins {
  readonly #origins = new Set<OriginConnections>();
  /** Most callers stay with one for a while, and nothing changes then. */
  #last: OriginConnections | undefined;

  add(origin: OriginConnections): void {
    if (this.#last === origin) return;
    this.#last = origin;
    this.#origins.delete(origin);
    this.#origins.add(origin);
    if (this.#origins.size > MAX_IDLE_ORIGINS) this.#dropOne();
  }

  delete(origin: OriginConnections): void {
    if (this.#last === origin) this.#last = undefined;
    this.#origins.delete(origin);
  }

  /**
   * Any but the last. Not the oldest: of more origins than are kept, each asked in its turn, that
   * would always be the one whose turn is next.
   */
  #dropOne(): void {
    const origins = [...this.#origins];
    const dropped = origins[Math.floor(Math.random() * MAX_IDLE_ORIGINS)] as OriginConnections;
    this.#origins.delete(dropped);
    dropped.closeFree();
  }
}

/** The connections to one origin. State: those that are open, and which of them are free. */
class OriginConnections extends Dispatcher {
  readonly #origin: string | URL;
  readonly #options: undici.Client.Options;
  readonly #connector: Connector;
  readonly #idle: IdleOrigins;
  readonly #open = new Set<Connection>();
  /** Last in, first out, so that what a burst left over falls idle and is closed. */
  readonly #free: Connection[] = [];

  constructor(
    origin: string | URL,
    options: undici.Client.Options,
    connector: Connector,
    idle: IdleOrigins,
  ) {
    super();
    this.#idle = idle;
    this.#origin = origin;
    this.#options = options;
    this.#connector = connector;
  }

  override dispatch(
    options: undici.Dispatcher.DispatchOptions,
    handler: undici.Dispatcher.DispatchHandler & ConnectionUser,
  ): boolean {
    const free = handler.needsNewConnection ? undefined : this.#takeFree();
    const connection = free ?? this.#connect();
    connection.isFree = false;
    connection.begin(handler);
    const { client } = connection;
    client.dispatch(options, handler);
    // A request that undici refuses leaves the client as it was, and nothing is said later.
    if (sizeOf(client) === 0) this.#takeBack(connection);
    return true;
  }

  /** The one that was used last, if its response has not ended it. */
  #takeFree(): Connection | undefined {
    let free = this.#free.pop();
    while (free !== undefined && !free.isKept) free = this.#free.pop();
    return free;
  }

  /** Closes those that nobody uses now. */
  closeFree(): void {
    for (const connection of this.#free.splice(0)) void connection.close();
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
    const connection = new Connection(this.#origin, {
      ...this.#options,
      connector: this.#connector,
      released: () => this.#release(connection),
    });
    const { client } = connection;
    this.#open.add(connection);
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
    this.#idle.add(this);
  }

  /** A request that still waits in it has its answer first. */
  #retire(connection: Connection, event: Ending): void {
    if (!this.#open.delete(connection)) return;
    connection.wake();
    const at = this.#free.indexOf(connection);
    if (at !== -1) this.#free.splice(at, 1);
    if (this.#free.length === 0) this.#idle.delete(this);
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
