// The pool beside what a user would write by hand: 64 workers, distinct URLs, small JSON, parsed.
// Rounds are interleaved, the first one of each is thrown away, and medians are told.
//
//   npm run bench              20,000 requests a round, 5 rounds
//   npm run bench -- 5000 3    5,000 requests a round, 3 rounds
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Pool } from 'session-pool';
import { Agent, Client, request } from 'undici';

const WORKERS = 64;
const [requests = 20_000, rounds = 5] = process.argv.slice(2).map(Number);

const server = fork(new URL('server.js', import.meta.url));
const [{ port }] = await once(server, 'message');
const origin = `http://127.0.0.1:${port}`;
const urls = Array.from({ length: requests }, (_, i) => `${origin}/items/${i}?page=${i % 10}`);

/** Runs `worker` 64 times, side by side. @param {(next: () => string | undefined) => Promise<void>} worker */
async function byHand(worker) {
  let index = 0;
  const next = () => urls[index++];
  await Promise.all(Array.from({ length: WORKERS }, () => worker(next)));
}

/** Each fetches all of `urls` and parses what comes. */
const contenders = {
  'session-pool': async () => {
    const pool = Pool.fromUrls(urls, {}, { numProcesses: WORKERS });
    let count = 0;
    for await (const response of pool.responses()) count += (await response.json()).id / 7;
    if (count !== requests) throw new Error(`${requests - count} requests were lost`);
  },
  'undici.request': async () => {
    const dispatcher = new Agent({ connections: WORKERS });
    await byHand(async (next) => {
      for (let url = next(); url !== undefined; url = next()) {
        const { body } = await request(url, { dispatcher });
        await body.json();
      }
    });
    await dispatcher.close();
  },
  'undici dispatch, raw': () =>
    byHand(async (next) => {
      const client = new Client(origin);
      for (let url = next(); url !== undefined; url = next())
        JSON.parse(await dispatched(client, url.slice(origin.length)));
      await client.close();
    }),
};

/** The least that a request can cost. @param {Client} client @param {string} path @returns {Promise<string>} */
function dispatched(client, path) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    client.dispatch(
      { path, method: 'GET' },
      {
        onConnect() {},
        onHeaders: () => true,
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete: () => resolve(Buffer.concat(chunks).toString()),
        onError: reject,
      },
    );
  });
}

/** Throughput in requests a second, and CPU in microseconds a request. @param {() => Promise<void>} run */
async function measure(run) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { throughput: requests / seconds, cpu: (user + system) / requests };
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** @type {Record<string, { throughput: number, cpu: number }[]>} */
const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++)
  for (const [name, run] of Object.entries(contenders)) {
    const result = await measure(run);
    if (round > 0) results[name]?.push(result);
  }
server.disconnect();

const rows = Object.entries(results).map(([name, all]) => ({
  name,
  throughput: median(all.map(({ throughput }) => throughput)),
  cpu: median(all.map(({ cpu }) => cpu)),
}));
const [ours] = rows;
console.log(`${requests} requests a round, ${WORKERS} workers, medians of ${rounds} rounds:`);
for (const { name, throughput, cpu } of rows)
  console.log(
    `${name.padEnd(22)}${throughput.toFixed(0).padStart(8)} requests/s` +
      `${cpu.toFixed(1).padStart(8)} us of CPU a request` +
      `${(Number(ours?.throughput) / throughput).toFixed(2).padStart(8)} times by session-pool`,
  );
