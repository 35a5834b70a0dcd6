// One run of ../memory.js, a process of its own.
//
//   argv: the case, how many jobs, the port of the server
import { median } from '../parts/rounds.js';
import { Pool } from '../session-pool.js';
import { cases, jobsOf, Tally } from './cases.js';

/** @import { Case } from './cases.js' */

const SMALL = 10_000;
const MEGABYTE = 2 ** 20;

const [name = '', count = '', port = ''] = process.argv.slice(2);
const subject = /** @type {Case} */ (cases[name]);

/** Microseconds of CPU so far. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Runs so many jobs.
 *
 * @param {number} jobs
 * @returns microseconds of CPU a job: on the whole, and the median of tens of thousands in the later half
 */
async function run(jobs) {
  const tally = new Tally();
  /** @type {number[]} */
  const marks = [cpu()];
  let outcomes = 0;
  tally.counted = () => {
    if (++outcomes % SMALL === 0) marks.push(cpu());
  };
  const source = jobsOf(subject, jobs, Number(port));
  const { sessions: numProcesses, options } = subject;
  await subject.read(new Pool({ ...options, jobQueue: source, numProcesses }), tally);
  check(tally, jobs);
  const parts = marks.slice(1).map((mark, i) => (mark - Number(marks[i])) / SMALL);
  const late = median(parts.slice(parts.length >> 1));
  return { tally, mean: (cpu() - Number(marks[0])) / jobs, late };
}

/** Refuses a run that lost a job, or had one fail that should not. @param {Tally} tally @param {number} jobs */
function check({ responses, exceptions, failure }, jobs) {
  const expected = subject.exceptions(jobs);
  if (exceptions !== expected || responses !== jobs - expected)
    throw new Error(
      `${name}: ${jobs} jobs came to ${responses} responses and ${exceptions} exceptions, ` +
        `of which ${expected} were expected`,
      { cause: failure },
    );
}

/** The CPU of small runs, each of a pool of its own, after as many to warm up. */
async function measureSmall() {
  /** @type {number[]} */
  const means = [];
  for (let round = 0; round < 10; round++) means.push((await run(SMALL)).mean);
  return median(means.slice(5));
}

// Whoever started it may be killed.
const exit = () => process.exit(1);
process.once('disconnect', exit);
const small = subject.isWarmedUp ? await measureSmall() : Number.NaN;
/** @type {number[]} */
const samples = [];
const sampling = setInterval(() => samples.push(process.memoryUsage.rss() / MEGABYTE), 100);
const startedAt = performance.now();
const { tally, mean, late } = await run(Number(count));
const seconds = (performance.now() - startedAt) / 1000;
clearInterval(sampling);
process.send?.({
  responses: tally.responses,
  exceptions: tally.exceptions,
  seconds,
  peak: process.resourceUsage().maxRSS / 1024,
  typical: median(samples),
  small,
  mean,
  late,
});
// Nothing is left that would keep it from exiting.
process.off('disconnect', exit);
process.disconnect?.();
