// A server to fetch from, in a thread of its own: it does not share the event loop of the pool.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const URLS = 500;
/** What 25 URLs are; the stride, which has no divisor in common with it, spreads them. */
const MIX = [
  ...Array(18).fill('items'),
  ...Array(2).fill('slow'),
  ...Array(3).fill('accounts'),
  'missing',
  'flaky',
];
const STRIDE = 7;

/** Its URLs, and what stops it. */
export async function startServer() {
  const worker = new Worker(new URL('server-thread.js', import.meta.url));
  const [port] = await once(worker, 'message');
  const origin = `http://127.0.0.1:${port}`;
  const urls = Array.from(
    { length: URLS },
    (_, i) => `${origin}/${MIX[(i * STRIDE) % MIX.length]}/${i + 1}`,
  );
  return { origin, urls, stop: () => worker.terminate() };
}
