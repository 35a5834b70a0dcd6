import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificate.js';
import { startSocks } from './socks-server.js';

export interface ProxyOptions {
  /** @default 'http' */
  readonly kind?: 'http' | 'socks5';
  /** To be spoken to by TLS; with what else of `node:tls`'s options it needs. */
  readonly certificate?: Certificate & TlsOptions;
  /** The user and the password that it asks for. */
  readonly credentials?: readonly [user: string, password: string];
  /** What it does in place of making a tunnel; told what it was asked. */
  readonly misbehave?: (socket: Duplex, authority: string) => void;
}

/**
 * A real proxy on loopback, which closes itself when the test ends. Whatever name it is asked for,
 * it connects to that port of loopback: nothing leaves the machine.
 */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const proxy = new TestProxy(options);
  await proxy.listen();
  onTestFinished(() => proxy.close());
  return proxy;
}

export class TestProxy {
  port = 0;
  /** The URLs of the requests that it was sent in absolute form. */
  readonly forwarded: string[] = [];
  /** `name:port` of the tunnels that it was asked for. */
  readonly tunnels: string[] = [];
  /** `user:password` as they came, or undefined, one for each request, tunnel or greeting. */
  readonly credentials: (string | undefined)[] = [];
  /** Sockets accepted since the start. */
  connections = 0;
  /** How many clients showed a certificate of their own. */
  clientCertificates = 0;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  /** Its own and those to the targets. */
  readonly #sockets = new Set<Duplex>();
  readonly #events = new EventEmitter();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = options.kind === 'socks5' ? this.#speakSocks() : this.#speakHTTP();
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.#keep(socket);
    });
  }

  /** Without credentials. */
  get url(): string {
    const { kind = 'http', certificate } = this.#options;
    return `${certificate === undefined ? kind : 'https'}://127.0.0.1:${this.port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** Resolves once it was asked for that many tunnels. */
  async asked(count: number): Promise<void> {
    while (this.tunnels.length < count) await once(this.#events, 'tunnel');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #speakHTTP(): Server {
    const { certificate } = this.#options;
    const server =
      certificate === undefined
        ? createServer((...exchange) => this.#forward(...exchange))
        : createSecureServer(certificate, (...exchange) => this.#forward(...exchange));
    server.on('secureConnection', (socket: TLSSocket) => {
      if ('subject' in socket.getPeerCertificate()) this.clientCertificates++;
    });
    server.on('connect', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#keep(socket);
      if (!this.#admits(message)) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      socket.unshift(head);
      this.#lead(socket, message.url as string, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      });
    });
    return server;
  }

  #speakSocks(): Server {
    return startSocks({
      credentials: this.#options.credentials,
      greeted: (credentials) => this.credentials.push(credentials?.join(':')),
      asked: (socket, authority, accept) => this.#lead(socket, authority, accept),
    });
  }

  #admits({ headers }: IncomingMessage): boolean {
    const { credentials: expected } = this.#options;
    const [, encoded] = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
    const given = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
    this.credentials.push(given);
    return expected === undefined || given === expected.join(':');
  }

  #forward(message: IncomingMessage, reply: ServerResponse): void {
    if (!this.#admits(message)) {
      reply.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const { method, headers, url = '' } = message;
    this.forwarded.push(url);
    const { 'proxy-authorization': _, ...passedOn } = headers;
    const { hostname, port, pathname, search } = new URL(url);
    const target = { host: loopback(hostname), port, path: pathname + search, agent: false };
    const onward = request({ ...target, method, headers: passedOn }, (answer) => {
      reply.writeHead(answer.statusCode as number, answer.rawHeaders);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.writeHead(502).end());
    message.pipe(onward);
  }

  #lead(socket: Duplex, authority: string, accept: () => void): void {
    this.tunnels.push(authority);
    this.#events.emit('tunnel');
    if (this.#options.misbehave !== undefined) {
      this.#options.misbehave(socket, authority);
      return;
    }
    const { hostname, port } = new URL(`tunnel://${authority}`);
    const onward = connect(Number(port), loopback(hostname), () => {
      accept();
      socket.pipe(onward).pipe(socket);
    });
    this.#keep(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  /** Either side may well break it off. */
  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function loopback(hostname: string): string {
  return hostname === '[::1]' ? '::1' : '127.0.0.1';
}
