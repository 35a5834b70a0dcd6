import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { PiecewiseServer } from './piecewise.js';

async function ask(port: number, path: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\n\r\n`);
  return text(socket);
}

test('a piecewise server gives each path its answer, as often as it is asked', async () => {
  const server = await PiecewiseServer.start();
  const one = server.add({ pieces: ['a', 'b', 'c'], ending: 'close' });
  const other = server.add({ pieces: ['\xff'], ending: 'close' });
  expect(await ask(server.port, one)).toBe('abc');
  expect(await ask(server.port, `${one}?again`)).toBe('abc');
  expect(await ask(server.port, other)).toBe('\ufffd');
  expect(await ask(server.port, '/99')).toBe('');
  await server.hasSaid(one);
  await expect.poll(() => server.openConnections).toBe(0);
});

test('a piecewise server has said all when it has sent it, though it may wait or reset', async () => {
  const server = await PiecewiseServer.start();
  const waiting = server.add({ pieces: ['a'], ending: 'wait' });
  const resetting = server.add({ pieces: [], ending: 'reset' });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(`GET ${waiting} HTTP/1.1\r\n\r\n`);
  await expect.poll(() => socket.read()?.toString()).toBe('a');
  await server.hasSaid(waiting);
  expect(server.openConnections).toBe(1);
  await expect(ask(server.port, resetting)).rejects.toThrow('ECONNRESET');
  await server.hasSaid(resetting);
  socket.destroy();
  await expect.poll(() => server.openConnections).toBe(0);
});
