// What a contender is given to do, and who counts what comes of it.

/** @typedef {'json' | 'bytes' | 'stream'} Reading how a body is read: parsed, as a whole, or in pieces */

/**
 * What a contender does in one run.
 *
 * @typedef {object} Run
 * @property {string} origin
 * @property {Generator<string, void, undefined>} urls made as they are asked for, each another
 * @property {number} sessions how many requests at a time
 * @property {Reading} reading
 * @property {boolean} hasCookies whether cookies are to be kept and sent back
 * @property {boolean} isRedirected
 * @property {boolean} isCompressed
 * @property {PoolOptions} options of session-pool alone
 */

/** @import { PoolOptions } from 'session-pool' */

/**
 * Counts the answers of one run, and refuses one that is wrong or was there before. Each JSON answer has
 * the number of its URL.
 */
export class Tally {
  responses = 0;
  errors = 0;
  /** Answers to requests that sent no cookie. */
  strangers = 0;
  /** The first failure, to be told. @type {unknown} */
  failure;
  /** Whether the request of a number has its answer. */
  #seen;
  #first;
  #bytes;

  /** @param {{ first: number, count: number, bytes?: number | undefined }} expected the numbers of the URLs; the length of each body */
  constructor({ first, count, bytes }) {
    this.#seen = new Uint8Array(count);
    this.#first = first;
    this.#bytes = bytes;
  }

  /** An answer: what its JSON says, or how long it is. @param {unknown} value */
  take(value) {
    if (!this.#isRight(value)) return this.fail(new Error(`a wrong answer: ${show(value)}`));
    this.responses++;
  }

  /** What a request failed with. */
  fail = (/** @type {unknown} */ error) => {
    this.errors++;
    this.failure ??= error;
  };

  /** @param {unknown} value */
  #isRight(value) {
    if (typeof value === 'number') return value === this.#bytes;
    if (Array.isArray(value)) return value.length > 0;
    const { id, session } = /** @type {{ id: number, session: string }} */ (value);
    if (session === '') this.strangers++;
    const index = id - this.#first;
    const isNew = this.#seen[index] === 0;
    this.#seen[index] = 1;
    return isNew;
  }
}

/** @param {unknown} value */
function show(value) {
  return String(JSON.stringify(value)).slice(0, 100);
}
