// Fetches many URLs over a few sessions, says what came back, and retries exactly what failed.
//
//   npm start                        500 URLs of a server that it brings along
//   npm start -- URL...              these URLs
//   npm start -- --file urls.txt     a URL a line
//   npm start -- --help              all options, and the exit codes
import { Pool } from 'session-pool';
import { HELP, readCommandLine, UsageError } from './command-line.js';
import { createProgress } from './progress.js';
import { describeBalance, describeFailures, describeRun, isBalanced } from './report.js';
import { startServer } from './server.js';
import { Tally } from './tally.js';

/** @import { Options } from './command-line.js' */
/** @import { Session } from 'session-pool' */

/** @param {Options} options */
async function main({ help, urls, ...options }) {
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (urls) return run(urls, options);
  const server = await startServer();
  console.log(`The server of this example listens at ${server.origin}.\n`);
  try {
    return await run(server.urls, options);
  } finally {
    await server.stop();
  }
}

/**
 * The whole job. Tells the exit code.
 *
 * @param {string[] | AsyncIterable<string>} urls
 * @param {Pick<Options, 'numProcesses' | 'timeout'>} options
 */
async function run(urls, { numProcesses, timeout }) {
  /** @type {Session[]} */
  const sessions = [];
  const initializer = (/** @type {Session} */ session) => void sessions.push(session);

  const first = new Tally();
  const pool = Pool.fromUrls(first.in(urls), { timeout }, { numProcesses, initializer });
  await follow(pool, first, createProgress('Fetching', 'length' in urls ? urls.length : undefined));
  console.log(`\n${describeRun(first, sessions)}\n`);

  const retry = new Tally();
  if (first.exceptions.length > 0) {
    const again = Pool.fromExceptions(retry.in(first.exceptions), { numProcesses });
    await follow(again, retry, createProgress('Retrying', first.exceptions.length));
    for (const line of describeFailures(retry.exceptions)) console.log(line);
    console.log();
  }

  console.log(describeBalance(first, retry));
  return isBalanced(first, retry) && retry.exceptions.length === 0 ? 0 : 1;
}

/**
 * Reads a pool to its end.
 *
 * @param {Pool} pool
 * @param {Tally} tally
 * @param {ReturnType<typeof createProgress>} progress
 */
async function follow(pool, tally, progress) {
  for await (const outcome of pool) {
    tally.out(outcome);
    progress.show(tally);
  }
  tally.end();
  progress.end(tally);
}

try {
  process.exitCode = await main(await readCommandLine(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nTry: npm start -- --help`);
  process.exitCode = 2;
}
