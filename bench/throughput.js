// The pool beside what a user would write by hand: 64 workers, distinct URLs, small JSON, parsed.
//
//   npm run bench              20,000 requests a round, 5 rounds
//   npm run bench -- 5000 3    5,000 requests a round, 3 rounds
import { Pool } from 'session-pool';
import { Agent, Client, request } from 'undici';
import { collect } from './collector.js';
import { compare, print } from './rounds.js';
import { share, startUpstream } from './upstream.js';

const WORKERS = 64;
const [requests = 20_000, rounds = 5] = process.argv.slice(2).map(Number);
const { origin, urls, stop } = await startUpstream(requests);

/** Each fetches all URLs and parses what comes. */
const contenders = {
  'session-pool': async () => {
    const pool = Pool.fromUrls(urls, {}, { numProcesses: WORKERS });
    let count = 0;
    for await (const response of pool.responses()) count += (await response.json()).id / 7;
    if (count !== requests) throw new Error(`${requests - count} requests were lost`);
  },
  'undici.request': async () => {
    const dispatcher = new Agent({ connections: WORKERS });
    await share(urls, WORKERS, async (next) => {
      for (let url = next(); url !== undefined; url = next()) {
        const { body } = await request(url, { dispatcher });
        await body.json();
      }
    });
    await dispatcher.close();
  },
  'undici dispatch, raw': () =>
    share(urls, WORKERS, async (next) => {
      const client = new Client(origin);
      for (let url = next(); url !== undefined; url = next())
        JSON.parse(await collect(client, { path: url.slice(origin.length), method: 'GET' }));
      await client.close();
    }),
};

console.log(`${requests} requests a round, ${WORKERS} workers, medians of ${rounds} rounds,`);
console.log('and the throughput of session-pool as a multiple of each:');
print(await compare(contenders, requests, rounds));
stop();
