// session-pool stands out in every chart.
import { Plot } from './plot.js';

/** Whether it is session-pool's. @param {{ name: string }} datum */
const isOwn = ({ name }) => name === 'session-pool';

/** @param {{ name: string }} datum */
const isOther = (datum) => !isOwn(datum);

/**
 * Marks of one kind, in two colours: those of the others, and above them its own.
 *
 * @template {{ name: string }} T
 * @param {(data: readonly T[], options: object) => unknown} mark a function of Plot's
 * @param {readonly T[]} data
 * @param {object} options
 * @param {string} [suffix] of the classes
 */
export function inTwoColours(mark, data, options, suffix = '') {
  return [
    mark(data.filter(isOther), { ...options, className: `other${suffix}` }),
    mark(data.filter(isOwn), { ...options, className: `own${suffix}` }),
  ];
}

/** The names on the left in place of an axis, so that its own can stand out. @param {readonly { name: string }[]} data */
export function names(data) {
  const options = { y: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'end', dx: -10 };
  return inTwoColours(Plot.text, data, options, '-text');
}
