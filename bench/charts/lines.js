// A line for each contender, by the number of jobs, with its name and its figure at the end.
import { integer } from '../report/numbers.js';
import { draw, Plot } from './plot.js';

/** @typedef {{ name: string, jobs: number, value: number }} Point */

/** @param {string} title @param {readonly Point[]} points @param {string} label */
export function lines(title, points, label) {
  const isOwn = (/** @type {Point} */ { name }) => name === 'session-pool';
  const place = { x: 'jobs', y: 'value', z: 'name' };
  const others = points.filter((point) => !isOwn(point));
  const ends = lastOf(points);
  const jobs = [...new Set(points.map((point) => point.jobs))];
  return draw(title, {
    width: 760,
    height: 380,
    marginTop: 40,
    marginLeft: 50,
    marginRight: 250,
    x: { type: 'log', ticks: jobs, tickFormat: integer, label: null, tickSize: 0 },
    y: { zero: true, ticks: 5, tickSize: 0, label: null },
    marks: [
      Plot.text([label], { frameAnchor: 'top-left', dx: -40, dy: -30, className: 'quiet' }),
      Plot.gridY({ ticks: 5, className: 'grid' }),
      Plot.line(others, { ...place, strokeWidth: 2, className: 'other-line' }),
      Plot.dot(others, { ...place, r: 4, className: 'other' }),
      Plot.line(points, { ...place, filter: isOwn, strokeWidth: 3, className: 'own-line' }),
      Plot.dot(points, { ...place, filter: isOwn, r: 5, className: 'own' }),
      Plot.text(
        ends,
        Plot.dodgeY({
          x: 'jobs',
          text: (/** @type {Point} */ { name, value }) => `${name}, ${integer(value)} MB`,
        }),
      ),
    ],
  });
}

/** Of each contender, that with the most jobs. @param {readonly Point[]} points */
function lastOf(points) {
  return [...new Map(points.map((point) => [point.name, point])).values()];
}
