/** @import { Case } from './cases.js' */

const FAR = { limit: 1_000_000, interval: 1000 };

/**
 * What session-pool takes more where it does more, side by side: cookies, and limits that are far from
 * their bounds.
 *
 * @param {Omit<Case, 'name' | 'title' | 'entries'>} plain
 * @returns {Case[]}
 */
export function optionCases(plain) {
  const contender = 'session-pool';
  const entries = [
    { contender, name: 'plain' },
    { contender, name: 'cookies', path: '/cookies/', hasCookies: true },
    { contender, name: '`rateLimit`', options: { rateLimit: FAR } },
    {
      contender,
      name: '`perOrigin`',
      options: { perOrigin: { concurrency: 1000, rateLimit: FAR } },
    },
  ];
  return [{ ...plain, name: 'options', title: 'session-pool by itself', entries }];
}
