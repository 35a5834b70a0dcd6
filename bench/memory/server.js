// The server of ../memory.js, a process of its own: what it answers is in the path. It listens at one
// address of 127.0.0.0/8 after the other, so that no traffic leaves the machine.
//
//   argv: the number of the first address, and how many; the port, 0 for any
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { addressOf } from './addresses.js';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo, Socket } from 'node:net' */

const [first = 0, count = 1, port = 0] = process.argv.slice(2).map(Number);
const small = Buffer.from(
  JSON.stringify({ id: 7, name: 'session-pool', tags: ['a', 'b', 'c'], nested: { ok: true } }),
);
const large = Buffer.alloc(100_000, 'x');
/** Where the first attempt was refused, until the second comes. @type {Set<string>} */
const refused = new Set();
let open = 0;

/** @type {Record<string, (request: IncomingMessage, response: ServerResponse) => void>} */
const answers = {
  items: (_, response) => answer(response, 200, small),
  large: (_, response) => answer(response, 200, large),
  status: (_, response) => answer(response, 500, small),
  reset: ({ socket }) => socket.resetAndDestroy(),
  flaky: ({ url = '' }, response) => {
    const isSecond = refused.delete(url);
    if (!isSecond) refused.add(url);
    answer(response, isSecond ? 200 : 503, small);
  },
  late: async (_, response) => {
    await setTimeout(1000);
    answer(response, 200, small);
  },
};

/** @param {ServerResponse} response @param {number} status @param {Buffer} body */
function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** @param {Socket} socket */
function watch(socket) {
  open++;
  socket.once('close', () => open--);
}

/** @param {number} number @param {number} at the port, 0 for any */
async function listen(number, at) {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    answers[request.url?.split('/')[1] ?? '']?.(request, response);
  });
  server.on('connection', watch);
  server.listen({ host: addressOf(number), port: at, backlog: 4096 });
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

let chosen = port;
for (let i = first; i < first + count; i++) chosen = await listen(i, chosen);
process.send?.(chosen);
process.on('message', () => process.send?.(open));
process.on('disconnect', () => process.exit());
