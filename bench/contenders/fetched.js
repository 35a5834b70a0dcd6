/** @import { Reading } from '../measure/tally.js' */

/** Reads what a `fetch` gave. @param {{ json(): Promise<unknown>, arrayBuffer(): Promise<ArrayBuffer>, body: AsyncIterable<Uint8Array> | null }} response @param {Reading} reading */
export async function readFetched(response, reading) {
  if (reading === 'json') return response.json();
  if (reading === 'bytes') return (await response.arrayBuffer()).byteLength;
  let length = 0;
  for await (const chunk of response.body ?? []) length += chunk.length;
  return length;
}
