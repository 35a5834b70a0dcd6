// The least that a request can cost: as many agents as sessions, and a handler that collects the body. No
// timeouts, no cookies, no redirects.
import { gunzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { collect } from './collector.js';
import { loops } from './loops.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const { origin, isCompressed, reading } = run;
  /** @type {Agent[]} */
  const agents = [];
  await loops(run, tally, () => {
    const agent = new Agent({ connections: 1 });
    agents.push(agent);
    return async (url) => {
      const bytes = await collect(agent, { origin, path: url.slice(origin.length), method: 'GET' });
      if (reading === 'bytes') return bytes.length;
      return JSON.parse(String(isCompressed ? gunzipSync(bytes) : bytes));
    };
  });
  await Promise.all(agents.map((agent) => agent.close()));
}
