// What is measured: what is asked for, how many at a time, and by whom.
import { bodies } from '../upstream/answers.js';
import { memoryCases } from './memory.js';
import { optionCases } from './options.js';

/** @import { PoolOptions } from 'session-pool' */
/** @import { Reading } from '../measure/tally.js' */
/** @import { Place } from '../upstream/upstreams.js' */

/**
 * @typedef {object} Case
 * @property {string} name on the command line, and in the data
 * @property {string} title in the tables
 * @property {number} sessions requests at a time
 * @property {Place} place
 * @property {string} path to which a number is added
 * @property {Reading} reading
 * @property {number} requests of a contender whose share is 1
 * @property {boolean} isScaled whether a quick run makes fewer requests; where not, it leaves out those that are slow
 * @property {number} rounds at most
 * @property {readonly Entry[]} entries who takes part; the others are compared with the first
 * @property {number} [bytes] the length of each body
 * @property {boolean} [hasCookies]
 * @property {boolean} [isRedirected]
 * @property {boolean} [isCompressed]
 */

/**
 * A contender in a case, with what it does in another way than the case says.
 *
 * @typedef {object} Entry
 * @property {string} contender
 * @property {string} [name] in the tables, if not the contender's
 * @property {string} [path]
 * @property {boolean} [hasCookies]
 * @property {PoolOptions} [options]
 * @property {number} [share]
 * @property {number} [rounds]
 */

const POOL = { contender: 'session-pool' };
const DISPATCH = { contender: 'undici dispatch, raw' };
const REQUEST = { contender: 'undici.request' };
const FETCH = { contender: 'undici fetch' };
const QUEUE = { contender: 'undici.request in p-queue' };
const ALL = [
  ...[POOL, DISPATCH, REQUEST, QUEUE, FETCH, { contender: 'built-in fetch' }],
  ...['axios', 'ky', 'got in p-queue', 'Crawlee', 'requests-toolbelt'].map((contender) => ({
    contender,
  })),
];

/** @type {Omit<Case, 'name' | 'title' | 'entries'>} */
const plain = {
  sessions: 64,
  place: 'plain',
  path: '/items/',
  reading: 'json',
  requests: 40_000,
  isScaled: true,
  rounds: Number.POSITIVE_INFINITY,
};
const fast = [POOL, DISPATCH, REQUEST, QUEUE, FETCH];
const large = { path: '/10MB/', bytes: bodies['10MB'], sessions: 8, requests: 200 };

/** @type {readonly Case[]} */
export const cases = [
  { ...plain, name: 'json-64', title: 'small JSON, 64 sessions', entries: ALL },
  { ...plain, name: 'json-8', title: 'small JSON, 8 sessions', sessions: 8, entries: fast },
  { ...plain, name: 'json-512', title: 'small JSON, 512 sessions', sessions: 512, entries: fast },
  {
    ...plain,
    name: 'cookies',
    title: 'cookies',
    path: '/cookies/',
    hasCookies: true,
    requests: 20_000,
    entries: [POOL, { ...REQUEST, name: 'undici.request and tough-cookie' }],
  },
  {
    ...plain,
    name: 'redirect',
    title: 'one redirect',
    path: '/moved/',
    isRedirected: true,
    requests: 20_000,
    entries: [POOL, REQUEST, FETCH],
  },
  {
    ...plain,
    name: 'body-100kb',
    title: 'bodies of 100 kB',
    path: '/100kB/',
    reading: 'bytes',
    bytes: bodies['100kB'],
    requests: 8_000,
    entries: [POOL, DISPATCH, REQUEST, FETCH],
  },
  {
    ...plain,
    ...large,
    name: 'body-10mb',
    title: 'bodies of 10 MB, buffered, 8 sessions',
    reading: 'bytes',
    entries: [POOL, DISPATCH, REQUEST, FETCH],
  },
  {
    ...plain,
    ...large,
    name: 'body-10mb-streamed',
    title: 'bodies of 10 MB, streamed, 8 sessions',
    reading: 'stream',
    entries: [POOL, REQUEST, FETCH],
  },
  {
    ...plain,
    name: 'tls',
    title: 'TLS',
    place: 'secure',
    requests: 20_000,
    entries: [POOL, DISPATCH, REQUEST, FETCH],
  },
  {
    ...plain,
    name: 'gzip',
    title: 'gzip, 20 kB of JSON',
    path: '/lists/',
    isCompressed: true,
    requests: 10_000,
    entries: [POOL, DISPATCH, REQUEST, FETCH],
  },
  {
    ...plain,
    name: 'latency',
    title: 'a server with 20 ms of latency',
    place: 'late',
    path: '/late/',
    requests: 10_000,
    entries: [POOL, DISPATCH, REQUEST, QUEUE, { ...FETCH, share: 1 }],
  },
  ...optionCases(plain),
  ...memoryCases(plain),
];

/** @param {string} name @throws {RangeError} if there is none of that name */
export function caseNamed(name) {
  const found = cases.find((each) => each.name === name);
  const names = cases.map((each) => each.name).join(', ');
  if (found === undefined)
    throw new RangeError(`no case is called ${JSON.stringify(name)}; there are ${names}`);
  return found;
}
