// `undici.request` in p-queue, over an agent with as many connections.
import { Agent, request } from 'undici';
import { queued } from './queued.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const dispatcher = new Agent({ connections: run.sessions });
  await queued(run, tally, async (url) => (await request(url, { dispatcher })).body.json());
  await dispatcher.close();
}
