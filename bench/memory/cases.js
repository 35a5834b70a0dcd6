// What is measured by ../memory.js: where each job goes, who reads, and what must come of it.
import { setTimeout } from 'node:timers/promises';
import { addressOf } from './addresses.js';

/** @import { Job, Pool, PoolOptions } from 'session-pool' */

/**
 * @typedef {object} Case
 * @property {number} jobs unless told otherwise
 * @property {number} sessions
 * @property {number} origins
 * @property {(i: number) => Job} job without the origin
 * @property {(pool: Pool, tally: Tally) => Promise<unknown>} read
 * @property {(jobs: number) => number} exceptions how many there must be
 * @property {PoolOptions} options
 * @property {boolean} isWarmedUp whether small runs go before, whose CPU is the measure
 * @property {number} ideal seconds that a round of the sessions lasts at least
 */

/** Counts outcomes. */
export class Tally {
  responses = 0;
  exceptions = 0;
  bytes = 0;
  /** @type {unknown} */
  failure;
  /** Is called at each. */
  counted = () => {};

  /** @param {Awaited<ReturnType<Pool['getResponse']>> | ReturnType<Pool['getException']>} outcome */
  count(outcome) {
    if (outcome?.kind === 'response') {
      this.responses++;
      this.bytes += outcome.response.content.length;
    } else {
      this.exceptions++;
      this.failure ??= outcome?.exception;
    }
    this.counted();
  }
}

/** @param {Pool} pool @param {Tally} tally */
async function readAll(pool, tally) {
  for await (const outcome of pool.outcomes()) tally.count(outcome);
}

/** @param {Pool} pool @param {Tally} tally */
function readSideBySide(pool, tally) {
  /** @param {ReturnType<Pool['responses']> | ReturnType<Pool['exceptions']>} outcomes */
  const read = async (outcomes) => {
    for await (const outcome of outcomes) tally.count(outcome);
  };
  return Promise.all([read(pool.responses()), read(pool.exceptions())]);
}

/** Takes 5,000 outcomes a second, a fraction of what the sessions bring. @param {Pool} pool @param {Tally} tally */
async function readSlowly(pool, tally) {
  let count = 0;
  for await (const outcome of pool.outcomes()) {
    tally.count(outcome);
    if (++count % 500 === 0) await setTimeout(100);
  }
}

/** @type {Case} */
const plain = {
  jobs: 1_000_000,
  sessions: 64,
  origins: 1,
  job: (i) => ({ url: `/items/${i}` }),
  read: readAll,
  exceptions: () => 0,
  options: {},
  isWarmedUp: true,
  ideal: 0,
};

/** @param {(i: number) => Job} job @returns {Partial<Case>} */
const everyTenth = (job) => ({
  job: (i) => (i % 10 === 9 ? job(i) : plain.job(i)),
  exceptions: (jobs) => Math.floor(jobs / 10),
});
const reset = everyTenth((i) => ({ url: `/reset/${i}` }));
const status = everyTenth((i) => ({ url: `/status/${i}`, raiseForStatus: true }));
const flaky = everyTenth((i) => ({ url: `/flaky/${i}` }));
const retry = { limit: 2, backoffBase: 10, backoffLimit: 100 };

/** @type {Record<string, Case>} */
export const cases = {
  plain,
  'reset, outcomes()': { ...plain, ...reset },
  'reset, side by side': { ...plain, ...reset, read: readSideBySide },
  'status, outcomes()': { ...plain, ...status },
  'status, side by side': { ...plain, ...status, read: readSideBySide },
  slow: { ...plain, read: readSlowly },
  bodies: { ...plain, jobs: 20_000, job: (i) => ({ url: `/large/${i}` }) },
  'retry on, none needed': { ...plain, options: { retry } },
  'retry of every tenth': {
    ...plain,
    ...flaky,
    exceptions: () => 0,
    options: { retry },
  },
  origins: { ...plain, jobs: 50_000, sessions: 16, origins: 50_000, isWarmedUp: false },
  sessions: {
    ...plain,
    jobs: 25_000,
    sessions: 5_000,
    job: (i) => ({ url: `/late/${i}` }),
    isWarmedUp: false,
    ideal: 1,
  },
};

/**
 * Jobs, made as they are asked for.
 *
 * @param {Case} each
 * @param {number} count
 * @param {number} port
 * @returns {Generator<Job, void, undefined>}
 */
export function* jobsOf({ job, origins }, count, port) {
  for (let i = 0; i < count; i++) {
    const { url, ...rest } = job(i);
    yield { ...rest, url: `http://${addressOf(i % origins)}:${port}${url}` };
  }
}
