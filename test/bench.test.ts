import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Those that need nothing but what the package needs. */
const CONTENDERS = ['session-pool', 'undici dispatch, raw', 'undici.request'];
const PAGE = ['before', '<!-- bench: details -->', 'old', '<!-- /bench -->', 'after', ''].join(
  '\n',
);

let folder: string;
let data: string;
let printed: string;

// The benchmark runs what was built.
beforeAll(async () => {
  if (!existsSync('dist/index.js')) await promisify(execFile)('npm', ['run', 'build']);
  folder = await mkdtemp(join(tmpdir(), 'session-pool-bench-test-'));
  data = join(folder, 'results.json');
  const contenders = CONTENDERS.flatMap((name) => ['--contender', name]);
  const few = ['--case', 'json-8', '--rounds', '1', '--scale', '0.01', '--upstream', 'node'];
  ({ stdout: printed } = await run('run.js', ...few, ...contenders, '--out', data));
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

function run(program: string, ...args: readonly string[]) {
  return promisify(execFile)(process.execPath, [`bench/${program}`, ...args]);
}

/** Makes a page of the figures. */
async function report(page: string): Promise<string> {
  const path = join(folder, 'page.md');
  await writeFile(path, page);
  await run('report.js', '--from', data, '--page', path, '--charts', join(folder, 'charts'));
  return readFile(path, 'utf8');
}

describe('the benchmark', () => {
  it('has an answer to every request, of each contender', async () => {
    const [subject] = JSON.parse(await readFile(data, 'utf8')).cases;
    expect(subject).toMatchObject({
      name: 'json-8',
      entries: CONTENDERS.map((name) => ({
        name,
        requests: 400,
        rounds: [{ responses: 400, errors: 0 }],
      })),
    });
  });

  it('prints them, and how the targets are met', () => {
    for (const name of CONTENDERS) expect(printed).toContain(`  ${name} `);
    expect(printed).not.toContain('lost');
  });

  it.each([
    [['--case', 'json-9'], 'no case is called "json-9"; there are json-64, '],
    [['--contender', 'curl'], 'no contender is called "curl"'],
    [['--contender', 'session-pool', '--upstream', 'iis'], '--upstream must be nginx or node'],
    [['--rounds', 'many'], '--rounds must be a number above 0, got many'],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(run('run.js', ...args)).rejects.toThrow(message);
  });
});

describe('the report of the benchmark', () => {
  it('has a row for each contender, with the figures of the data', async () => {
    const [{ entries }] = JSON.parse(await readFile(data, 'utf8')).cases;
    const page = await report(PAGE);
    expect(page).toMatch(
      /^before\n<!-- bench: details -->\n\n[\s\S]+\n\n<!-- \/bench -->\nafter\n$/,
    );
    expect(page).not.toContain('old');
    for (const { rounds } of entries)
      expect(page).toContain(` | ${Math.round(rounds[0].peak)} MB |`);
  });

  it('is the same when it is made again', async () => {
    const page = await report(PAGE);
    expect(await report(page)).toBe(page);
  });

  it.each([
    ['a part that has no end', PAGE.replace('<!-- /bench -->', ''), 'only 0 have an end'],
    ['a part that it does not know', PAGE.replace('details', 'weather'), 'called "weather"'],
  ])('refuses %s', async (_, page, message) => {
    await expect(report(page)).rejects.toThrow(message);
  });

  it.runIf(existsSync('bench/node_modules'))('draws charts', async () => {
    await report(PAGE);
    const charts = await readdir(join(folder, 'charts'));
    expect(charts.sort()).toEqual(['cpu.svg', 'memory.svg', 'ratios.svg', 'throughput.svg']);
  });
});
