import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createConnector } from '../../src/connect/connectors.js';
import { ProxyFailure } from '../../src/connect/proxy-failure.js';
import { parseProxy } from '../../src/connect/proxy-url.js';
import { openTunnel } from '../../src/connect/tunnel.js';
import { selfSigned } from '../helpers/certificate.js';
import { connect, get } from '../helpers/connecting.js';
import { startServer } from '../helpers/http-server.js';
import { startProxy } from '../helpers/proxy.js';
import { type RawHandler, startRawServer } from '../helpers/raw-server.js';

const ESTABLISHED = 'HTTP/1.1 200 OK\r\n\r\n';
const CERTIFICATE = selfSigned();

/** Has a proxy of that manner make a tunnel. */
async function failureOf(handler: RawHandler): Promise<ProxyFailure> {
  const server = await startRawServer(handler);
  const proxy = parseProxy(`http://user:secret@127.0.0.1:${server.port}`);
  const { connected } = connect(createConnector({ proxy, tls: {} }), 'https://a.test');
  const error = await connected.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ProxyFailure);
  expect(error.message).toMatch(`proxy 127.0.0.1:${server.port} `);
  expect(error.message).not.toMatch('secret');
  await expect.poll(() => server.openConnections).toBe(0);
  return error;
}

/** A tunnel through a proxy of that manner, and what it asked. */
async function tunnel(handler: RawHandler): Promise<{ socket: Socket; asked: string[] }> {
  const asked: string[] = [];
  const server = await startRawServer((socket, received) => {
    asked.push(received);
    handler(socket, received);
  });
  const proxy = parseProxy(`http://us%40er:p%C3%A4ss@127.0.0.1:${server.port}`);
  const { connected } = connect(createConnector({ proxy, tls: {} }), 'http://a.test');
  const socket = await connected;
  await openTunnel(socket, { hostname: 'a.test', port: 81 }, proxy);
  return { socket, asked };
}

/** Writes a text in pieces that come one by one. */
async function trickle(socket: Socket, text: string, size: number): Promise<void> {
  for (let at = 0; at < text.length; at += size) {
    socket.write(text.slice(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a tunnel', () => {
  test('is asked for as RFC 9110 says', async () => {
    const { asked } = await tunnel((socket) => socket.write(ESTABLISHED));
    const credentials = Buffer.from('us@er:päss').toString('base64');
    expect(asked).toEqual([
      `CONNECT a.test:81 HTTP/1.1\r\nHost: a.test:81\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
    ]);
  });

  test.each([
    ['any 2xx', 'HTTP/1.1 299 \r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 Connection established\r\n\r\n'],
    ['no reason', 'HTTP/1.1 200\r\n\r\n'],
    ['a length, which means nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['interim responses before', `HTTP/1.1 100 Continue\r\nA: b\r\n\r\n`.repeat(3) + ESTABLISHED],
  ])('is open after %s, and has what follows', async (_, head) => {
    const { socket } = await tunnel((peer) => peer.write(`${head}first`));
    if (socket.readableLength === 0) await once(socket, 'readable');
    expect(String(socket.read())).toBe('first');
    expect(socket.listenerCount('readable')).toBe(0);
  });

  test.each([1, 2, 3])('is open after a head that comes in pieces of %i', async (size) => {
    const text = `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(40)}\r\n\r\nrest`;
    const { socket } = await tunnel((peer) => void trickle(peer, text, size));
    let rest = '';
    for await (const chunk of socket) {
      rest += chunk;
      if (rest.length === 4) break;
    }
    expect(rest).toBe('rest');
  });

  test('may carry TLS bytes that come with the head', async () => {
    const server = await startServer((_, reply) => reply.end('secure'), {
      create: (listener) => createSecureServer(CERTIFICATE, listener),
    });
    const proxy = await startProxy();
    const connector = createConnector({
      proxy: parseProxy(proxy.url),
      tls: { rejectUnauthorized: true, ca: CERTIFICATE.cert },
    });
    expect(await get(connector, server.url)).toBe('secure');
    // Those that cannot be TLS are given to it too, and not to who speaks next.
    const eager = await startRawServer((peer) => peer.write(`${ESTABLISHED}no TLS at all`));
    const { connected } = connect(
      createConnector({ proxy: parseProxy(eager.url), tls: {} }),
      'https://a.test',
    );
    await expect(connected).rejects.toMatchObject({ name: 'Error', code: /./ });
  });
});

describe('a proxy that', () => {
  test.each([407, 502, 301, 400, 999])(
    'answers with %i is a failure that says so',
    async (status) => {
      const head = `HTTP/1.1 ${status} secret\r\nContent-Length: 9\r\n\r\nforbidden`;
      const error = await failureOf((socket) => socket.write(head));
      expect(error.code).toBe(`ERR_PROXY_STATUS_${status}`);
      expect(error.message).toMatch(`answered CONNECT with status ${status}`);
    },
  );

  test('closes the connection at once is a failure', async () => {
    const error = await failureOf((socket) => socket.end());
    expect(error.code).toBe('ERR_PROXY_CLOSED');
    expect(error.message).toMatch(/closed the connection before it was through$/);
  });

  test('closes the connection within its head is a failure', async () => {
    const error = await failureOf((socket) => socket.end('HTTP/1.1 200 OK\r\n\r'));
    expect(error.code).toBe('ERR_PROXY_CLOSED');
  });

  test('resets the connection is a failure', async () => {
    const error = await failureOf((socket) => socket.resetAndDestroy());
    expect(error.code).toBe('ECONNRESET');
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  test.each(['', 'SSH-2.0-x', 'HTTP/2 200 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 20', 'xHTTP/1.1 200'])(
    'answers with %j is a failure',
    async (line) => {
      const error = await failureOf((socket) => socket.write(`${line}\r\n\r\n`));
      expect(error.code).toBe('ERR_PROXY_PROTOCOL');
      expect(error.message).toMatch('what is not HTTP');
    },
  );

  test('never ends its head is a failure, once it has sent 64 kB', async () => {
    const flood = (socket: Socket) => {
      while (socket.writable && socket.write(`A: ${'b'.repeat(997)}\r\n`));
    };
    const error = await failureOf((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      socket.on('drain', () => flood(socket));
      flood(socket);
    });
    expect(error.code).toBe('ERR_PROXY_PROTOCOL');
    expect(error.message).toMatch('a head of more than 65536 bytes');
  });

  test.each([
    [65_536, undefined],
    [65_537, 'ERR_PROXY_PROTOCOL'],
  ])('sends a head of %i bytes is taken up to 64 kB', async (size, code) => {
    const line = 'HTTP/1.1 200 OK\r\nA: ';
    const head = `${line}${'b'.repeat(size - line.length - 4)}\r\n\r\n`;
    const opened = tunnel((socket) => socket.write(`${head}rest`));
    if (code !== undefined) await expect(opened).rejects.toMatchObject({ code });
    else {
      const { socket } = await opened;
      if (socket.readableLength === 0) await once(socket, 'readable');
      expect(String(socket.read())).toBe('rest');
    }
  });

  test('closes the connection within TLS with the target is no failure of its own', async () => {
    const server = await startRawServer((socket, received) =>
      received.startsWith('CONNECT') ? socket.write(ESTABLISHED) : socket.end(),
    );
    const connector = createConnector({ proxy: parseProxy(server.url), tls: {} });
    await expect(connect(connector, 'https://a.test').connected).rejects.toMatchObject({
      name: 'Error',
      code: 'ECONNRESET',
    });
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe('ProxyFailure', () => {
  const proxy = parseProxy('socks5://user:secret@proxy.test');

  test('names the proxy with its port, and what went wrong', () => {
    const cause = Object.assign(new Error('broken\n'), { code: 'EPIPE' });
    const failure = ProxyFailure.of(proxy, cause);
    expect(failure).toMatchObject({ name: 'ProxyFailure', code: 'EPIPE', cause });
    expect(failure.message).toBe('proxy proxy.test:1080 failed: broken');
  });

  test('names the code where there is no message, as with several addresses', () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect(ProxyFailure.of(proxy, cause).message).toBe(
      'proxy proxy.test:1080 failed: ECONNREFUSED',
    );
  });

  test('has a code of its own where there is none', () => {
    expect(ProxyFailure.of(proxy, new Error('broken')).code).toBe('ERR_PROXY');
  });

  test('has no cause where there is none', () => {
    expect('cause' in new ProxyFailure(proxy, 'sulks', 'ERR_PROXY')).toBe(false);
  });
});
