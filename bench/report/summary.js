// What the rounds of a case come to.
import { median } from '../parts/rounds.js';

/** @import { Figures } from '../measure/launch.js' */
/** @import { BenchRecord, CaseRecord, EntryRecord } from '../measure/record.js' */

/**
 * Medians of the rounds.
 *
 * @typedef {object} Summary
 * @property {string} name
 * @property {number} throughput good answers a second
 * @property {number} cpu microseconds a request
 * @property {number} peak MB
 * @property {number} ratio how many times the throughput of the first of the case is this one's, round by round
 * @property {number} asked requests in all rounds
 * @property {number} lost of them, those that had neither an answer nor an error
 * @property {number} errors
 */

/** @param {Figures} figures */
const throughputOf = ({ responses, seconds }) => responses / seconds;

/** Of each contender that has figures. @param {CaseRecord} subject @returns {Summary[]} */
export function summarize({ entries }) {
  const [first] = entries.filter(hasFigures);
  return first === undefined
    ? []
    : entries.filter(hasFigures).map((entry) => summaryOf(entry, first));
}

/** @param {BenchRecord} record @param {string} name @returns {Summary[]} none if it was not run */
export function summariesOf({ cases }, name) {
  const subject = cases.find((each) => each.name === name);
  return subject === undefined ? [] : summarize(subject);
}

/** @param {EntryRecord} entry */
function hasFigures({ rounds }) {
  return rounds.some((figures) => figures !== null);
}

/** @param {EntryRecord} entry @param {EntryRecord} first @returns {Summary} */
function summaryOf({ name, requests, rounds }, first) {
  const all = rounds.flatMap((figures) => figures ?? []);
  const ratios = rounds.flatMap((figures, round) => {
    const other = first.rounds[round];
    return figures && other ? [throughputOf(other) / throughputOf(figures)] : [];
  });
  const asked = requests * all.length;
  const errors = sum(all.map((figures) => figures.errors));
  return {
    name,
    throughput: median(all.map(throughputOf)),
    cpu: median(all.map(({ cpu, responses }) => cpu / responses)),
    peak: median(all.map(({ peak }) => peak)),
    ratio: median(ratios),
    asked,
    lost: asked - errors - sum(all.map(({ responses }) => responses)),
    errors,
  };
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
