// Logs in once for each account, and fetches the pages of all of them: the option `affinity` has the
// session with an account's cookies run all jobs of that account.
//
//   node examples/sticky-sessions/main.js                    of a server that it brings along
//   node examples/sticky-sessions/main.js --without          to see what becomes of it without affinity
import { Pool } from 'session-pool';
import { startShop } from './shop.js';

const SESSIONS = 4;
const ACCOUNTS = ['ada', 'barbara', 'edsger', 'grace', 'niklaus', 'radia'];
const PAGES = 20;

/** The login of each account, then their pages in turn. @param {string} origin */
function* jobsOf(origin) {
  for (const account of ACCOUNTS)
    yield { method: 'POST', url: `${origin}/login`, data: { account }, context: account };
  for (let page = 1; page <= PAGES; page++)
    for (const account of ACCOUNTS)
      yield { url: `${origin}/${account}/orders/${page}`, context: account };
}

/** @param {import('session-pool').Job} job */
const account = ({ context }) => String(context);

/** @param {boolean} isSticky */
async function run(isSticky) {
  const shop = await startShop();
  const pool = new Pool({
    jobQueue: jobsOf(shop.origin),
    numProcesses: SESSIONS,
    ...(isSticky && { affinity: account }),
  });
  const pages = { fetched: 0, refused: 0 };
  for await (const outcome of pool)
    if (outcome.kind === 'response' && outcome.ok) pages.fetched++;
    else pages.refused++;
  await shop.stop();

  console.log(`${ACCOUNTS.length} accounts, ${SESSIONS} sessions, ${shop.logins} logins`);
  console.log(`${pages.fetched} answered, ${pages.refused} refused`);
  return pages.refused === 0 ? 0 : 1;
}

const [flag] = process.argv.slice(2);
if (flag === undefined || flag === '--without') process.exitCode = await run(flag === undefined);
else {
  console.error('Usage: node examples/sticky-sessions/main.js [--without]');
  process.exitCode = 2;
}
