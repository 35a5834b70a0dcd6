// What a user writes with p-queue: a function for each URL, so many of which run at a time. The queue is
// kept short, so that a long list costs no memory.
import { importPeer } from './peer.js';

/** @import { Run, Tally } from '../measure/tally.js' */

const LONGEST = 1000;

/**
 * Gets all URLs, so many at a time.
 *
 * @param {Run} run
 * @param {Tally} tally
 * @param {(url: string) => Promise<unknown>} get
 */
export async function queued({ urls, sessions }, tally, get) {
  const { default: PQueue } = await importPeer('p-queue');
  const queue = new PQueue({ concurrency: sessions });
  for (const url of urls) {
    if (queue.size === LONGEST) await queue.onSizeLessThan(LONGEST / 2);
    queue.add(() => get(url).then((value) => tally.take(value))).catch(tally.fail);
  }
  await queue.onIdle();
}
