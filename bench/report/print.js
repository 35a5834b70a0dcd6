// The figures on the terminal.
import { integer, ratio } from './numbers.js';
import { summarize } from './summary.js';
import { verdicts } from './targets.js';

/** @import { BenchRecord, CaseRecord } from '../measure/record.js' */

/** @param {CaseRecord} subject */
export function printCase(subject) {
  console.log(`\n${subject.title} (${subject.name})`);
  for (const each of summarize(subject))
    console.log(
      `  ${each.name.padEnd(32)}` +
        `${integer(each.throughput).padStart(8)} requests/s` +
        `${each.cpu.toFixed(1).padStart(9)} us of CPU` +
        `${integer(each.peak).padStart(7)} MB` +
        `${ratio(each.ratio).padStart(9)}` +
        `${each.lost > 0 ? `   ${integer(each.lost)} of ${integer(each.asked)} lost` : ''}` +
        `${each.errors > 0 ? `   ${integer(each.errors)} failed` : ''}`,
    );
}

/** @param {BenchRecord} record */
export function printTargets(record) {
  const all = verdicts(record);
  if (all.length > 0) console.log('\nTargets: times the throughput of');
  for (const { beside, title, measured, least, aim } of all)
    console.log(
      `  ${beside.padEnd(24)}${title.padEnd(40)}${ratio(measured).padStart(7)}` +
        `   ${measured >= least ? 'met' : 'missed'}, at least ${least}${aim ? `, aim ${aim}` : ''}`,
    );
}
