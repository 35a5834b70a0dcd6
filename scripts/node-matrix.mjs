// Runs what CI runs on other versions of Node.js, each in a fresh copy of the working tree:
//
//   npm run test:matrix            the oldest that package.json allows, and all lines since
//   npm run test:matrix -- 24.11   any version or range that npm knows

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20.19.0', '22', '24', '26'];
const made = new Set(['.git', 'coverage', 'dist', 'node_modules']);

/**
 * Runs a command with all its output in a log. Tells whether it succeeded.
 *
 * @param {string} log
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(log, command, args, options) {
  const output = openSync(log, 'a');
  return spawnSync(command, args, { ...options, stdio: ['ignore', output, output] }).status === 0;
}

/**
 * Tells whether a version passes. It is installed from the package of this platform alone: `node`,
 * the package for all, gets that one by a script of its own, which npm may refuse to run.
 *
 * @param {string} version
 */
function test(version) {
  const folder = mkdtempSync(join(tmpdir(), 'session-pool-matrix-'));
  const [log, copy] = [join(folder, 'output.log'), join(folder, 'copy')];
  const binary = `node-${process.platform}-${process.arch}`;
  const bin = join(folder, 'node_modules', binary, 'bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };

  cpSync(root, copy, { recursive: true, filter: (path) => !made.has(basename(path)) });
  const started = Date.now();
  const passed =
    run(log, 'npm', ['install', '--prefix', folder, `${binary}@${version}`]) &&
    run(log, 'bash', ['.ci/run'], { cwd: copy, env });
  const seconds = Math.round((Date.now() - started) / 1000);

  const actual = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).stdout?.trim();
  if (!passed) console.log(readFileSync(log, 'utf8'));
  console.log(`Node.js ${actual ?? version} ${passed ? 'passed' : 'failed'} in ${seconds} s`);
  rmSync(folder, { recursive: true });
  return passed;
}

const failed = versions.filter((version) => !test(version));
process.exitCode = failed.length > 0 ? 1 : 0;
