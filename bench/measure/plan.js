// Who runs what, in what order: round by round, and the contenders of a case one after the other, so that
// a slow moment of the machine meets all alike.
import { contenderNamed } from '../contenders/contenders.js';

/** @import { Case, Entry } from '../cases/cases.js' */
/** @import { Contender } from '../contenders/contenders.js' */
/** @import { Task } from './launch.js' */

/**
 * How much is done.
 *
 * @typedef {object} Extent
 * @property {number} rounds
 * @property {number} scale of the numbers of requests
 * @property {boolean} isQuick whether to leave out what takes long, and can't be scaled
 */
/** @typedef {{ round: number, subject: Case, entry: Entry, contender: Contender }} Step */

const MOST_JOBS_OF_QUICK = 100_000;
/** Of each of the runs that go before. */
const MOST_WARM_UP = 10_000;

/** @param {readonly Case[]} cases @param {Extent} extent @returns {Generator<Step>} */
export function* steps(cases, extent) {
  for (let round = 0; round < extent.rounds; round++)
    for (const subject of cases)
      if (round < subject.rounds && !(extent.isQuick && isLong(subject)))
        yield* stepsOf(subject, round, extent);
}

/** @param {Case} subject @param {number} round @param {Extent} extent @returns {Generator<Step>} */
function* stepsOf(subject, round, { rounds, isQuick }) {
  for (const entry of turned(subject.entries, round)) {
    const contender = contenderNamed(entry.contender);
    const isLeftOut = isQuick && !subject.isScaled && contender.share < 1;
    if (round < (entry.rounds ?? rounds) && !isLeftOut) yield { round, subject, entry, contender };
  }
}

/** @param {Case} subject */
function isLong({ isScaled, requests }) {
  return !isScaled && requests > MOST_JOBS_OF_QUICK;
}

/** Another begins in each round. @template T @param {readonly T[]} all @param {number} by */
function turned(all, by) {
  const first = by % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/**
 * What the process of a step is told.
 *
 * @param {Step} step
 * @param {string} origin
 * @param {Extent} extent
 * @returns {Task}
 */
export function taskOf({ subject, entry, contender }, origin, { scale }) {
  const { sessions, reading, bytes, isScaled, requests } = subject;
  const share = (entry.share ?? contender.share) * (isScaled ? scale : 1);
  const count = Math.max(Math.round(requests * share), sessions);
  return {
    file: contender.file,
    origin,
    path: entry.path ?? subject.path,
    count,
    warmUp: isScaled ? Math.min(Math.ceil(count / 2), MOST_WARM_UP) : 0,
    sessions,
    reading,
    ...(bytes !== undefined && { bytes }),
    hasCookies: entry.hasCookies ?? subject.hasCookies ?? false,
    isRedirected: subject.isRedirected ?? false,
    isCompressed: subject.isCompressed ?? false,
    options: entry.options ?? {},
  };
}
