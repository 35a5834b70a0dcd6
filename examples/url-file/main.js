// Fetches the URLs of a file, ten million or ten, in the same memory, and writes what came of each.
//
//   node examples/url-file/main.js urls.txt results.tsv     a URL a line
//   node examples/url-file/main.js --count 100000           so many of a server that it brings along
import { open } from 'node:fs/promises';
import { Pool } from 'session-pool';
import { withManyUrls } from './many-urls.js';

const SESSIONS = 64;
/** Outcomes that may wait to be written: with them, memory is bounded. */
const UNREAD = 200;

/** @param {string} path */
async function* urlsOf(path) {
  const file = await open(path);
  for await (const line of file.readLines()) {
    const url = line.trim();
    if (url !== '' && !url.startsWith('#')) yield url;
  }
}

/**
 * Fetches all of them, and says how far the reading of the file was ahead of the writing.
 *
 * @param {string} from
 * @param {string} to
 */
async function run(from, to) {
  const count = { lines: 0, response: 0, exception: 0 };
  let ahead = 0;
  let memory = 0;
  async function* counted() {
    for await (const url of urlsOf(from)) {
      count.lines++;
      yield url;
    }
  }

  const results = await open(to, 'w');
  const options = { numProcesses: SESSIONS, highWaterMark: UNREAD, retry: 2 };
  for await (const outcome of Pool.fromUrls(counted(), { timeout: 10_000 }, options)) {
    ahead = Math.max(ahead, count.lines - count.response - count.exception);
    count[outcome.kind]++;
    const end = outcome.kind === 'response' ? outcome.statusCode : outcome.name;
    await results.write(`${outcome.requestKwargs.url}\t${end}\n`); // one by one, slower than they come
    if ((count.response + count.exception) % 1000 === 0)
      memory = Math.max(memory, process.memoryUsage().rss);
  }
  await results.close();

  console.log(`${count.lines} URLs: ${count.response} responses, ${count.exception} exceptions`);
  console.log(`at most ${ahead} lines were read ahead of the results`);
  if (memory > 0) console.log(`at most ${Math.round(memory / 2 ** 20)} MiB of memory`);
  return count.exception === 0 ? 0 : 1;
}

const [first, second] = process.argv.slice(2);
const count = first === '--count' ? Number(second) : undefined;
if (Number.isSafeInteger(count)) process.exitCode = await withManyUrls(Number(count), run);
else if (count === undefined && first !== undefined && second !== undefined)
  process.exitCode = await run(first, second);
else {
  console.error('Usage: node examples/url-file/main.js URLS RESULTS, or --count NUMBER');
  process.exitCode = 2;
}
