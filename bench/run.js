// session-pool beside its peers: throughput, CPU and memory, in all cases. bench/report.js makes the page
// of the documentation from what it writes.
//
//   npm run bench                                 everything, five rounds; half an hour
//   npm run bench -- --quick                      one round with a fifth of the requests; two minutes
//   npm run bench -- --case tls --case gzip       some cases
//   npm run bench -- --contender session-pool     some contenders
//   npm run bench -- --rounds 9 --scale 2         more rounds, and twice the requests in each
//   npm run bench -- --upstream node              Node.js as upstream, even if nginx is installed
//   npm run bench -- --out quick.json             where the figures go
//
// A whole run writes bench/results/results.json; any other writes nothing without --out. Ctrl-C ends it,
// and it tells what it has. The upstream's own speed is measured where no part is chosen.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { caseNamed, cases } from './cases/cases.js';
import { contenderNamed, contenders } from './contenders/contenders.js';
import { launch, toolbeltVersion } from './measure/launch.js';
import { isBusy, machine, versions } from './measure/machine.js';
import { steps, taskOf } from './measure/plan.js';
import { keep } from './measure/record.js';
import { printCase, printTargets } from './report/print.js';
import { measureCapacity } from './upstream/capacity.js';
import { startUpstreams } from './upstream/upstreams.js';

/** @import { Contender } from './contenders/contenders.js' */
/** @import { Extent, Step } from './measure/plan.js' */
/** @import { BenchRecord, CaseRecord } from './measure/record.js' */
/** @import { Upstreams } from './upstream/upstreams.js' */

const ROUNDS = 5;
const SCALE_OF_QUICK = 0.2;
const WHOLE = new URL('results/results.json', import.meta.url);

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [] },
    contender: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    scale: { type: 'string' },
    upstream: { type: 'string', default: 'nginx' },
    out: { type: 'string' },
  },
});

const isQuick = flags.quick;
/** @type {Extent} */
const extent = {
  rounds: positive('rounds', isQuick ? 1 : ROUNDS),
  scale: positive('scale', isQuick ? SCALE_OF_QUICK : 1),
  isQuick,
};
const isPartial = flags.case.length + flags.contender.length > 0;
const isWhole = !isQuick && !isPartial && extent.rounds >= ROUNDS && extent.scale >= 1;
const asked = flags.case.length === 0 ? cases : flags.case.map(caseNamed);
const available = await takingPart(flags.contender);
const wanted = asked.map((subject) => ({
  ...subject,
  entries: subject.entries.filter(({ contender }) => available.has(contender)),
}));

let isInterrupted = false;
process.once('SIGINT', () => {
  isInterrupted = true;
});
// So that the servers are gone as well.
process.once('SIGTERM', () => process.exit(1));
const upstreams = await startUpstreams({ withNginx: wantsNginx() });
console.error(`Upstream: ${upstreams.kind}`);
try {
  const record = await measureAll(upstreams);
  for (const each of record.cases) printCase(each);
  printTargets(record);
  const out = flags.out ?? (isWhole && !isInterrupted ? WHOLE : undefined);
  if (out !== undefined) await writeFile(out, `${JSON.stringify(record, undefined, 1)}\n`);
} finally {
  await upstreams.stop();
}

/** @param {'rounds' | 'scale'} name @param {number} fallback */
function positive(name, fallback) {
  const value = Number(flags[name] ?? fallback);
  if (!(value > 0 && value < Infinity))
    throw new RangeError(`--${name} must be a number above 0, got ${flags[name]}`);
  return value;
}

function wantsNginx() {
  if (flags.upstream !== 'nginx' && flags.upstream !== 'node')
    throw new RangeError(`--upstream must be nginx or node, got ${flags.upstream}`);
  return flags.upstream === 'nginx';
}

/** Those that were asked for, and are installed. @param {readonly string[]} names */
async function takingPart(names) {
  const named = names.length === 0 ? contenders : names.map(contenderNamed);
  if (named.some(({ isPeer }) => isPeer) && !existsSync(new URL('node_modules', import.meta.url))) {
    console.error('The peers are not installed. First: npm ci --prefix bench');
    process.exit(1);
  }
  const isAsked = named.some(isOriginal);
  const hasOriginal = isAsked && (await toolbeltVersion()) !== undefined;
  if (isAsked && !hasOriginal)
    console.error('Without the original: apt-get install python3-requests-toolbelt');
  const present = named.filter((contender) => hasOriginal || !isOriginal(contender));
  return new Set(present.map(({ name }) => name));
}

/** @param {Contender} contender */
function isOriginal({ file }) {
  return file.endsWith('.py');
}

/** @param {Upstreams} servers @returns {Promise<BenchRecord>} */
async function measureAll(servers) {
  const here = machine();
  if (isBusy(here))
    console.error(
      `The machine is busy (load ${here.load.toFixed(1)}): the figures are of little worth.`,
    );
  const capacity = isPartial ? undefined : await measureCapacity(servers, isQuick ? 1 : 5);
  const present = contenders.filter(({ name }) => available.has(name));
  /** @type {CaseRecord[]} */
  const records = [];
  for (const step of steps(wanted, extent)) {
    await measure(step, servers, records);
    if (isInterrupted) break;
  }
  return {
    date: new Date().toISOString(),
    machine: here,
    versions: await versions(present.map((each) => each.package)),
    upstream: { kind: servers.kind, capacity: capacity ?? null },
    cases: records,
  };
}

/** @param {Step} step @param {Upstreams} servers @param {CaseRecord[]} records */
async function measure(step, { origins, authority }, records) {
  const { round, subject, entry } = step;
  const name = `round ${round + 1}, ${subject.name}, ${entry.name ?? entry.contender}`;
  const origin = origins[subject.place];
  if (origin === undefined) {
    console.error(`${name}: left out, as there is no openssl`);
    return;
  }
  const task = taskOf(step, origin, extent);
  const figures = await launch(task, authority).catch((error) => {
    console.error(`${name}:`, error);
    process.exitCode = 1;
    return null;
  });
  keep(records, step, task.count, figures);
  if (figures !== null)
    console.error(`${name}: ${Math.round(figures.responses / figures.seconds)} requests/s`);
}
