// What is told when it is over.
import { STATUS_CODES } from 'node:http';

/** @import { Job, RequestError, Session, ThreadException } from 'session-pool' */
/** @import { Tally } from './tally.js' */

/** @typedef {[group: string, name: string, value: string]} Row */

/** Sessions in one row of the table. */
const SESSIONS_A_ROW = 4;
/** Failures that are told one by one. */
const FAILURES_TOLD = 10;

/**
 * @param {Tally} tally
 * @param {Session[]} sessions
 */
export function describeRun(tally, sessions) {
  /** @type {Row[]} */
  const rows = [
    ...statusRows(tally),
    ...failureRows(tally),
    ...latencyRows(tally),
    ['throughput', 'jobs per second', number(Math.round(tally.outcomes / tally.seconds))],
    ...cookieRows(sessions),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => String(row[i]).length)));
  return rows.map((row, i) => line(row, rows[i - 1], widths)).join('\n');
}

/**
 * A group is named in its first row only.
 *
 * @param {Row} row
 * @param {Row | undefined} previous
 * @param {number[]} widths
 */
function line([group, name, value], previous, [groupWidth = 0, nameWidth = 0, valueWidth = 0]) {
  const shown = group === previous?.[0] ? '' : group;
  return `${shown.padEnd(groupWidth)}  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`;
}

/** @param {Tally} tally @returns {Row[]} */
function statusRows({ statuses }) {
  return [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([code, count]) => ['status', `${code} ${STATUS_CODES[code] ?? ''}`, number(count)]);
}

/** @param {Tally} tally @returns {Row[]} */
function failureRows({ failures }) {
  return [...failures].sort().map(([name, count]) => ['failed', name, number(count)]);
}

/** @param {Tally} tally @returns {Row[]} */
function latencyRows({ latency, responses }) {
  if (responses === 0) return [];
  return [50, 90, 99].map((share) => [
    'latency',
    `p${share}`,
    `${(latency.percentile(share) / 1000).toFixed(1)} ms`,
  ]);
}

/** How many cookies each session's jar holds. @param {Session[]} sessions @returns {Row[]} */
function cookieRows(sessions) {
  const counts = sessions.map(({ cookies }) => cookies.serializeSync()?.cookies.length ?? 0);
  const width = Math.max(...counts.map((count) => `${count}`.length));
  /** @type {Row[]} */
  const rows = [];
  for (let i = 0; i < counts.length; i += SESSIONS_A_ROW) {
    const row = counts.slice(i, i + SESSIONS_A_ROW);
    const name = row.length > 1 ? `sessions ${i + 1} to ${i + row.length}` : `session ${i + 1}`;
    rows.push(['cookies', name, row.map((count) => `${count}`.padStart(width)).join(' ')]);
  }
  return rows;
}

/** A line for each, up to a number. @param {ThreadException<Job, RequestError>[]} exceptions */
export function describeFailures(exceptions) {
  const told = exceptions.slice(0, FAILURES_TOLD);
  const lines = told.map(({ name, message }) => `  ${name}: ${message}`);
  const others = exceptions.length - told.length;
  return others > 0 ? [...lines, `  and ${number(others)} more`] : lines;
}

/**
 * Whether no job was lost or doubled, and exactly the failed ones were retried.
 *
 * @param {Tally} first
 * @param {Tally} retry
 */
export function isBalanced(first, retry) {
  return first.isBalanced && retry.isBalanced && retry.jobs === first.exceptions.length;
}

/**
 * What went in and what came out: of each run, and in all.
 *
 * @param {Tally} first
 * @param {Tally} retry
 */
export function describeBalance(first, retry) {
  const failed = retry.exceptions.length;
  return [
    balance('first run', first.jobs, first.responses, first.exceptions.length),
    balance('retry', retry.jobs, retry.responses, failed),
    balance('in all', first.jobs, first.responses + retry.responses, failed),
    ...(isBalanced(first, retry) ? [] : ['Jobs were lost or doubled.']),
  ].join('\n');
}

/**
 * @param {string} name
 * @param {number} jobs
 * @param {number} responses
 * @param {number} exceptions
 */
function balance(name, jobs, responses, exceptions) {
  const sign = jobs === responses + exceptions ? '=' : '≠';
  return `${name.padEnd(9)}  ${jobs} jobs in ${sign} ${responses} responses + ${exceptions} exceptions`;
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString('en');
}
