// The charts of docs/benchmarks.md, by the names of their files.
import { decimal, integer } from '../report/numbers.js';
import { summariesOf, summarize } from '../report/summary.js';
import { bars } from './bars.js';
import { dots } from './dots.js';
import { lines } from './lines.js';
import { ratios } from './ratios.js';

/** @import { BenchRecord } from '../measure/record.js' */

const BESIDE = ['undici.request', 'undici dispatch, raw', 'undici fetch'];

/** @type {Record<string, (record: BenchRecord) => string>} */
export const charts = {
  throughput: (record) =>
    bars(
      'Requests a second of each contender, small JSON, 64 sessions',
      summariesOf(record, 'json-64').map(({ name, throughput }) => ({ name, value: throughput })),
      { label: 'requests a second: more is better', show: integer },
    ),
  cpu: (record) =>
    dots(
      'Microseconds of CPU a request of each contender, small JSON, 64 sessions',
      summariesOf(record, 'json-64').map(({ name, cpu }) => ({ name, value: cpu })),
      {
        label: 'CPU a request, on a logarithmic scale: less is better',
        show: (value) => `${decimal(value)} µs`,
      },
    ),
  ratios: (record) =>
    ratios(
      'How many times the throughput of its peers session-pool has, by case',
      ratiosOf(record),
    ),
  memory: (record) =>
    lines('Peak of the memory by the number of jobs', peaksOf(record), 'peak of the process, MB'),
};

/** @param {BenchRecord} record */
function ratiosOf({ cases }) {
  const compared = cases.filter(({ name }) => !/^(options|memory)/.test(name));
  return compared.flatMap((subject) =>
    summarize(subject).flatMap(({ name, ratio }) => {
      const beside = BESIDE.find((each) => name.startsWith(each) && !name.includes('p-queue'));
      return beside === undefined ? [] : [{ title: subject.title, beside, ratio }];
    }),
  );
}

/** @param {BenchRecord} record */
function peaksOf({ cases }) {
  return cases
    .filter(({ name }) => name.startsWith('memory'))
    .flatMap((subject) =>
      summarize(subject).map(({ name, peak }) => ({
        name,
        jobs: Math.max(...subject.entries.map(({ requests }) => requests)),
        value: peak,
      })),
    );
}
