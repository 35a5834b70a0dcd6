// A file of URLs, as long as it is wanted, and the server that they are of.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../main-job/server.js';

/**
 * Makes both, and removes them when what uses them is done.
 *
 * @template T
 * @param {number} count
 * @param {(from: string, to: string) => Promise<T>} use with the path of the URLs, and one for results
 */
export async function withManyUrls(count, use) {
  const folder = await mkdtemp(join(tmpdir(), 'url-file-'));
  const server = await startServer();
  try {
    const path = join(folder, 'urls.txt');
    await write(path, count, server.origin);
    return await use(path, join(folder, 'results.tsv'));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {string} path
 * @param {number} count
 * @param {string} origin
 */
async function write(path, count, origin) {
  const file = createWriteStream(path);
  for (let id = 1; id <= count; id++)
    if (!file.write(`${origin}/items/${id}\n`)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
}
