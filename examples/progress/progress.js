// How far a pool is, on a terminal. Copy this file, and `npm install log-update`.
import { createLogUpdate } from 'log-update';

/**
 * @import { Pool, PoolStats, SessionLike } from 'session-pool'
 */

const BAR_WIDTH = 24;
/** Milliseconds between two pictures of the live line, at least. */
const FRAME = 100;
/** Milliseconds between two plain lines. */
const PLAIN_FRAME = 5000;

/**
 * Shows how far a pool is: in a line that is rewritten on a terminal, else in a line now and then.
 * The last one says how it ended. It has no timer, and so keeps no program running.
 *
 * @template {SessionLike} S
 * @param {Pool<S>} pool to be called in the same breath as its constructor
 * @param {NodeJS.WriteStream} stream stdout is left to the results
 * @returns {() => void} ends it before the pool does
 */
export function progress(pool, stream = process.stderr) {
  const line = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : plainLines(stream);
  const frame = stream.isTTY ? FRAME : PLAIN_FRAME;
  let shownAt = performance.now();
  let isEnding = false;

  /** @param {PoolStats} stats */
  const show = (stats) => {
    if (isSettled(stats) && !isEnding) {
      isEnding = true;
      setImmediate(end);
    }
    if (performance.now() - shownAt < frame) return;
    shownAt = performance.now();
    line(describe(stats));
  };
  // Later: whoever reads the last outcome may put another job, as a crawl does.
  const end = () => {
    isEnding = false;
    const { stats } = pool;
    if (!isSettled(stats)) return;
    line(describe(stats));
    line.done();
  };

  pool.on('progress', show);
  return () => {
    pool.off('progress', show);
    line.done();
  };
}

/** @param {PoolStats} stats */
export function describe({ succeeded, failed, retried, elapsed, total, timeLeft }) {
  const done = succeeded + failed;
  const parts = [
    total === undefined ? `${done} done` : `${bar(done / (total || 1))} ${done}/${total}`,
    `${elapsed > 0 ? Math.round((done * 1000) / elapsed) : 0}/s`,
    `${failed} failed`,
    `${retried} retried`,
  ];
  if (timeLeft !== undefined && done !== total) parts.push(`${clock(timeLeft)} left`);
  return parts.join('  ');
}

/** @param {PoolStats} stats */
function isSettled({ succeeded, failed, total }) {
  return succeeded + failed === total;
}

/** @param {NodeJS.WriteStream} stream */
function plainLines(stream) {
  let last = '';
  /** @param {string} text */
  const write = (text) => {
    if (text !== last) stream.write(`${text}\n`);
    last = text;
  };
  return Object.assign(write, { done() {} });
}

/** @param {number} share from 0 to 1 */
function bar(share) {
  const full = Math.round(share * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** Minutes and seconds. @param {number} milliseconds */
function clock(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
