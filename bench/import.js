// What it costs to import the package, and how much of it its dependencies are: the medians of
// processes of their own, less those of an empty one.
//
//   npm run bench:import              15 processes each
import { execFileSync } from 'node:child_process';
import { median } from './parts/rounds.js';

const [runs = 15] = process.argv.slice(2).map(Number);
const programs = {
  nothing: '',
  'session-pool': "await import('session-pool');",
  "of it, undici's parts": "await import('./dist/undici.cjs');",
  'of it, tough-cookie': "await import('tough-cookie');",
  'beside it, all of undici': "await import('undici');",
};

/** Milliseconds of CPU, and of time. @param {string} program @returns {[number, number]} */
function cost(program) {
  const source = `const c = process.cpuUsage(), t = performance.now(); ${program}
    const { user, system } = process.cpuUsage(c);
    console.log(JSON.stringify([(user + system) / 1000, performance.now() - t]));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      cwd: new URL('..', import.meta.url),
      encoding: 'utf8',
    }),
  );
}

/** @type {Record<string, [number, number][]>} */
const costs = {};
for (let run = 0; run < runs; run++)
  for (const [name, program] of Object.entries(programs)) {
    costs[name] ??= [];
    costs[name].push(cost(program));
  }
for (const [name, all] of Object.entries(costs)) {
  const [cpu, time] = [0, 1].map((i) => median(all.map((each) => Number(each[i]))).toFixed(0));
  console.log(`${name.padEnd(26)}${cpu?.padStart(5)} ms of CPU${time?.padStart(5)} ms of time`);
}
