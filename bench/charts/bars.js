// One bar for each contender, the longest first, with its figure at its end.
import { draw, Plot } from './plot.js';

/** @typedef {{ name: string, value: number }} Bar */

/** @param {Bar} bar */
export const isOwn = ({ name }) => name === 'session-pool';

/**
 * @param {string} title
 * @param {readonly Bar[]} data
 * @param {{ label: string, show: (value: number) => string }} axis
 */
export function bars(title, data, { label, show }) {
  const sorted = data.toSorted((a, b) => b.value - a.value);
  const common = { x: 'value', y: 'name' };
  const marks = [
    Plot.barX(sorted.filter(isOwn), { ...common, className: 'own' }),
    Plot.barX(
      sorted.filter((bar) => !isOwn(bar)),
      { ...common, className: 'other' },
    ),
  ];
  return draw(title, {
    width: 760,
    height: 60 + 30 * sorted.length,
    marginTop: 40,
    marginLeft: 200,
    marginRight: 80,
    x: { axis: null },
    y: { domain: sorted.map(({ name }) => name), label: null, tickSize: 0, padding: 0.25 },
    marks: [
      Plot.text([label], { frameAnchor: 'top-left', dy: -30, className: 'quiet' }),
      ...marks,
      Plot.text(sorted, {
        ...common,
        text: (/** @type {Bar} */ { value }) => show(value),
        textAnchor: 'start',
        dx: 6,
      }),
    ],
  });
}
