// Answers by the path, well or badly; a process of its own. Whatever it is sent, it tells how many
// sockets are open.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */

const LARGE = Buffer.alloc(200_000, 'x');
const GZIPPED = gzipSync(LARGE);
let open = 0;
let cookies = 0;

/** @type {Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>} */
const answers = {
  small: (_, response) => response.end('small'),
  large: (_, response) => response.end(LARGE),
  gzip: (_, response) => response.setHeader('content-encoding', 'gzip').end(GZIPPED),
  missing: (_, response) => response.writeHead(404).end(),
  cookie: (_, response) => response.setHeader('set-cookie', `c=${cookies++ % 50}; Path=/`).end('c'),
  redirect: (_, response) => response.writeHead(302, { location: '/cookie' }).end(),
  echo: async (request, response) => response.end(String((await text(request)).length)),
  reset: ({ socket }) => socket.resetAndDestroy(),
  cut: (_, response) => {
    response.writeHead(200, { 'content-length': 9 }).write('half', () => response.destroy());
  },
  stall: () => {},
  throttle: (_, response) => response.writeHead(429).end(),
  slow: async (_, response) => {
    for (let i = 0; i < 5 && !response.destroyed; i++) {
      response.write(LARGE.subarray(0, 100));
      await setTimeout(5);
    }
    response.end();
  },
};

const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  try {
    await answers[request.url?.split('/')[1] ?? '']?.(request, response);
  } catch {
    // An upload that was broken off.
    response.destroy();
  }
});
server.on('connection', (socket) => {
  open++;
  socket.on('error', () => {}).once('close', () => open--);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
await once(server, 'listening');
process.send?.(/** @type {AddressInfo} */ (server.address()).port);
process.on('message', () => process.send?.(open));
process.on('disconnect', () => process.exit());
