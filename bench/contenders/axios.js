// axios in loops, with agents that keep as many connections. It parses JSON by itself.
import http from 'node:http';
import https from 'node:https';
import { loops } from './loops.js';
import { importPeer } from './peer.js';

/** @import { Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const { default: axios } = await importPeer('axios');
  const options = { keepAlive: true, maxSockets: run.sessions };
  const httpAgent = new http.Agent(options);
  const httpsAgent = new https.Agent(options);
  const client = axios.create({ httpAgent, httpsAgent });
  await loops(run, tally, () => async (url) => (await client.get(url)).data);
  httpAgent.destroy();
  httpsAgent.destroy();
}
