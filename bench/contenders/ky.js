// ky in loops, over the `fetch` that Node.js has; its retries and its timeout as they come.
import { loops } from './loops.js';
import { importPeer } from './peer.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const { default: ky } = await importPeer('ky');
  await loops(run, tally, () => (url) => ky(url).json());
}
