import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as it came, its body read. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they stood on the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Answers a request; to hold the answer, it awaits a `Gate`. */
export type Handler = (request: ReceivedRequest, reply: ServerResponse) => unknown;

/**
 * A real HTTP server on loopback, which closes itself when the test ends.
 *
 * @param handler @default answers each request with an empty 200
 */
export async function startServer(
  handler: Handler = (_, reply) => reply.end(),
  { host = '127.0.0.1', create = createServer as (listener: RequestListener) => Server } = {},
): Promise<TestServer> {
  const server = new TestServer(handler, create);
  await server.listen(host);
  onTestFinished(() => server.close());
  return server;
}

export class TestServer {
  /** `http://127.0.0.1:12345`, without a slash at the end. */
  url = '';
  port = 0;
  readonly requests: ReceivedRequest[] = [];
  /** Requests that have come and whose answer has not ended yet. */
  inFlight = 0;
  maxInFlight = 0;
  /** Sockets accepted since the start. */
  connections = 0;
  openConnections = 0;
  readonly #handler: Handler;
  readonly #server: Server;
  readonly #arrivals = new EventEmitter();

  constructor(handler: Handler, create: (listener: RequestListener) => Server) {
    this.#handler = handler;
    this.#server = create((request, reply) => this.#receive(request, reply));
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.openConnections++;
      socket.once('close', () => this.openConnections--);
    });
  }

  async listen(host: string): Promise<void> {
    this.#server.listen(0, host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    const scheme = 'setSecureContext' in this.#server ? 'https' : 'http';
    this.url = `${scheme}://${host}:${this.port}`;
  }

  /** Resolves once that many requests have come. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#arrivals, 'arrival');
  }

  /** Breaks all connections, those with a request in flight too. */
  closeConnections(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.closeConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(message: IncomingMessage, reply: ServerResponse): void {
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    reply.once('close', () => this.inFlight--);
    const chunks: Buffer[] = [];
    message.on('data', (chunk) => chunks.push(chunk));
    message.on('end', async () => {
      const { method = '', url: path = '', headers, rawHeaders } = message;
      const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
      this.requests.push(request);
      this.#arrivals.emit('arrival');
      await this.#handler(request, reply);
    });
  }
}
