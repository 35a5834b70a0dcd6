// How far it is: one line that is rewritten on a terminal, else a line now and then.

/** @import { Tally } from './tally.js' */

const BAR_WIDTH = 20;
/** Milliseconds between two pictures of the live line. */
const FRAME = 50;
/** Outcomes between two plain lines. */
const STRIDE = 100;

/**
 * @param {string} title
 * @param {number | undefined} total undefined if nobody knows
 * @param {NodeJS.WriteStream} stream
 */
export function createProgress(title, total, stream = process.stdout) {
  return new (stream.isTTY ? LiveLine : PlainLines)(title, total, stream);
}

class Progress {
  /**
   * @param {string} title
   * @param {number | undefined} total
   * @param {NodeJS.WriteStream} stream
   */
  constructor(title, total, stream) {
    this.title = title;
    this.total = total;
    this.stream = stream;
  }

  /** @param {Tally} tally */
  describe({ outcomes, exceptions, seconds }) {
    const count = this.total === undefined ? `${outcomes} done` : `${outcomes} of ${this.total}`;
    const rate = Math.round(outcomes / seconds);
    return `${this.title}: ${count}, ${exceptions.length} failed, ${rate}/s`;
  }
}

class PlainLines extends Progress {
  /** @param {Tally} tally */
  show(tally) {
    if (tally.outcomes % STRIDE === 0) this.#write(tally);
  }

  /** @param {Tally} tally */
  end(tally) {
    if (tally.outcomes % STRIDE !== 0) this.#write(tally);
  }

  /** @param {Tally} tally */
  #write(tally) {
    this.stream.write(`${this.describe(tally)}\n`);
  }
}

class LiveLine extends Progress {
  #shownAt = Number.NEGATIVE_INFINITY;

  /** @param {Tally} tally */
  show(tally) {
    if (performance.now() - this.#shownAt < FRAME) return;
    this.#shownAt = performance.now();
    this.#write(tally);
  }

  /** @param {Tally} tally */
  end(tally) {
    this.#write(tally);
    this.stream.write('\n');
  }

  /** The last column stays free, or some terminals would begin a new line. @param {Tally} tally */
  #write(tally) {
    const room = (this.stream.columns || 80) - 1;
    const text = this.describe(tally);
    const hasBar = this.total !== undefined && BAR_WIDTH + 1 + text.length <= room;
    const line = hasBar ? `${bar(tally.outcomes / Number(this.total))} ${text}` : text;
    this.stream.write(`\r${line.slice(0, room)}\x1b[K`);
  }
}

/** @param {number} share from 0 to 1 */
function bar(share) {
  const full = Math.round(share * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}
