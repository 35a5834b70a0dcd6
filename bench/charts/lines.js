// A line for each contender, by the number of jobs, with its name and its figure at the end.
import { integer } from '../report/numbers.js';
import { inTwoColours } from './own.js';
import { draw, Plot } from './plot.js';

/** @typedef {{ name: string, jobs: number, value: number }} Point */
/** @typedef {Point & { height: number }} Label */

const HEIGHT = 320;
/** Pixels between two labels. */
const LEAST_GAP = 18;

/** @param {{ title: string, subtitle: string }} heading @param {readonly Point[]} points */
export function lines(heading, points) {
  const jobs = [...new Set(points.map((point) => point.jobs))];
  const place = { x: 'jobs', y: 'value', z: 'name' };
  const text = (/** @type {Label} */ { name, value }) => `${name}  ${integer(value)} MB`;
  const label = { x: 'jobs', y: 'height', text, textAnchor: 'start', dx: 12 };
  return draw(heading, {
    height: HEIGHT,
    marginLeft: 50,
    marginRight: 250,
    x: { type: 'log', ticks: jobs, tickFormat: integer, label: null, tickSize: 0 },
    y: { zero: true, ticks: 5, tickSize: 0, label: null },
    marks: [
      Plot.gridY({ ticks: 5, className: 'grid' }),
      ...inTwoColours(Plot.line, points, { ...place, strokeWidth: 2.5 }, '-line'),
      ...inTwoColours(Plot.dot, points, { ...place, r: 4.5 }),
      ...inTwoColours(Plot.text, labels(points), label, '-text'),
    ],
  });
}

/** At the end of each line, those at one place above each other. @param {readonly Point[]} points @returns {Label[]} */
function labels(points) {
  const ends = [...new Map(points.map((point) => [point.name, point])).values()];
  const gap = (Math.max(...points.map(({ value }) => value)) * LEAST_GAP) / (HEIGHT - 30);
  /** @type {Map<number, number>} */
  const next = new Map();
  return ends
    .toSorted((a, b) => a.value - b.value)
    .map((end) => {
      const height = Math.max(end.value, next.get(end.jobs) ?? 0);
      next.set(end.jobs, height + gap);
      return { ...end, height };
    });
}
