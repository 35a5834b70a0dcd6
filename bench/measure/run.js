// One run of one contender, a process of its own, so that the memory and the CPU are its own.
//
//   argv: the task as JSON; prints the figures as JSON
import { Tally } from './tally.js';

/** @import { Run } from './tally.js' */
/** @import { Figures, Task } from './launch.js' */

/** @type {Task} */
const task = JSON.parse(String(process.argv[2]));
/** @type {{ run(run: Run, tally: Tally): Promise<void> }} */
const contender = await import(String(new URL(`../contenders/${task.file}`, import.meta.url)));

/** Node.js compiles anew what it had compiled for the one pool, or agent, that there had been. */
const WARM_UPS = 3;

/** The URLs with so many numbers. @param {number} first @param {number} count */
function* urlsOf(first, count) {
  for (let i = first; i < first + count; i++) yield `${task.origin}${task.path}${i}`;
}

/** Gets so many URLs, and counts what came. @param {number} first @param {number} count */
async function attempt(first, count) {
  const tally = new Tally({ ...task, first, count });
  await contender.run({ ...task, urls: urlsOf(first, count) }, tally);
  if (task.hasCookies && tally.strangers > task.sessions)
    throw new Error(`${tally.strangers} requests sent no cookie, with ${task.sessions} sessions`);
  return tally;
}

if (task.warmUp > 0) for (let i = 0; i < WARM_UPS; i++) await attempt(task.count, task.warmUp);
const before = process.cpuUsage();
const startedAt = performance.now();
const { responses, errors, failure } = await attempt(0, task.count);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
const peak = process.resourceUsage().maxRSS / 1024;
if (failure !== undefined) console.error(failure);
/** @type {Figures} */
const figures = { responses, errors, seconds, cpu: user + system, peak };
console.log(JSON.stringify(figures));
// Some contenders leave what would keep the process for a while.
process.exit();
