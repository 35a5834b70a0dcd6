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
      {
        title: 'Throughput',
        subtitle: 'requests a second, small JSON, 64 at a time: more is better',
      },
      summariesOf(record, 'json-64').map(({ name, throughput }) => ({ name, value: throughput })),
      integer,
    ),
  cpu: (record) =>
    dots(
      { title: 'CPU', subtitle: 'microseconds a request, on a logarithmic scale: less is better' },
      summariesOf(record, 'json-64').map(({ name, cpu }) => ({ name, value: cpu })),
      (value) => `${decimal(value)} µs`,
    ),
  ratios: (record) =>
    ratios(
      {
        title: 'session-pool beside its peers, case by case',
        subtitle: 'times the throughput of each, on a logarithmic scale: more than 1 is faster',
      },
      ratiosOf(record),
      BESIDE,
    ),
  memory: (record) =>
    lines(
      {
        title: 'Memory',
        subtitle: 'peak of the process in MB by the number of jobs: less is better',
      },
      peaksOf(record),
    ),
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
