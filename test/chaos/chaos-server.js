// Answers as planned, and keeps count; a process of its own.
//
//   argv: how many jobs there are
import { once } from 'node:events';
import { createServer } from 'node:http';
import { HOSTS, planOf } from './plan.js';

/** @import { ServerResponse } from 'node:http' */
/** @import { AddressInfo, Socket } from 'node:net' */
/** @import { Kind, Plan } from './plan.js' */

const jobs = Number(process.argv[2]);
/** By job. */
const requests = new Uint16Array(jobs);
/** Resets of a socket that had served before, without a byte of an answer: they count for nothing. */
const staleResets = new Uint16Array(jobs);
/** @type {Record<Kind, number>} */
const done = { answered: 0, reset: 0, cut: 0, stalled: 0, throttled: 0 };
/** @type {WeakSet<Socket>} */
const used = new WeakSet();
let open = 0;

const BODY = 'x'.repeat(100);
const HALF = BODY.slice(50);

/** @type {Record<Kind, (response: ServerResponse, isEarly: boolean) => void>} */
const acts = {
  answered: (response) => response.end(BODY),
  reset: (response, isEarly) => begin(response, isEarly, () => response.socket?.resetAndDestroy()),
  cut: (response, isEarly) => {
    // A head that is cut off, or a body.
    if (isEarly) response.socket?.end('HTTP/1.1 200 OK\r\nContent-Le');
    else begin(response, false, () => response.socket?.destroy());
  },
  stalled: (response, isEarly) => begin(response, isEarly, () => {}),
  throttled: (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
};

/** Sends half an answer unless it is early, then goes on. @param {ServerResponse} response @param {boolean} isEarly @param {() => void} then */
function begin(response, isEarly, then) {
  if (isEarly) then();
  else response.writeHead(200, { 'content-length': BODY.length }).write(HALF, then);
}

/** @param {number} index @param {Plan} plan @param {boolean} isStale */
function choose(index, { kind, recovers, isEarly }, isStale) {
  const before = Number(requests[index]) - Number(staleResets[index]);
  /** @type {Kind} */
  const act = recovers && before > 0 ? 'answered' : kind;
  requests[index] = Number(requests[index]) + 1;
  done[act]++;
  if (act === 'reset' && isEarly && isStale) staleResets[index] = Number(staleResets[index]) + 1;
  return acts[act];
}

async function listen() {
  const server = createServer({ keepAliveTimeout: 0 }, ({ socket, url = '' }, response) => {
    const index = Number(url.slice(1));
    const plan = planOf(index);
    choose(index, plan, used.has(socket))(response, plan.isEarly);
    used.add(socket);
  });
  server.on('connection', (socket) => {
    open++;
    socket.on('error', () => {}).once('close', () => open--);
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

const ports = [];
while (ports.length < HOSTS) ports.push(await listen());
process.send?.(ports);
process.on('message', () => process.send?.({ requests, staleResets, done, open }));
process.on('disconnect', () => process.exit());
