// The files: a URL a line, and a failure a line.
import { open } from 'node:fs/promises';
import { ThreadException } from 'session-pool';

/**
 * Reads as far as it is worked off: each line that is not empty, with its number.
 *
 * @param {string} path
 * @returns {AsyncGenerator<[line: string, number: number], void, void>}
 */
async function* linesOf(path) {
  const file = await open(path);
  let number = 0;
  for await (const line of file.readLines()) {
    number++;
    if (line !== '') yield [line, number];
  }
}

/** @param {string} path */
export async function* urlsOf(path) {
  for await (const [url] of linesOf(path)) yield url;
}

/**
 * Of a process that was killed as it wrote, the last line is half of one: it costs no other.
 *
 * @param {string} path
 * @param {(message: string) => void} skip is told of each line that is no failure
 */
export async function* failuresOf(path, skip) {
  for await (const [line, number] of linesOf(path)) {
    const failure = failureIn(line);
    if (failure instanceof ThreadException) yield failure;
    else skip(`${path}:${number} is skipped: ${failure.message}`);
  }
}

/** @param {string} line */
function failureIn(line) {
  try {
    return ThreadException.fromJSON(line);
  } catch (error) {
    return /** @type {TypeError} */ (error);
  }
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
