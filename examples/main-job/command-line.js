// What was asked for on the command line.
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';

export const HELP = `Fetches URLs over a few sessions, says what came back, and retries what failed.

Usage: npm start                       500 URLs of a server that it brings along
       npm start -- [options] URL...   these URLs

Options:
  --file PATH      URLs from a file, one a line; empty lines and # comments are skipped
  --sessions N     how many sessions share the work (8)
  --timeout MS     for the connecting, and for each wait for bytes (10000)
  --help           this text

Exit code:
  0  every URL has a response, whatever its status
  1  a URL failed, and failed again when it was retried; or the accounting does not hold
  2  the command line is wrong`;

/** What the user has to put right. */
export class UsageError extends Error {}

/**
 * @typedef Options
 * @property {boolean} help
 * @property {string[] | AsyncIterable<string> | undefined} urls None were named if undefined.
 * @property {number} numProcesses
 * @property {number} timeout In milliseconds.
 */

/**
 * @param {string[]} args
 * @returns {Promise<Options>}
 * @throws {UsageError}
 */
export async function readCommandLine(args) {
  const { values, positionals } = parse(args);
  return {
    help: values.help,
    urls: await urlsOf(positionals, values.file),
    numProcesses: toNumber('--sessions', values.sessions),
    timeout: toNumber('--timeout', values.timeout),
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        sessions: { type: 'string', default: '8' },
        timeout: { type: 'string', default: '10000' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    // The first sentence names the option; the others are about how to pass it as a URL.
    throw new UsageError(/** @type {Error} */ (error).message.split('. ')[0]);
  }
}

/**
 * @param {string[]} named
 * @param {string | undefined} path
 */
async function urlsOf(named, path) {
  if (path === undefined) return named.length > 0 ? named : undefined;
  return chain(named, await readURLs(path));
}

/**
 * @param {string[]} first
 * @param {AsyncIterable<string>} second
 */
async function* chain(first, second) {
  yield* first;
  yield* second;
}

/** Opens the file at once, and reads on when a URL is needed. @param {string} path */
async function readURLs(path) {
  const file = await open(path).catch((error) => unreadable(path, error));
  return urlsIn(file.readLines(), path);
}

/**
 * @param {AsyncIterable<string>} lines
 * @param {string} path
 */
async function* urlsIn(lines, path) {
  try {
    for await (const line of lines) {
      const url = line.trim();
      if (url !== '' && !url.startsWith('#')) yield url;
    }
  } catch (error) {
    unreadable(path, error);
  }
}

/** @param {string} path @param {unknown} error @returns {never} */
function unreadable(path, error) {
  throw new UsageError(`Cannot read --file ${path}: ${/** @type {Error} */ (error).message}`);
}

/**
 * @param {string} name
 * @param {string} text
 */
function toNumber(name, text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`${name} must be a whole number from 1 on, got ${JSON.stringify(text)}`);
}
