// What was measured on which machine, for whoever reads the figures later.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { isPinned } from './cores.js';
import { toolbeltVersion } from './launch.js';

/**
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {number} memory in MB
 * @property {string} system
 * @property {boolean} isPinned whether upstream and client had cores of their own
 * @property {number} load processes that wanted a core in the minute before
 */

/** How many processes may want a core, so that the machine is quiet. */
const QUIET = 1;

/** @param {Machine} here */
export function isBusy({ load }) {
  return load > QUIET;
}

/** @returns {Machine} */
export function machine() {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: Math.round(totalmem() / 2 ** 20),
    system: `${process.platform} ${arch()}`,
    isPinned,
    load: loadavg()[0] ?? 0,
  };
}

/**
 * The versions of packages, where they are installed.
 *
 * @param {readonly string[]} names
 * @returns {Promise<Record<string, string>>}
 */
export async function versions(names) {
  const all = await Promise.all(
    [...new Set(names)].map(async (name) => /** @type {const} */ ([name, await versionOf(name)])),
  );
  return Object.fromEntries(all.flatMap(([name, version]) => (version ? [[name, version]] : [])));
}

/** @param {string} name */
async function versionOf(name) {
  if (name === 'node') return process.versions.node;
  if (name === 'requests-toolbelt') return toolbeltVersion();
  const places = name === 'session-pool' ? ['..'] : ['node_modules', '../node_modules'];
  for (const place of places) {
    const folder = name === 'session-pool' ? place : `${place}/${name}`;
    const text = await read(new URL(`../${folder}/package.json`, import.meta.url));
    if (text !== undefined) return String(JSON.parse(text).version);
  }
  return undefined;
}

/** @param {URL} file */
function read(file) {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** The first line that a program prints, on either stream; undefined if it is not installed. @param {string} file @param {readonly string[]} args */
export function firstLine(file, args, env = process.env) {
  return promisify(execFile)(file, args, { env }).then(
    ({ stdout, stderr }) => (stdout + stderr).trim().split('\n')[0],
    (error) => (error.code === 'ENOENT' ? undefined : String(error.stdout).trim().split('\n')[0]),
  );
}
