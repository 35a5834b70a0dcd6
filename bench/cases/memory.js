/** @import { Case } from './cases.js' */

const JOBS = { '10k': 10_000, '100k': 100_000, '1m': 1_000_000 };

/**
 * The peak of the memory by the number of jobs. The original, which keeps every response until all are
 * there, would take too long with the most.
 *
 * @param {Omit<Case, 'name' | 'title' | 'entries'>} plain
 * @returns {Case[]}
 */
export function memoryCases(plain) {
  return Object.entries(JOBS).map(([name, requests]) => ({
    ...plain,
    name: `memory-${name}`,
    title: `${requests.toLocaleString('en-US')} jobs`,
    requests,
    isScaled: false,
    rounds: requests === 1_000_000 ? 3 : plain.rounds,
    entries: [
      { contender: 'session-pool' },
      { contender: 'undici.request' },
      { contender: 'undici.request in p-queue' },
      ...(requests === 1_000_000
        ? []
        : [{ contender: 'requests-toolbelt', share: 1, rounds: requests === 100_000 ? 1 : 3 }]),
    ],
  }));
}
