// Fetches the URLs of a file, and writes what failed to another, a line each; tomorrow, retries those.
//
//   node examples/retry-tomorrow/main.js run urls.txt failed.jsonl
//   node examples/retry-tomorrow/main.js retry failed.jsonl
//   node examples/retry-tomorrow/main.js demo       both, with a server that it brings along
import { rename } from 'node:fs/promises';
import { bearerAuth, failureReport, Pool } from 'session-pool';
import { withFlakyServer } from './flaky-server.js';
import { failuresOf, urlsOf, writeFailures } from './lines.js';

const { API_TOKEN } = process.env;

/** No credentials are in the file of failures: each run brings its own. */
const options = {
  numProcesses: 8,
  /** @param {import('session-pool').Session} session */
  authGenerator(session) {
    if (API_TOKEN !== undefined) session.auth = bearerAuth(API_TOKEN);
  },
};

/**
 * @param {string} urls
 * @param {string} failed
 */
async function run(urls, failed) {
  const job = { timeout: 10_000, raiseForStatus: true };
  return finish(Pool.fromUrls(urlsOf(urls), job, options), failed);
}

/**
 * The file of failures is replaced when all of them were tried: until then it is as it was. If it has
 * lines that cannot be read, it is kept beside.
 *
 * @param {string} failed
 */
async function retry(failed) {
  const still = `${failed}.new`;
  let skipped = 0;
  const failures = failuresOf(failed, (message) => {
    skipped++;
    console.error(message);
  });
  const exitCode = await finish(Pool.fromExceptions(failures, options), still);
  if (skipped > 0) {
    await rename(failed, `${failed}.old`);
    console.error(`all lines are kept in ${failed}.old`);
  }
  await rename(still, failed);
  return skipped > 0 ? 1 : exitCode;
}

/**
 * @param {Pool} pool
 * @param {string} failed
 */
async function finish(pool, failed) {
  const count = await writeFailures(pool, failed);
  console.log(`${count.response} responses, ${count.exception} exceptions`);
  if (count.exception === 0) return 0;
  console.log(`\n${await failureReport(failuresOf(failed, console.error))}\n`);
  return 1;
}

const [command, ...paths] = process.argv.slice(2);
if (command === 'run' && paths.length === 2)
  process.exitCode = await run(String(paths[0]), String(paths[1]));
else if (command === 'retry' && paths.length === 1)
  process.exitCode = await retry(String(paths[0]));
else if (command === 'demo' && paths.length === 0)
  process.exitCode = await withFlakyServer(async (urls, failed) => {
    await run(urls, failed);
    return retry(failed);
  });
else {
  console.error(
    'Usage: node examples/retry-tomorrow/main.js run URLS FAILED, retry FAILED, or demo',
  );
  process.exitCode = 2;
}
