// A file of URLs, and their server, some of whose pages fail the first time and some for ever.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../main-job/server.js';

/**
 * Makes both, and removes them when what uses them is done.
 *
 * @template T
 * @param {(urls: string, failed: string) => Promise<T>} use with the path of the URLs, and one for failures
 */
export async function withFlakyServer(use) {
  const folder = await mkdtemp(join(tmpdir(), 'retry-tomorrow-'));
  const server = await startServer();
  try {
    const urls = join(folder, 'urls.txt');
    await writeFile(urls, server.urls.join('\n'));
    return await use(urls, join(folder, 'failed.jsonl'));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}
