import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { drips, repeats, type Script, says, startHostileServer } from './hostile-server.js';

/** A socket that has asked the server for the path. */
async function ask(script: Script, path = '/') {
  const server = await startHostileServer(script);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\n\r\n`);
  return { server, socket };
}

test('a hostile server answers what is below /ok/ as it should, with the path', async () => {
  const { socket } = await ask(says('hostile'), '/ok/7');
  const [answer] = await once(socket, 'data');
  expect(answer.toString()).toBe('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n/ok/7');
  socket.write('GET /else HTTP/1.1\r\n\r\n');
  expect(await text(socket)).toBe('hostile');
});

test('says sends bytes as they are, and closes', async () => {
  const { socket } = await ask(says('a\xff\0b'));
  const [answer] = await once(socket, 'data');
  expect(answer).toEqual(Buffer.from([0x61, 0xff, 0, 0x62]));
  await once(socket, 'end');
  const { socket: other } = await ask(says(Buffer.from([0xfe])));
  expect((await once(other, 'data'))[0]).toEqual(Buffer.from([0xfe]));
});

test('says may reset the connection, and its bytes come all the same', async () => {
  const { socket } = await ask(says('bytes', 'reset'));
  const [answer] = await once(socket, 'data');
  expect(answer.toString()).toBe('bytes');
  const [error] = await once(socket, 'error');
  expect(error.code).toBe('ECONNRESET');
});

test('says may leave the connection open', async () => {
  const { server, socket } = await ask(says('bytes', 'wait'));
  await once(socket, 'data');
  socket.write('GET /ok/1 HTTP/1.1\r\n\r\n');
  await once(socket, 'data');
  expect(server.openConnections).toBe(1);
  socket.destroy();
  await expect.poll(() => server.openConnections).toBe(0);
});

test('repeats goes on for as long as it is read, and no longer', async () => {
  const { server, socket } = await ask(repeats('start', 'x'.repeat(65_536)));
  let received = '';
  for await (const chunk of socket) {
    received += chunk;
    if (received.length > 2 ** 22) break;
  }
  expect(received.replace(/x+$/, '')).toBe('start');
  await expect.poll(() => server.openConnections).toBe(0);
});

test('drips says one piece at a time, until nobody listens', async () => {
  const { server, socket } = await ask(drips('start', ['a', 'b', 'c'], 5));
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  await expect.poll(() => received).toBe('startabc');
  socket.destroy();
  await expect.poll(() => server.openConnections).toBe(0);

  let said = 0;
  function* endless() {
    for (;;) yield String(++said);
  }
  const { server: another, socket: deaf } = await ask(drips('', endless(), 1));
  await once(deaf, 'data');
  deaf.destroy();
  await expect.poll(() => another.openConnections).toBe(0);
});
