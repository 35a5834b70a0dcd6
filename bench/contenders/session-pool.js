// The pool as its documentation shows it, with everything on that is on by default.
import { Pool } from '../session-pool.js';

/** @import { Response } from 'session-pool' */
/** @import { Reading, Run, Tally } from '../measure/tally.js' */

/** @param {Run} run @param {Tally} tally */
export async function run({ urls, sessions, reading, options }, tally) {
  const isStreamed = reading === 'stream';
  const pool = Pool.fromUrls(
    urls,
    { stream: isStreamed },
    { numProcesses: sessions, ...(isStreamed && { highWaterMark: 1 }), ...options },
  );
  // Of streamed bodies as many are read at a time as there are sessions.
  const readers = Array.from({ length: isStreamed ? sessions : 1 }, async () => {
    for await (const response of pool.responses()) tally.take(await read(response, reading));
  });
  await Promise.all(readers);
  for await (const { exception } of pool.exceptions()) tally.fail(exception);
}

/** @param {Response} response @param {Reading} reading */
async function read(response, reading) {
  if (reading === 'json') return response.json();
  if (reading === 'bytes') return response.content.length;
  let length = 0;
  for await (const chunk of response.body) length += chunk.length;
  return length;
}
