// What the project wants of its speed, and how far it is.
import { summariesOf } from './summary.js';

/** @import { BenchRecord } from '../measure/record.js' */

/**
 * @typedef {object} Target
 * @property {string} subject the case
 * @property {string} beside whom
 * @property {number} least how many times its throughput
 * @property {number} [aim]
 */
/** @typedef {Target & { title: string, measured: number }} Verdict */

/** @type {readonly Target[]} */
const targets = [
  { subject: 'json-64', beside: 'undici.request', least: 1, aim: 1.2 },
  { subject: 'json-64', beside: 'undici dispatch, raw', least: 0.75, aim: 0.85 },
  { subject: 'json-64', beside: 'undici fetch', least: 4 },
  { subject: 'json-64', beside: 'axios', least: 6 },
  { subject: 'json-64', beside: 'got in p-queue', least: 8 },
  { subject: 'json-64', beside: 'requests-toolbelt', least: 15 },
  { subject: 'json-64', beside: 'Crawlee', least: 50 },
  { subject: 'body-10mb', beside: 'undici.request', least: 0.95 },
  { subject: 'body-10mb-streamed', beside: 'undici.request', least: 0.95 },
  ...['cookies', '`rateLimit`', '`perOrigin`'].map((what) => ({
    subject: 'options',
    beside: what,
    least: 0.85,
  })),
];

/** Those whose figures are there. @param {BenchRecord} record @returns {Verdict[]} */
export function verdicts(record) {
  return targets.flatMap((target) => {
    const found = summariesOf(record, target.subject).find(({ name }) => name === target.beside);
    const subject = record.cases.find(({ name }) => name === target.subject);
    if (found === undefined || subject === undefined) return [];
    // Of its own options, what is left of the plain run is told.
    const isOwn = target.subject === 'options';
    const measured = isOwn ? 1 / found.ratio : found.ratio;
    return [{ ...target, title: isOwn ? 'with, beside the plain run' : subject.title, measured }];
  });
}
