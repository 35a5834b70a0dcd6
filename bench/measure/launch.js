// Starts one run in a process of its own, on the cores that the upstream has not.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinned } from './cores.js';

/** @import { Reading } from './tally.js' */
/** @import { PoolOptions } from 'session-pool' */

/**
 * What a process is told to do.
 *
 * @typedef {object} Task
 * @property {string} file of the contender
 * @property {string} origin
 * @property {string} path to which a number is added
 * @property {number} count of the requests
 * @property {number} warmUp how many requests go before, unmeasured, in each of several runs
 * @property {number} sessions
 * @property {Reading} reading
 * @property {number} [bytes] the length of each body
 * @property {boolean} hasCookies
 * @property {boolean} isRedirected
 * @property {boolean} isCompressed
 * @property {PoolOptions} options
 */

/**
 * What came of it: seconds, microseconds of CPU in all, and the peak of the process in MB.
 *
 * @typedef {{ responses: number, errors: number, seconds: number, cpu: number, peak: number }} Figures
 */

/** After which a run is given up. */
const LONGEST = 10 * 60 * 1000;
const PYTHON = '/usr/bin/python3';
const PROXIES = /^(https?|all|no)_proxy$/i;

/**
 * Runs a task, and reads its figures.
 *
 * @param {Task} task
 * @param {string | undefined} authority the file of the CA that signed the upstream's certificate
 * @returns {Promise<Figures>}
 * @throws {Error} if the process fails
 */
export async function launch(task, authority) {
  const isPython = task.file.endsWith('.py');
  const program = fileURLToPath(
    new URL(isPython ? `../contenders/${task.file}` : 'run.js', import.meta.url),
  );
  const command = [isPython ? PYTHON : process.execPath, program, JSON.stringify(task)];
  const [file = '', ...args] = pinned('client', command);
  const options = { env: environment(authority), timeout: LONGEST };
  const { stdout, stderr } = await promisify(execFile)(file, args, options);
  if (stderr !== '') console.error(stderr.trimEnd());
  return JSON.parse(stdout);
}

/** Whether Debian's python3-requests-toolbelt is there, and which; undefined if not. @returns {Promise<string | undefined>} */
export function toolbeltVersion() {
  const source = 'import requests_toolbelt, requests; print(requests_toolbelt.__version__)';
  return promisify(execFile)(PYTHON, ['-c', source]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** No proxy stands between, whatever the shell says. @param {string | undefined} authority */
function environment(authority) {
  const kept = Object.entries(process.env).filter(([name]) => !PROXIES.test(name));
  return { ...Object.fromEntries(kept), ...(authority && { NODE_EXTRA_CA_CERTS: authority }) };
}
