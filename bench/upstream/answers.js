// What the upstreams answer, nginx and Node.js alike.

/** The answer of /items/7 is this with its number; `session` is the cookie that was sent. @param {string} id @param {string} session */
export function item(id, session) {
  return `{"id":${id},"name":"session-pool","tags":["a","b","c"],"nested":{"ok":true},"session":"${session}"}`;
}

/** The answer of /lists/7, whatever the number: 20 kB of JSON, compressed to about 2. */
export const list = JSON.stringify(
  Array.from({ length: 200 }, (_, id) => JSON.parse(item(String(id), `session ${id * 7919}`))),
);

/** The answers of /100kB/7 and /10MB/7. */
export const bodies = { '100kB': 100_000, '10MB': 10_000_000 };

/** Milliseconds that /late/7 waits. */
export const LATENCY = 20;
