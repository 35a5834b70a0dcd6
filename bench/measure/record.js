// The data of a whole run, as it is kept in a file.

/** @import { Capacity } from '../upstream/capacity.js' */
/** @import { Figures } from './launch.js' */
/** @import { Machine } from './machine.js' */
/** @import { Step } from './plan.js' */

/** @typedef {{ name: string, contender: string, requests: number, rounds: (Figures | null)[] }} EntryRecord null where it did not take part, or failed */
/** @typedef {{ name: string, title: string, sessions: number, entries: EntryRecord[] }} CaseRecord */

/**
 * @typedef {object} BenchRecord
 * @property {string} date ISO 8601
 * @property {Machine} machine
 * @property {Record<string, string>} versions
 * @property {{ kind: string, capacity: { tool: string, figures: Capacity[] } | null }} upstream
 * @property {CaseRecord[]} cases
 */

/**
 * Keeps the figures of a step. What they are of is made as it is first seen, in the order of the case.
 *
 * @param {CaseRecord[]} cases
 * @param {Step} step
 * @param {number} requests
 * @param {Figures | null} figures
 */
export function keep(cases, { round, subject, entry }, requests, figures) {
  let found = cases.find(({ name }) => name === subject.name);
  if (found === undefined) {
    const { name, title, sessions } = subject;
    found = { name, title, sessions, entries: [] };
    cases.push(found);
  }
  const name = entry.name ?? entry.contender;
  let kept = found.entries.find((each) => each.name === name);
  if (kept === undefined) {
    kept = { name, contender: entry.contender, requests, rounds: [] };
    found.entries.push(kept);
  }
  // Rounds of one index are compared with each other.
  while (kept.rounds.length < round) kept.rounds.push(null);
  kept.rounds.push(figures);
}
