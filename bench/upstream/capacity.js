// What the upstream can do, by `wrk`, on the cores that the clients have: each of them has to be slower.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pinned } from '../measure/cores.js';
import { firstLine } from '../measure/machine.js';

/** @import { Upstreams } from './upstreams.js' */

/** @typedef {{ what: string, connections: number, throughput: number }} Capacity requests a second */

/**
 * Measures it.
 *
 * @param {Upstreams} upstreams
 * @param {number} seconds for each figure
 * @returns {Promise<{ tool: string, figures: Capacity[] } | undefined>} undefined where there is no `wrk`
 */
export async function measureCapacity({ origins: { plain, secure } }, seconds) {
  const tool = await firstLine('wrk', ['-v']);
  if (tool === undefined) return undefined;
  const figures = [];
  for (const [what, connections, url] of [
    ...[8, 64, 512].map((count) => ['small JSON', count, `${plain}/items/7`]),
    ['100 kB', 64, `${plain}/100kB/7`],
    ['10 MB', 8, `${plain}/10MB/7`],
    ...(secure === undefined ? [] : [['small JSON over TLS', 64, `${secure}/items/7`]]),
  ]) {
    const throughput = await run(String(url), Number(connections), seconds);
    figures.push({ what: String(what), connections: Number(connections), throughput });
  }
  return { tool: tool.split(' [')[0] ?? tool, figures };
}

/** @param {string} url @param {number} connections @param {number} seconds */
async function run(url, connections, seconds) {
  const args = ['--threads', 1, '--connections', connections, '--duration', seconds, url];
  const [file = '', ...rest] = pinned('client', ['wrk', ...args.map(String)]);
  const { stdout } = await promisify(execFile)(file, rest);
  const found = /^Requests\/sec:\s+([\d.]+)$/m.exec(stdout);
  if (found === null) throw new Error(`wrk said nothing of requests a second:\n${stdout}`);
  return Number(found[1]);
}
