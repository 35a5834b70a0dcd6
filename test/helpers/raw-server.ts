import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Is called with what a socket received, each time that it received something. */
export type RawHandler = (socket: Socket, received: string) => void;

export interface RawServerOptions {
  /** Is called with each socket as it is accepted, before anything was received. */
  readonly onAccept?: ((socket: Socket) => void) | undefined;
}

/** A server on loopback that speaks no protocol of its own; closes itself when the test ends. */
export async function startRawServer(
  handler: RawHandler,
  { onAccept }: RawServerOptions = {},
): Promise<RawServer> {
  const server = new RawServer(handler, onAccept);
  await server.listen();
  onTestFinished(() => server.close());
  return server;
}

/** Answers each request with the same bytes, and closes the connection. */
export function startRawAnswer(answer: string | Buffer): Promise<RawServer> {
  return startRawServer((socket) => socket.end(answer));
}

export class RawServer {
  port = 0;
  /** Sockets accepted since the start. */
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer();

  constructor(handler: RawHandler, onAccept?: (socket: Socket) => void) {
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('data', (received) => handler(socket, received.toString('latin1')));
      // The other side may well reset it: that is what such a server is for.
      socket.on('error', () => undefined);
      onAccept?.(socket);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
