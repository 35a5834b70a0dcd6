// The upstream where there is no nginx, and for answers that have to wait; a process of its own.
//
//   argv: the files of a certificate and its key, for TLS
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { gzipSync } from 'node:zlib';
import { bodies, item, LATENCY, list } from './answers.js';

/** @import { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */
/** @typedef {(response: ServerResponse, id: string, request: IncomingMessage) => void} Answer */

const JSON_TYPE = { 'content-type': 'application/json' };
const compressedList = gzipSync(list);

/** @param {ServerResponse} response @param {string | Buffer} body @param {OutgoingHttpHeaders} headers */
function send(response, body, headers = {}, status = 200) {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

/** @param {IncomingMessage} request */
function sessionOf({ headers: { cookie = '' } }) {
  return /(?:^|; )session=([^;]*)/.exec(cookie)?.[1] ?? '';
}

/** @type {Record<string, Answer>} */
const answers = {
  items: (response, id, request) => send(response, item(id, sessionOf(request)), JSON_TYPE),
  late: (response, id) => setTimeout(send, LATENCY, response, item(id, ''), JSON_TYPE),
  lists: (response) => send(response, compressedList, { ...JSON_TYPE, 'content-encoding': 'gzip' }),
  moved: (response, id) => send(response, '', { location: `/items/${id}` }, 302),
  cookies: (response, id, request) => {
    const session = sessionOf(request);
    const cookie = session === '' ? { 'set-cookie': `session=${id}; Path=/` } : {};
    send(response, item(id, session), { ...JSON_TYPE, ...cookie });
  },
};
for (const [name, length] of Object.entries(bodies)) {
  const body = Buffer.alloc(length, 'x');
  answers[name] = (response) => send(response, body);
}

/** @param {IncomingMessage} request @param {ServerResponse} response */
function answer(request, response) {
  const [, name = '', id = ''] = (request.url ?? '').split(/[/?]/);
  const found = answers[name];
  if (found === undefined) send(response, '', {}, 404);
  else found(response, id, request);
}

/** @param {http.Server} server @returns {Promise<number>} its port */
async function listen(server) {
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

const [cert, key] = process.argv.slice(2);
const port = await listen(http.createServer(answer));
const securePort =
  cert === undefined || key === undefined
    ? undefined
    : await listen(
        https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer),
      );
process.send?.({ port, securePort });
process.on('disconnect', () => process.exit());
