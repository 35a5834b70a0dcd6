// What the parts cost, one choice of docs/decisions.md beside its alternative. 64 callers, each with
// a client, an agent or a session of its own, which makes one request after the other.
//
//   npm run bench:parts              10,000 requests a round, 7 rounds
import { Agent, Client, fetch, request } from 'undici';
import { ControlledCollector, collect } from './contenders/collector.js';
import { compare, print } from './parts/rounds.js';
import { share, startUpstream } from './parts/upstream.js';
import { Session } from './session-pool.js';

/** @import { Dispatcher } from 'undici' */

const CALLERS = 64;
const [requests = 10_000, rounds = 7] = process.argv.slice(2).map(Number);
const { origin, urls, stop } = await startUpstream(requests);

/** Each caller opens something, gets URLs with it, and closes it. */
const contenders = {
  'a session': callers(
    () => new Session(),
    async (session, url) => (await session.get(url)).json(),
  ),
  'undici.request': callers(
    () => new Agent({ connections: 1 }),
    async (dispatcher, url) => (await request(url, { dispatcher })).body.json(),
  ),
  'undici.fetch': callers(
    () => new Agent({ connections: 1 }),
    async (dispatcher, url) => (await fetch(url, { dispatcher })).json(),
  ),
  'dispatch, older form of handler': callers(
    () => new Client(origin),
    (client, url) => collect(client, optionsFor(url)),
  ),
  'dispatch, newer form of handler': callers(
    () => new Client(origin),
    (client, url) => collect(client, optionsFor(url), ControlledCollector),
  ),
};

console.log(`${requests} requests a round, ${CALLERS} callers, medians of ${rounds} rounds,`);
console.log('and the throughput of a session as a multiple of each:');
print(await compare(contenders, requests, rounds));
console.log(`\nConnections that ${CALLERS} callers open, each with an agent of its own:`);
console.log(`a session       ${await opened(() => new Session().dispatcher, viaSession)}`);
console.log(`undici.request  ${await opened(() => new Agent(), viaRequest)}`);
await stop();

/**
 * @template {{ close(): Promise<void> }} T
 * @param {() => T} open
 * @param {(client: T, url: string) => Promise<unknown>} get
 */
function callers(open, get) {
  return () =>
    share(urls, CALLERS, async (next) => {
      const client = open();
      for (let url = next(); url !== undefined; url = next()) await get(client, url);
      await client.close();
    });
}

/**
 * @param {() => Dispatcher} open
 * @param {(dispatcher: Dispatcher, url: string) => Promise<unknown>} get
 */
async function opened(open, get) {
  let count = 0;
  await callers(() => open().on('connect', () => count++), get)();
  return count;
}

/** @param {Dispatcher} dispatcher @param {string} url */
function viaSession(dispatcher, url) {
  return new Session({ dispatcher }).get(url);
}

/** @param {Dispatcher} dispatcher @param {string} url */
async function viaRequest(dispatcher, url) {
  return (await request(url, { dispatcher })).body.json();
}

/** @param {string} url @returns {Dispatcher.DispatchOptions} */
function optionsFor(url) {
  return { path: url.slice(origin.length), method: 'GET' };
}
