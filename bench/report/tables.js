// The parts of docs/benchmarks.md that are made from data, by the name of their marker.

import { isBusy } from '../measure/machine.js';
import { list, table } from './markdown.js';
import { decimal, integer, ratio } from './numbers.js';
import { summariesOf, summarize } from './summary.js';
import { verdicts } from './targets.js';

/** @import { BenchRecord } from '../measure/record.js' */
/** @import { Summary } from './summary.js' */

/** Who stands in the table of all cases. */
const BESIDE = ['undici.request', 'undici dispatch, raw', 'undici fetch'];

/** @type {Record<string, (record: BenchRecord) => string>} */
export const tables = { machine, upstream, targets, peers, cases, options, memory, details };

/** @param {BenchRecord} record */
function machine(record) {
  const {
    date,
    machine: here,
    versions,
    upstream: { kind },
  } = record;
  const { cpu, cores, memory: size, system, isPinned } = here;
  const place = isPinned ? ', the upstream on one of its own' : '';
  const load = `load in the minute before: ${here.load.toFixed(1)}`;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return list([
    `${date.slice(0, 10)}, ${cpu}, ${cores} cores${place}, ${integer(size / 1024)} GB of memory, ${system}`,
    `upstream: ${kind}`,
    packages.join(', '),
    isBusy(here) ? `${load}, which is busy: the figures are of little worth` : load,
  ]);
}

/** @param {BenchRecord} record */
function upstream({ upstream: { capacity } }) {
  if (capacity === null)
    return 'It was not measured: `wrk` is not installed, or a part of the cases was run.';
  const rows = capacity.figures.map(({ what, connections, throughput }) => [
    what,
    integer(connections),
    integer(throughput),
  ]);
  return table([capacity.tool, 'connections', 'requests/s'], rows);
}

/** @param {BenchRecord} record */
function targets(record) {
  const rows = verdicts(record).map(({ beside, title, measured, least, aim }) => [
    `${code(beside)}: ${title}`,
    ratio(measured),
    String(least),
    aim === undefined ? '' : String(aim),
    measured >= least ? 'yes' : 'no',
  ]);
  return table(['times the throughput of', 'measured', 'at least', 'aim', 'met'], rows);
}

/** @param {BenchRecord} record */
function peers(record) {
  return table(
    [
      '',
      'requests/s',
      'times by session-pool',
      'CPU a request',
      'peak',
      'requests',
      'lost',
      'failed',
    ],
    summariesOf(record, 'json-64')
      .toSorted((a, b) => b.throughput - a.throughput)
      .map((each) => [
        ...cells(each),
        integer(each.asked),
        integer(each.lost),
        integer(each.errors),
      ]),
  );
}

/** @param {BenchRecord} record */
function cases(record) {
  const compared = record.cases.filter(({ name }) => !/^(options|memory)/.test(name));
  const rows = compared.map((subject) => {
    const all = summarize(subject);
    const [own] = all;
    const others = BESIDE.map((beside) => all.find(({ name }) => name.startsWith(beside)));
    return [
      subject.title,
      own === undefined ? '' : decimal(own.throughput),
      ...others.map((other) => (other === undefined ? '' : ratio(other.ratio))),
    ];
  });
  return table(['', 'requests/s', ...BESIDE.map(code)], rows);
}

/** @param {BenchRecord} record */
function options(record) {
  const rows = summariesOf(record, 'options').map((each) => [
    each.name,
    decimal(each.throughput),
    ratio(1 / each.ratio),
    `${decimal(each.cpu)} µs`,
  ]);
  return table(['', 'requests/s', 'beside the plain run', 'CPU a request'], rows);
}

/** @param {BenchRecord} record */
function memory(record) {
  const sizes = record.cases.filter(({ name }) => name.startsWith('memory'));
  const names = [...new Set(sizes.flatMap(({ entries }) => entries.map(({ name }) => name)))];
  const rows = names.map((name) => [
    code(name),
    ...sizes.map((size) => {
      const found = summarize(size).find((each) => each.name === name);
      return found === undefined ? '' : `${integer(found.peak)} MB`;
    }),
  ]);
  return table(['', ...sizes.map(({ title }) => title)], rows);
}

/** @param {BenchRecord} record */
function details(record) {
  return record.cases
    .map(
      (subject) =>
        `**${subject.title}** (\`${subject.name}\`)\n\n${table(
          ['', 'requests/s', 'times by session-pool', 'CPU a request', 'peak'],
          summarize(subject).map(cells),
        )}`,
    )
    .join('\n\n');
}

/** @param {Summary} summary */
function cells({ name, throughput, ratio: times, cpu, peak }) {
  const isFirst = times === 1;
  return [
    code(name),
    decimal(throughput),
    isFirst ? '' : ratio(times),
    `${decimal(cpu)} µs`,
    `${integer(peak)} MB`,
  ];
}

/** What is a name of undici's is set as code. @param {string} name */
function code(name) {
  return name.replace(/^undici\.request/, '`undici.request`');
}
