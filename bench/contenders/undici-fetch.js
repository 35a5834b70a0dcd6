// undici's `fetch` in loops, over an agent with as many connections.
import { Agent, fetch } from 'undici';
import { readFetched } from './fetched.js';
import { loops } from './loops.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const dispatcher = new Agent({ connections: run.sessions });
  await loops(
    run,
    tally,
    () => async (url) => readFetched(await fetch(url, { dispatcher }), run.reading),
  );
  await dispatcher.close();
}
