// `undici.request` in loops, as one writes it by hand; with undici's interceptors and tough-cookie where
// the case needs what they do.
import { CookieJar } from 'tough-cookie';
import { Agent, interceptors, request } from 'undici';
import { loops } from './loops.js';

/** @import { Dispatcher } from 'undici' */
/** @import { Reading, Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run(run, tally) {
  const agent = new Agent({ connections: run.sessions });
  const dispatcher = composed(agent, run);
  const open = run.hasCookies ? cookieReader : reader;
  await loops(run, tally, () => open(dispatcher, run));
  await agent.close();
}

/** @param {Dispatcher} agent @param {Run} run */
function composed(agent, { isRedirected, isCompressed }) {
  if (isRedirected) return agent.compose(interceptors.redirect({ maxRedirections: 30 }));
  if (isCompressed) return agent.compose(interceptors.decompress());
  return agent;
}

/** @param {Dispatcher} dispatcher @param {Run} run */
function reader(dispatcher, { isCompressed, reading }) {
  const options = isCompressed
    ? { dispatcher, headers: { 'accept-encoding': 'gzip' } }
    : { dispatcher };
  return async (/** @type {string} */ url) => read(await request(url, options), reading);
}

/** Each loop with a jar of its own. @param {Dispatcher} dispatcher @param {Run} run */
function cookieReader(dispatcher, { reading }) {
  const jar = new CookieJar();
  return async (/** @type {string} */ url) => {
    const cookie = await jar.getCookieString(url);
    const headers = cookie === '' ? {} : { cookie };
    const response = await request(url, { dispatcher, headers });
    const lines = [response.headers['set-cookie'] ?? []].flat();
    await Promise.all(lines.map((line) => jar.setCookie(line, url)));
    return read(response, reading);
  };
}

/** @param {Dispatcher.ResponseData} response @param {Reading} reading */
async function read({ body }, reading) {
  if (reading === 'json') return body.json();
  if (reading === 'bytes') return (await body.arrayBuffer()).byteLength;
  let length = 0;
  for await (const chunk of body) length += chunk.length;
  return length;
}
