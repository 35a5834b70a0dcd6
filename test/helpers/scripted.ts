import type { Job, Response } from '../../src/index.js';
import type { Script } from '../../src/testing/index.js';

/** What most of these jobs get. */
export const URL_1 = 'https://api.example.com/items/1';

/** `count` jobs of one site. */
export const jobs = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ url: `https://api.example.com/items/${i}` }));

/** What comes of one job: a response, or what was thrown. */
export async function send(script: Script, job: Job = { url: URL_1 }): Promise<Response> {
  return script.session().request(job);
}
