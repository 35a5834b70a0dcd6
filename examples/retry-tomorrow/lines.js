// The files: a URL a line, and a failure a line.
import { open } from 'node:fs/promises';
import { ThreadException } from 'session-pool';

/**
 * Reads as far as it is worked off.
 *
 * @param {string} path
 */
async function* linesOf(path) {
  const file = await open(path);
  for await (const line of file.readLines()) if (line !== '') yield line;
}

/** @param {string} path */
export function urlsOf(path) {
  return linesOf(path);
}

/** @param {string} path */
export async function* failuresOf(path) {
  for await (const line of linesOf(path)) yield ThreadException.fromJSON(line);
}

/**
 * Writes each exception of a pool as it comes, so that a crash loses none of those before.
 *
 * @param {import('session-pool').Pool} pool
 * @param {string} path
 */
export async function writeFailures(pool, path) {
  const count = { response: 0, exception: 0 };
  const file = await open(path, 'w');
  try {
    for await (const outcome of pool) {
      count[outcome.kind]++;
      if (outcome.kind === 'exception') await file.write(`${JSON.stringify(outcome)}\n`);
    }
  } finally {
    await file.close();
  }
  return count;
}
