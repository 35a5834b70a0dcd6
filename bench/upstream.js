// The server in a process of its own, and URLs of it.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** @param {number} count */
export async function startUpstream(count) {
  const server = fork(new URL('server.js', import.meta.url));
  const [{ port }] = await once(server, 'message');
  const origin = `http://127.0.0.1:${port}`;
  const urls = Array.from({ length: count }, (_, i) => `${origin}/items/${i}?page=${i % 10}`);
  return { origin, urls, stop: () => server.disconnect() };
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
