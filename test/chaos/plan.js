/**
 * What becomes of a request, by the number of its job. Whoever asks and whoever answers read the
 * same plan.
 *
 * @typedef {object} Plan
 * @property {Kind} kind
 * @property {boolean} recovers whether the job's second attempt is answered
 * @property {boolean} isEarly whether it happens before a byte of the answer was sent
 * @property {number} host the number of its server, from 0
 */

/** @typedef {'answered' | 'reset' | 'cut' | 'stalled' | 'throttled'} Kind */

/** How many servers there are. All but the first ask for pauses now and then. */
export const HOSTS = 200;

/** Of a hundred jobs. @type {readonly (readonly [kind: Kind, count: number])[]} */
const SHARES = [
  ['reset', 5],
  ['cut', 5],
  ['stalled', 5],
  ['throttled', 1],
  ['answered', 84],
];
/** The place among the hundred of the first that is throttled, and how many share its server. */
const THROTTLED = 15;
const SHARING = 3;
const KINDS = SHARES.flatMap(([kind, count]) => Array(count).fill(kind));

/** @param {number} index @returns {Plan} */
export function planOf(index) {
  const hundred = Math.floor(index / 100);
  // Spreads each kind over the hundred: 37 and 100 have no divisor in common.
  const place = (index * 37) % 100;
  const isSharing = place >= THROTTLED && place < THROTTLED + SHARING;
  return {
    kind: KINDS[place],
    recovers: hundred % 2 === 0,
    isEarly: hundred % 4 < 2,
    host: isSharing ? 1 + (hundred % (HOSTS - 1)) : 0,
  };
}
