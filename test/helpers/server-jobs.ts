import type { Job, Pool } from '../../src/index.js';

/** `count` URLs of a server, of which no two are the same. */
export function urlsOf({ url }: { readonly url: string }, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${url}/${i}`);
}

/** Jobs that get each of them. */
export function jobsOf(server: { readonly url: string }, count: number): Job[] {
  return urlsOf(server, count).map((url) => ({ url }));
}

/** The first few outcomes; the rest can still be read. */
export async function collectSome(pool: Pool, count: number) {
  const outcomes = pool.outcomes();
  const some = [];
  for (let i = 0; i < count; i++) some.push((await outcomes.next()).value);
  return some;
}
