// The package as it was built from this tree. The benchmarks are a package of their own, for the sake
// of the peers, and do not find it by its name.

/** @type {typeof import('session-pool')} */
const built = await import(String(new URL('../dist/index.js', import.meta.url)));

export const { Pool, Session } = built;
