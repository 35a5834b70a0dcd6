// One dot for each contender on a logarithmic axis, the least first, with its figure beside it: what
// differs a hundredfold is no bar.
import { isOwn } from './bars.js';
import { draw, Plot } from './plot.js';

/** @import { Bar } from './bars.js' */

/** @param {string} title @param {readonly Bar[]} data @param {{ label: string, show: (value: number) => string }} axis */
export function dots(title, data, { label, show }) {
  const sorted = data.toSorted((a, b) => a.value - b.value);
  const place = { x: 'value', y: 'name' };
  return draw(title, {
    width: 760,
    height: 60 + 30 * sorted.length,
    marginTop: 40,
    marginLeft: 200,
    marginRight: 80,
    x: { type: 'log', axis: null },
    y: { domain: sorted.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      Plot.text([label], { frameAnchor: 'top-left', dy: -30, className: 'quiet' }),
      Plot.ruleY(sorted, { y: 'name', className: 'grid', strokeOpacity: 0.35 }),
      Plot.dot(sorted, {
        ...place,
        filter: (/** @type {Bar} */ bar) => !isOwn(bar),
        r: 6,
        className: 'other',
      }),
      Plot.dot(sorted, { ...place, filter: isOwn, r: 7, className: 'own' }),
      Plot.text(sorted, {
        ...place,
        text: (/** @type {Bar} */ { value }) => show(value),
        textAnchor: 'start',
        dx: 12,
        className: 'halo',
      }),
    ],
  });
}
