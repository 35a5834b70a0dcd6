// Crawlee's HttpCrawler with its defaults, but that nothing is written to a disk or to the log, and that its
// concurrency is fixed: left to itself it would grow from 1, and shrink where the one core is busy.
import { importPeer } from './peer.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run({ urls, sessions }, tally) {
  const { Configuration, HttpCrawler, log } = await importPeer('@crawlee/http');
  log.setLevel(log.LEVELS.OFF);
  const crawler = new HttpCrawler(
    {
      minConcurrency: sessions,
      maxConcurrency: sessions,
      requestHandler: (/** @type {{ json: unknown }} */ { json }) => tally.take(json),
      failedRequestHandler: (/** @type {unknown} */ _, /** @type {Error} */ error) =>
        tally.fail(error),
    },
    new Configuration({ persistStorage: false }),
  );
  await crawler.run([...urls]);
}
