import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Listens with the smallest backlog there is, and then never accepts: its thread stands still. */
const LISTEN = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A backlog of one has room for two (Linux). */
const ROOM = 2;

/**
 * The port of a listener on loopback whose backlog is full, so that connecting to it hangs; gone
 * when the test ends.
 */
export async function startHangingListener(): Promise<number> {
  const worker = new Worker(LISTEN, { eval: true });
  const fillers: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
  const [port] = await once(worker, 'message');
  while (fillers.length < ROOM) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(socket);
    await once(socket, 'connect');
  }
  return port;
}
