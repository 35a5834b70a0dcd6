// One bar for each contender, the longest first, with its figure at its end.
import { inTwoColours, names } from './own.js';
import { draw, Plot } from './plot.js';

/** @typedef {{ name: string, value: number }} Bar */

/** @param {{ title: string, subtitle: string }} heading @param {readonly Bar[]} data @param {(value: number) => string} show */
export function bars(heading, data, show) {
  const sorted = data.toSorted((a, b) => b.value - a.value);
  const place = { x: 'value', y: 'name' };
  const figure = {
    ...place,
    text: (/** @type {Bar} */ bar) => show(bar.value),
    textAnchor: 'start',
    dx: 6,
  };
  return draw(heading, {
    height: 28 * sorted.length,
    marginBottom: 4,
    marginLeft: 210,
    marginRight: 80,
    x: { axis: null },
    y: { axis: null, domain: sorted.map(({ name }) => name), padding: 0.25 },
    marks: [
      ...names(sorted),
      ...inTwoColours(Plot.barX, sorted, place),
      ...inTwoColours(Plot.text, sorted, figure, '-text'),
    ],
  });
}
