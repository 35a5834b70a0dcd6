// Everything that is compared: its name in the tables, its file, and the package whose version is told.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} file in this folder; one in Python runs in Debian's Python
 * @property {string} package whose version is told
 * @property {number} share of a case's requests that it makes: the slow ones make fewer
 * @property {boolean} isPeer whether it needs what bench/package.json has
 */

/** @type {readonly Contender[]} */
export const contenders = [
  contender('session-pool', 'session-pool.js', 'session-pool'),
  contender('undici dispatch, raw', 'undici-dispatch.js', 'undici'),
  contender('undici.request', 'undici-request.js', 'undici'),
  contender('undici fetch', 'undici-fetch.js', 'undici', 0.5),
  contender('built-in fetch', 'built-in-fetch.js', 'node', 0.5),
  { ...contender('undici.request in p-queue', 'undici-in-p-queue.js', 'p-queue'), isPeer: true },
  { ...contender('axios', 'axios.js', 'axios', 0.25), isPeer: true },
  { ...contender('ky', 'ky.js', 'ky', 0.25), isPeer: true },
  { ...contender('got in p-queue', 'got-in-p-queue.js', 'got', 0.25), isPeer: true },
  { ...contender('Crawlee', 'crawlee.js', '@crawlee/http', 0.025), isPeer: true },
  contender('requests-toolbelt', 'requests-toolbelt.py', 'requests-toolbelt', 0.1),
];

/** @param {string} name @throws {RangeError} if there is none of that name */
export function contenderNamed(name) {
  const found = contenders.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`no contender is called ${JSON.stringify(name)}`);
  return found;
}

/** @param {string} name @param {string} file @param {string} source @param {number} share @returns {Contender} */
function contender(name, file, source, share = 1) {
  return { name, file, package: source, share, isPeer: false };
}
