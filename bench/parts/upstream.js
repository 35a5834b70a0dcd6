// The server in a process of its own, and URLs of it.
import { startNode } from '../upstream/node.js';

/** @param {number} count */
export async function startUpstream(count) {
  const { origin, stop } = await startNode();
  const urls = Array.from({ length: count }, (_, i) => `${origin}/items/${i}?page=${i % 10}`);
  return { origin, urls, stop };
}

/**
 * Shares the URLs out to workers that run side by side.
 *
 * @param {string[]} urls
 * @param {number} workers
 * @param {(next: () => string | undefined) => Promise<void>} work
 */
export async function share(urls, workers, work) {
  let index = 0;
  await Promise.all(Array.from({ length: workers }, () => work(() => urls[index++])));
}
