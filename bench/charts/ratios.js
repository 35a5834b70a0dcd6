// A row for each case, a column for each peer: how many times its throughput session-pool has.
import { ratio } from '../report/numbers.js';
import { draw, Plot } from './plot.js';

/** @typedef {{ title: string, beside: string, ratio: number }} Ratio */

/** @param {string} title @param {readonly Ratio[]} data */
export function ratios(title, data) {
  const titles = [...new Set(data.map((each) => each.title))];
  const place = { x: 'ratio', y: 'title', fx: 'beside' };
  return draw(title, {
    width: 760,
    height: 70 + 28 * titles.length,
    marginTop: 50,
    marginLeft: 230,
    marginRight: 20,
    insetLeft: 12,
    insetRight: 48,
    x: { type: 'log', axis: null },
    y: { domain: titles, label: null, tickSize: 0 },
    fx: { domain: [...new Set(data.map(({ beside }) => beside))], label: null, padding: 0.08 },
    marks: [
      Plot.ruleY(data, { y: 'title', fx: 'beside', className: 'grid', strokeOpacity: 0.25 }),
      Plot.ruleX([1], { className: 'grid', strokeDasharray: '3 3' }),
      Plot.dot(data, { ...place, r: 6, className: 'own' }),
      Plot.text(data, {
        ...place,
        text: (/** @type {Ratio} */ each) => ratio(each.ratio),
        textAnchor: 'start',
        dx: 10,
      }),
    ],
  });
}
