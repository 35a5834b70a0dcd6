import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ConnectionError, ProtocolError, Session } from '../../src/index.js';
import {
  expectUnharmed,
  fails,
  type HostileCase,
  play,
  SOON,
  silent,
} from '../helpers/hostile-case.js';
import { says } from '../helpers/hostile-server.js';
import { startRawServer } from '../helpers/raw-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const UNTIL_CLOSE = `${HEAD}\r\nabc`;
const COUNTED = `${HEAD}Content-Length: 10\r\n\r\nabc`;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`;
/** A close is seen as such, unless the request was on its way and was answered with a reset. */
const CLOSED = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/;

describe('a server that', () => {
  test.each<HostileCase>([
    [
      'closes as it accepts',
      says(''),
      fails(ConnectionError, CLOSED),
      { onAccept: (socket) => socket.destroy() },
    ],
    [
      'ends its side as it accepts',
      says(''),
      fails(ConnectionError, CLOSED),
      { onAccept: (socket) => socket.end() },
    ],
    [
      'resets as it accepts',
      says(''),
      fails(ConnectionError, /^(ECONNRESET|EPIPE)$/),
      { onAccept: (socket) => socket.resetAndDestroy() },
    ],
    ['closes without an answer', says(''), fails(ConnectionError, 'UND_ERR_SOCKET')],
    [
      'resets without an answer',
      (socket) => socket.resetAndDestroy(),
      fails(ConnectionError, 'ECONNRESET'),
    ],
    ['closes in the status line', says('HTTP/1.1 20'), fails(ConnectionError, 'UND_ERR_SOCKET')],
    ['closes in the headers', says(`${HEAD}Content-Le`), fails(ConnectionError, 'UND_ERR_SOCKET')],
    [
      'closes in the headers, having said that it would',
      says(`${HEAD}Connection: close\r\nContent-Length: 3\r\n`),
      fails(ConnectionError, 'UND_ERR_SOCKET'),
    ],
    [
      'closes after an interim response',
      says('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
      fails(ConnectionError, 'UND_ERR_SOCKET'),
    ],
    [
      'resets in the status line',
      says('HTTP/1.1 20', 'reset'),
      fails(ConnectionError, 'ECONNRESET'),
    ],
    [
      'resets in the headers',
      says(`${HEAD}Content-Le`, 'reset'),
      fails(ConnectionError, 'ECONNRESET'),
    ],
    [
      'resets in a body of a known length',
      says(COUNTED, 'reset'),
      fails(ProtocolError, 'ECONNRESET'),
    ],
    [
      'resets in a body of a known length after which it would have closed',
      says(COUNTED.replace('\r\n', '\r\nConnection: close\r\n'), 'reset'),
      fails(ProtocolError, /^(ECONNRESET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/),
    ],
    ['resets in a chunked body', says(CHUNKED, 'reset'), fails(ProtocolError, 'ECONNRESET')],
    [
      'resets in a body that lasts until it closes',
      says(UNTIL_CLOSE, 'reset'),
      fails(ProtocolError, 'ECONNRESET'),
    ],
    [
      'resets in a long body that lasts until it closes',
      says(UNTIL_CLOSE + 'x'.repeat(1_000_000), 'reset'),
      fails(ProtocolError, 'ECONNRESET'),
    ],
    [
      'resets in a body that lasts until it closes, of HTTP/1.0',
      says(UNTIL_CLOSE.replace('1.1', '1.0'), 'reset'),
      fails(ProtocolError, 'ECONNRESET'),
    ],
    [
      'resets before the first byte of a body that lasts until it closes',
      says(`${HEAD}\r\n`, 'reset'),
      fails(ProtocolError, 'ECONNRESET'),
    ],
    ['neither answers nor closes', says('', 'wait'), silent, SOON],
  ])('%s', play);
});

describe('a connection that is used again', () => {
  const numbered = (path: string) =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;

  /** Answers the first request of each connection, and then plays `end` at the second. */
  const answersOnce = (end: (socket: Socket) => void) => {
    const used = new WeakSet<object>();
    return startRawServer((socket, received) => {
      if (used.has(socket)) return end(socket);
      used.add(socket);
      socket.write(numbered(received.split(' ', 2)[1] as string));
    });
  };

  test.each([
    ['closed', 'UND_ERR_SOCKET', (socket: Socket) => socket.end()],
    ['reset', 'ECONNRESET', (socket: Socket) => socket.resetAndDestroy()],
  ])('and %s as a POST comes is a ConnectionError, once', async (_, code, end) => {
    const server = await answersOnce(end);
    const session = new Session();
    await expectUnharmed(session, server);
    const [outcome] = await Promise.allSettled([session.post(`${server.url}/lost`)]);
    fails(ConnectionError, code)(outcome);
    expect(server.connections).toBe(1);
    await expectUnharmed(session, server);
    expect(server.connections).toBe(2);
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test.each([
    ['with its answer', (socket: Socket) => socket.end()],
    ['soon after its answer', (socket: Socket) => setImmediate(() => socket.end())],
    ['by a reset soon after', (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 1)],
  ])('although it is closed %s gives each job its own response or none', async (_, close) => {
    const server = await startRawServer((socket, received) => {
      socket.write(numbered(received.split(' ', 2)[1] as string));
      close(socket);
    });
    const session = new Session();
    const ends: string[] = [];
    for (let i = 0; i < 100; i++) {
      const [outcome] = await Promise.allSettled([session.get(`${server.url}/${i}`)]);
      if (outcome.status === 'rejected') fails(ConnectionError, CLOSED)(outcome);
      else expect(await outcome.value.text()).toBe(`/${i}`);
      ends.push(outcome.status);
    }
    expect(ends).toContain('fulfilled');
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});
