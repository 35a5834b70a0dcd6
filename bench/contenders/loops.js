// What a user writes by hand where there is no pool: so many loops side by side over one list.

/** @import { Run, Tally } from '../measure/tally.js' */

/**
 * Gets all URLs, so many at a time.
 *
 * @param {Run} run
 * @param {Tally} tally
 * @param {() => (url: string) => Promise<unknown>} open makes what a loop gets a URL with
 */
export async function loops({ urls, sessions }, tally, open) {
  const loop = async () => {
    const get = open();
    for (const url of urls) {
      try {
        tally.take(await get(url));
      } catch (error) {
        tally.fail(error);
      }
    }
  };
  await Promise.all(Array.from({ length: sessions }, loop));
}
