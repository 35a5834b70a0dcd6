// A row for each case, a column for each peer: how many times its throughput session-pool has.
import { ratio } from '../report/numbers.js';
import { draw, Plot } from './plot.js';

/** @typedef {{ title: string, beside: string, ratio: number }} Ratio */

/** @param {{ title: string, subtitle: string }} heading @param {readonly Ratio[]} data @param {readonly string[]} columns */
export function ratios(heading, data, columns) {
  const titles = [...new Set(data.map((each) => each.title))];
  return draw(heading, {
    height: 30 + 28 * titles.length,
    marginTop: 100,
    marginBottom: 4,
    marginLeft: 270,
    marginRight: 8,
    insetLeft: 44,
    insetRight: 44,
    x: { type: 'log', axis: null },
    y: { domain: titles, label: null, tickSize: 0, tickPadding: 10 },
    fx: { axis: 'top', domain: columns, label: null, padding: 0.04 },
    marks: [
      Plot.ruleY(data, { y: 'title', fx: 'beside', className: 'grid', strokeOpacity: 0.3 }),
      Plot.ruleX([1], { className: 'grid', strokeDasharray: '3 3' }),
      ...half(
        data.filter((each) => each.ratio >= 1),
        'own',
        1,
      ),
      ...half(
        data.filter((each) => each.ratio < 1),
        'other',
        -1,
      ),
    ],
  });
}

/** Dots on one side of 1, with their figures away from it. @param {readonly Ratio[]} data @param {'own' | 'other'} colour @param {1 | -1} side */
function half(data, colour, side) {
  const place = { x: 'ratio', y: 'title', fx: 'beside' };
  const textAnchor = side === 1 ? 'start' : 'end';
  const text = (/** @type {Ratio} */ each) => ratio(each.ratio);
  return [
    Plot.dot(data, { ...place, r: 6, className: colour }),
    Plot.text(data, { ...place, text, textAnchor, dx: 10 * side, className: `${colour}-text` }),
  ];
}
