// The `fetch` that Node.js has, in loops; its connections are its own.
import { readFetched } from './fetched.js';
import { loops } from './loops.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  await loops(run, tally, () => async (url) => readFetched(await fetch(url), run.reading));
}
