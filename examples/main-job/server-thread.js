// The server itself. Its pages have paths like /items/7.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @typedef {(id: number, request: IncomingMessage, response: ServerResponse) => void} Page */

/** Answers that end too early. */
const CUT_OFF_IN_HEAD = 'HTTP/1.1 200 OK\r\ncontent-ty';
const CUT_OFF_IN_BODY = 'HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n{ "id": ';
/** Flaky pages that have failed. @type {Set<number>} */
const failed = new Set();

/** @type {Record<string, Page>} */
const pages = {
  items: (id, _request, response) => send(response, { id }),

  slow: async (id, _request, response) => {
    await sleep(50 + (id % 11) * 20);
    send(response, { id });
  },

  /** Sends whoever comes without its cookie to itself, with it. */
  accounts: (id, { url, headers }, response) => {
    const cookie = `account-${id}=open`;
    if (headers.cookie?.split('; ').includes(cookie)) send(response, { id });
    else response.writeHead(302, { location: url, 'set-cookie': `${cookie}; Path=/` }).end();
  },

  /** Hangs up in the middle of its first answer. */
  flaky: (id, { socket }, response) => {
    if (failed.has(id)) return send(response, { id });
    failed.add(id);
    socket.end(id % 2 === 0 ? CUT_OFF_IN_HEAD : CUT_OFF_IN_BODY);
  },
};

/** @type {Page} */
function missing(id, _request, response) {
  send(response, { error: `there is no ${id}` }, 404);
}

/** @param {ServerResponse} response @param {object} value */
function send(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const server = createServer((request, response) => {
  const [, name = '', id] = request.url?.split('/') ?? [];
  const page = pages[name] ?? missing;
  page(Number(id), request, response);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') parentPort?.postMessage(address.port);
});
