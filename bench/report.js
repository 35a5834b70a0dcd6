// Makes the tables and the charts of docs/benchmarks.md from the figures of bench/run.js.
//
//   npm run bench:report                                  from bench/results/results.json
//   npm run bench:report -- --from quick.json             from other figures
//   npm run bench:report -- --page a.md --charts folder   elsewhere
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renewed } from './report/page.js';
import { tables } from './report/tables.js';

/** @import { BenchRecord } from './measure/record.js' */

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: flags } = parseArgs({
  options: {
    from: { type: 'string', default: join(here, 'results/results.json') },
    page: { type: 'string', default: join(here, '../docs/benchmarks.md') },
    charts: { type: 'string', default: join(here, '../docs/charts') },
  },
});

/** @type {BenchRecord} */
const record = JSON.parse(await readFile(flags.from, 'utf8'));
await writeFile(flags.page, renewed(await readFile(flags.page, 'utf8'), tableNamed));
if (existsSync(join(here, 'node_modules'))) await writeCharts();
else console.error('The charts are as they were: what draws them comes with npm ci --prefix bench');

/** @param {string} name */
function tableNamed(name) {
  const make = tables[name];
  if (make === undefined)
    throw new RangeError(
      `no table is called ${JSON.stringify(name)}; there are ${Object.keys(tables).join(', ')}`,
    );
  return make(record);
}

async function writeCharts() {
  const { charts } = await import('./charts/charts.js');
  await mkdir(flags.charts, { recursive: true });
  for (const [name, draw] of Object.entries(charts))
    await writeFile(join(flags.charts, `${name}.svg`), draw(record));
}
