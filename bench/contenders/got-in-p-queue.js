// got in p-queue, with agents that keep as many connections; its retries as they come, none of which is
// needed.
import http from 'node:http';
import https from 'node:https';
import { importPeer } from './peer.js';
import { queued } from './queued.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const { got } = await importPeer('got');
  const options = { keepAlive: true, maxSockets: run.sessions };
  const agent = { http: new http.Agent(options), https: new https.Agent(options) };
  const client = got.extend({ agent });
  await queued(run, tally, (url) => client(url).json());
  agent.http.destroy();
  agent.https.destroy();
}
