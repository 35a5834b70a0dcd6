import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ConnectionError,
  type Job,
  ProtocolError,
  ReadTimeoutError,
  Session,
} from '../../src/index.js';
import { createAuthority } from '../helpers/certificate.js';
import { type RawServer, startRawServer } from '../helpers/raw-server.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const AUTHORITY = createAuthority();

/** What a server does with a request, and how often its socket had one before. */
type Answer = (socket: Socket, nth: number) => unknown;

/** A server that keeps the requests as they came; each comes in one piece. */
async function startStale(answer: Answer): Promise<RawServer & { readonly received: string[] }> {
  const received: string[] = [];
  const counts = new WeakMap<Socket, number>();
  const server = await startRawServer((socket, request) => {
    const nth = counts.get(socket) ?? 0;
    counts.set(socket, nth + 1);
    received.push(request);
    answer(socket, nth);
  });
  return Object.assign(server, { received });
}

/** Answers the first request on a socket, and does `close` at the next. */
function servingOnce(close: (socket: Socket) => unknown): Answer {
  return (socket, nth) => (nth === 0 ? socket.write(OK) : close(socket));
}

const destroy = (socket: Socket) => socket.destroy();

/** A session whose connection to the server has served a request. */
async function warmed(url: string, options = {}): Promise<Session> {
  const session = new Session(options);
  await session.get(url);
  return session;
}

describe('a request that finds its connection closed by the server', () => {
  test.each<[string, (socket: Socket) => unknown]>([
    ['ended', (socket) => socket.end()],
    ['destroyed', destroy],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('has its answer over a new one, if the socket was %s', async (_, close) => {
    const server = await startStale(servingOnce(close));
    const session = await warmed(server.url);
    const response = await session.get(server.url, { headers: { 'X-Number': '2' } });
    expect(response.content.toString()).toBe('ok');
    expect(server.received).toHaveLength(3);
    expect(server.received[2]).toBe(server.received[1]);
    expect(server.connections).toBe(2);
  });

  test.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])(
    'is sent again if it is a %s',
    async (method) => {
      const server = await startStale((socket, nth) =>
        nth === 0 ? socket.write('HTTP/1.1 204 No Content\r\n\r\n') : socket.destroy(),
      );
      const session = await warmed(server.url);
      const { statusCode } = await session.request({ url: server.url, method });
      expect(statusCode).toBe(204);
      expect(server.received).toHaveLength(3);
    },
  );

  test.each(['POST', 'PATCH', 'FOO'])('is not sent again if it is a %s', async (method) => {
    const server = await startStale(servingOnce(destroy));
    const session = await warmed(server.url);
    await expect(session.request({ url: server.url, method })).rejects.toThrow(ConnectionError);
    expect(server.received).toHaveLength(2);
  });

  test.each<[string, () => Job['data'], string]>([
    ['text', () => 'text', 'text'],
    ['bytes', () => Buffer.from('bytes'), 'bytes'],
    ['a function that makes a stream', () => () => Readable.from(['made']), 'made'],
    ['a Blob', () => new Blob(['blob']), 'blob'],
  ])('is sent again with its body, if that is %s', async (_, data, body) => {
    const server = await startStale(servingOnce(destroy));
    const session = await warmed(server.url);
    const response = await session.put(server.url, { data: data() });
    expect(response.content.toString()).toBe('ok');
    expect(server.received.filter((it) => it.includes(body))).toHaveLength(2);
    expect(server.connections).toBe(2);
  });

  test('is not sent again with a body that can be read once', async () => {
    const server = await startStale(servingOnce(destroy));
    const session = await warmed(server.url);
    const request = session.put(server.url, { data: Readable.from(['once']) });
    await expect(request).rejects.toThrow(ConnectionError);
    expect(server.connections).toBe(1);
  });

  test('has its answer however many the connection had served', async () => {
    const server = await startStale((socket, nth) =>
      nth < 3 ? socket.write(OK) : socket.destroy(),
    );
    const session = new Session();
    for (let i = 0; i < 4; i++) expect((await session.get(server.url)).ok).toBe(true);
    expect(server.received).toHaveLength(5);
    expect(server.connections).toBe(2);
  });

  test('does not go over another idle one, which may be closed too', async () => {
    const server = await startStale(servingOnce(destroy));
    const session = new Session();
    const batch = () => Promise.all([1, 2, 3].map(() => session.get(server.url)));
    await batch();
    await session.get(server.url);
    expect(server.received).toHaveLength(5);
    expect(server.connections).toBe(4);
  });

  test('is sent again once, however the new connection ends', async () => {
    let isServing = true;
    const server = await startStale((socket) => {
      if (isServing) socket.write(OK);
      else socket.resetAndDestroy();
    });
    const session = await warmed(server.url);
    isServing = false;
    await expect(session.get(server.url)).rejects.toThrow(ConnectionError);
    expect(server.received).toHaveLength(3);
    expect(server.connections).toBe(2);
  });

  test('is sent again at each hop of its redirects', async () => {
    let hops = 0;
    const server = await startStale((socket, nth) => {
      if (nth > 0) socket.destroy();
      else if (++hops === 4) socket.write(OK);
      else socket.write(`HTTP/1.1 302 Found\r\nLocation: /${hops}\r\nContent-Length: 0\r\n\r\n`);
    });
    const response = await new Session().get(server.url);
    expect(response.history).toHaveLength(3);
    expect(server.received).toHaveLength(7);
    expect(server.connections).toBe(4);
  });

  test('is one of many, as after a break', async () => {
    const server = await startStale(servingOnce(destroy));
    const session = new Session();
    const batch = () =>
      Promise.all(Array.from({ length: 200 }, async () => (await session.get(server.url)).ok));
    await batch();
    expect(await batch()).toEqual(new Array(200).fill(true));
    expect(server.received).toHaveLength(600);
    expect(server.connections).toBe(400);
    await session.close();
  });

  test('is one of many that were idle when the server closed them', async () => {
    const sockets = new Set<Socket>();
    const server = await startStale((socket) => sockets.add(socket) && socket.write(OK));
    const session = new Session();
    const batch = () =>
      Promise.all(Array.from({ length: 200 }, async () => (await session.get(server.url)).ok));
    await batch();
    for (const socket of sockets) socket.destroy();
    expect(await batch()).toEqual(new Array(200).fill(true));
    expect(server.connections).toBe(400);
    await session.close();
  });

  test('has its answer over TLS', async () => {
    let requests = 0;
    const server = createServer(AUTHORITY.issue(), (socket) => {
      socket.once('data', () => {
        socket.write(OK);
        socket.once('data', () => socket.end());
      });
      socket.on('data', () => requests++);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = await warmed(url, { verify: AUTHORITY.cert });
    expect((await session.get(url)).ok).toBe(true);
    expect(requests).toBe(3);
    await session.close();
  });
});

describe('a request is not sent again', () => {
  test('if its connection was new', async () => {
    const server = await startStale((socket) => socket.resetAndDestroy());
    await expect(new Session().get(server.url)).rejects.toThrow(ConnectionError);
    expect(server.received).toHaveLength(1);
  });

  test.each(['H', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n'])(
    'if anything of an answer had come: %j',
    async (piece) => {
      const server = await startStale(
        servingOnce((socket) => socket.write(piece, () => socket.resetAndDestroy())),
      );
      const session = await warmed(server.url);
      await expect(session.get(server.url)).rejects.toThrow();
      expect(server.received).toHaveLength(2);
    },
  );

  test('if the answer was cut off', async () => {
    const server = await startStale(servingOnce((socket) => socket.end(OK.slice(0, -1))));
    const session = await warmed(server.url);
    await expect(session.get(server.url)).rejects.toThrow(ProtocolError);
    expect(server.received).toHaveLength(2);
  });

  test('if what came is not HTTP', async () => {
    const server = await startStale(servingOnce((socket) => socket.write('hello\r\n\r\n')));
    const session = await warmed(server.url);
    await expect(session.get(server.url)).rejects.toThrow(ProtocolError);
    expect(server.received).toHaveLength(2);
  });

  test('if it was given up', async () => {
    const controller = new AbortController();
    const server = await startStale(servingOnce(() => controller.abort(new Error('enough'))));
    const session = await warmed(server.url);
    const request = session.get(server.url, { signal: controller.signal });
    await expect(request).rejects.toThrow('aborted by its signal');
    expect(server.received).toHaveLength(2);
  });

  test('if its time was up', async () => {
    const server = await startStale(servingOnce(() => undefined));
    const session = await warmed(server.url);
    await expect(session.get(server.url, { timeout: 20 })).rejects.toThrow(ReadTimeoutError);
    expect(server.received).toHaveLength(2);
  });
});

/** An HTTP/2 server that answers the first stream of each session, and does `close` at the next. */
async function startH2(close: (stream: ServerHttp2Stream, socket: Socket) => unknown) {
  const server = createSecureServer(AUTHORITY.issue());
  const paths: string[] = [];
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.on('session', (session) => {
    const socket = sockets.at(-1) as Socket;
    let streams = 0;
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => {
      paths.push(`${headers[':method']} ${headers[':path']}`);
      stream.on('error', () => undefined);
      if (streams++ > 0) close(stream, socket);
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    onTestFinished(() => session.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, paths, connections: () => sockets.length };
}

describe('over HTTP/2, a request that finds its connection closed by the server', () => {
  test.each<[string, (stream: ServerHttp2Stream, socket: Socket) => unknown]>([
    ['said that it goes', ({ session }) => session?.goaway(0)],
    ['said that it goes, and went', ({ session }) => session?.goaway(0, 1) ?? session?.destroy()],
    ['was destroyed', ({ session }) => session?.destroy()],
    ['was closed', ({ session }) => session?.close()],
    ['lost its socket', (_, socket) => socket.destroy()],
  ])('has its answer over a new one, if that %s', async (_, close) => {
    const server = await startH2(close);
    const session = await warmed(server.url, { allowH2: true, verify: AUTHORITY.cert });
    expect((await session.get(server.url)).ok).toBe(true);
    expect(server.paths).toEqual(['GET /', 'GET /', 'GET /']);
    expect(server.connections()).toBe(2);
    await session.close();
  });

  test('is not sent again if it is a POST', async () => {
    const server = await startH2(({ session }) => session?.destroy());
    const session = await warmed(server.url, { allowH2: true, verify: AUTHORITY.cert });
    await expect(session.post(server.url, { data: 'x' })).rejects.toThrow(ConnectionError);
    expect(server.paths).toEqual(['GET /', 'POST /']);
  });

  test('is not sent again for what a hook throws', async () => {
    const server = await startH2((stream) =>
      stream.respond({ ':status': 200 }, { endStream: true }),
    );
    const session = await warmed(server.url, { allowH2: true, verify: AUTHORITY.cert });
    const error = new ConnectionError('of another request', { code: 'ECONNRESET' });
    const response = () => Promise.reject(error);
    await expect(session.get(server.url, { hooks: { response } })).rejects.toBe(error);
    expect(server.paths).toHaveLength(2);
    await session.close();
  });

  test('is not sent again for its stream alone', async () => {
    const server = await startH2((stream) => stream.close(2));
    const session = await warmed(server.url, { allowH2: true, verify: AUTHORITY.cert });
    await expect(session.get(server.url)).rejects.toThrow(ConnectionError);
    expect(server.paths).toEqual(['GET /', 'GET /']);
    await session.close();
  });
});
