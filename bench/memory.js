// How much memory the pool takes, and whether it and the CPU that a job costs depend on how many
// jobs there are. Each run is a process of its own, and so is the server.
//
//   npm run bench:memory                        all cases; takes half an hour
//   npm run bench:memory -- plain               one of them, or those whose name begins so
//   npm run bench:memory -- plain 100000        with so many jobs
//
// A case with a million jobs is run with a tenth of them as well, and the peaks are compared. The CPU
// of a job is compared with that in pools of 10,000 jobs in the same process, the median of five
// after five that warm it up: of the whole run, and of its later half, the median of its tens of
// thousands. Memory is what the system says: the peak of the process from its start on, and the
// median of what it was every 100 ms. A run that loses a job is refused.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { cases } from './memory/cases.js';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Case } from './memory/cases.js' */

/** How many addresses a server listens at: its sockets need files of its own as well. */
const MOST_ADDRESSES = 4_000;
const COLUMNS = [26, 9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 9, 8];

const [wanted = '', jobs] = process.argv.slice(2);

/** @param {number} origins @returns {Promise<{ port: number, servers: ChildProcess[] }>} */
async function startServers(origins) {
  let port = 0;
  const servers = [];
  for (let first = 0; first < origins; first += MOST_ADDRESSES) {
    const count = Math.min(MOST_ADDRESSES, origins - first);
    const args = [first, count, port].map(String);
    const server = fork(new URL('memory/server.js', import.meta.url), args);
    [port] = await once(server, 'message');
    servers.push(server);
  }
  return { port, servers };
}

/**
 * How many sockets are open at the servers at most, looked at every 100 ms.
 *
 * @param {readonly ChildProcess[]} servers
 * @param {AbortSignal} signal
 */
async function countSockets(servers, signal) {
  let most = 0;
  while (!signal.aborted) {
    const counts = servers.map(async (server) => {
      server.send('open');
      return Number((await once(server, 'message'))[0]);
    });
    most = Math.max(
      most,
      (await Promise.all(counts)).reduce((sum, count) => sum + count, 0),
    );
    await setTimeout(100);
  }
  return most;
}

/** @param {string} name @param {Case} subject @param {number} count */
async function run(name, subject, count) {
  const { port, servers } = await startServers(subject.origins);
  const args = [name, String(count), String(port)];
  const options = { serialization: /** @type {const} */ ('advanced') };
  const child = fork(new URL('memory/run.js', import.meta.url), args, options);
  const over = new AbortController();
  const counting = countSockets(servers, over.signal);
  const [figures] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  over.abort();
  const sockets = await counting;
  for (const server of servers) server.disconnect();
  // What an `exit` tells is no record.
  return Object(figures) === figures ? { ...figures, sockets } : undefined;
}

/** @param {readonly (string | number)[]} cells */
function print(cells) {
  const texts = cells.map((cell, i) =>
    i === 0 ? String(cell).padEnd(COLUMNS[i] ?? 0) : show(cell).padStart(COLUMNS[i] ?? 0),
  );
  console.log(texts.join(''));
}

/** @param {string | number} cell */
function show(cell) {
  if (typeof cell === 'string') return cell;
  if (Number.isNaN(cell)) return '-';
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(Math.abs(cell) < 10 ? 2 : 1);
}

/** @param {string} name @param {Case} subject @param {number} count @param {number} [peakOfTenth] */
async function measure(name, subject, count, peakOfTenth = Number.NaN) {
  const figures = await run(name, subject, count);
  if (figures === undefined) {
    print([name, count, 'refused']);
    process.exitCode = 1;
    return undefined;
  }
  const { responses, exceptions, seconds, peak, typical, small, mean, late, sockets } = figures;
  const ideal = subject.ideal * Math.ceil(count / subject.sessions);
  print([
    ...[name, count, responses, exceptions, Math.round(count / seconds)],
    ...[peak, peak / peakOfTenth, typical],
    ...[small, mean / small, late / small],
    ...[sockets, ideal === 0 ? Number.NaN : seconds / ideal],
  ]);
  return peak;
}

print([
  '',
  '',
  '',
  '',
  '',
  'RSS, MB',
  'peak/',
  'RSS, MB',
  'CPU, us',
  'CPU/',
  'late/',
  'sockets',
  'time/',
]);
print([
  '',
  'jobs',
  'resp.',
  'exc.',
  'jobs/s',
  'peak',
  'tenth',
  'median',
  'at 10k',
  '10k',
  '10k',
  'at most',
  'ideal',
]);
for (const [name, subject] of Object.entries(cases)) {
  if (!name.startsWith(wanted)) continue;
  const count = Number(jobs ?? subject.jobs);
  const isCompared = subject.isWarmedUp && count >= 100_000;
  const peakOfTenth = isCompared ? await measure(name, subject, count / 10) : undefined;
  await measure(name, subject, count, peakOfTenth);
}
