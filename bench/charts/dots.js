// One dot for each contender on a logarithmic axis, the least first, with its figure beside it: what
// differs a hundredfold is no bar.
import { inTwoColours, names } from './own.js';
import { draw, Plot } from './plot.js';

/** @import { Bar } from './bars.js' */

/** @param {{ title: string, subtitle: string }} heading @param {readonly Bar[]} data @param {(value: number) => string} show */
export function dots(heading, data, show) {
  const sorted = data.toSorted((a, b) => a.value - b.value);
  const least = Number(sorted[0]?.value) / 1.5;
  const place = { x: 'value', y: 'name' };
  const figure = {
    ...place,
    text: (/** @type {Bar} */ bar) => show(bar.value),
    textAnchor: 'start',
    dx: 12,
  };
  return draw(heading, {
    height: 28 * sorted.length,
    marginBottom: 4,
    marginLeft: 210,
    marginRight: 90,
    x: { type: 'log', axis: null },
    y: { axis: null, domain: sorted.map(({ name }) => name) },
    marks: [
      ...names(sorted),
      ...inTwoColours(
        Plot.ruleY,
        sorted,
        { y: 'name', x1: least, x2: 'value', strokeWidth: 2 },
        '-line',
      ),
      ...inTwoColours(Plot.dot, sorted, { ...place, r: 6 }),
      ...inTwoColours(Plot.text, sorted, figure, '-text'),
    ],
  });
}
