import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startRawAnswer, startRawServer } from './raw-server.js';

test('startRawServer hands over what came, to be answered with any bytes', async () => {
  const server = await startRawServer((socket, received) => socket.end(`got ${received}`));
  const socket = connect(server.port, '127.0.0.1');
  socket.write('anything');
  expect(await text(socket)).toBe('got anything');
  expect(server.connections).toBe(1);
  await expect.poll(() => server.openConnections).toBe(0);
});

test('startRawAnswer sends its bytes and closes the connection', async () => {
  const server = await startRawAnswer('bytes');
  const socket = connect(server.port, '127.0.0.1');
  socket.write('?');
  expect(await text(socket)).toBe('bytes');
});

test('a raw server that closes breaks the connections that it has', async () => {
  const server = await startRawServer(() => undefined);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  await expect.poll(() => server.openConnections).toBe(1);
  await server.close();
  socket.resume();
  await once(socket, 'close');
});

test('a raw server may act on a connection before anything has come', async () => {
  const server = await startRawServer(() => undefined, {
    onAccept: (socket) => socket.end('first'),
  });
  expect(await text(connect(server.port, '127.0.0.1'))).toBe('first');
});

test('a raw server gets over connections that are reset', async () => {
  const server = await startRawServer((socket, received) => socket.end(received));
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  await expect.poll(() => server.openConnections).toBe(1);
  socket.resetAndDestroy();
  await expect.poll(() => server.openConnections).toBe(0);
  const next = connect(server.port, '127.0.0.1');
  next.write('next');
  expect(await text(next)).toBe('next');
});
