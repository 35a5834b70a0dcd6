// nginx with a configuration and a folder of its own: it needs no root, and touches no other nginx.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pinned } from '../measure/cores.js';
import { firstLine } from '../measure/machine.js';
import { bodies, list } from './answers.js';
import { configuration } from './nginx-configuration.js';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { AddressInfo } from 'node:net' */
/** @import { Certificate } from './certificate.js' */
/** @import { Server } from './node.js' */

/** Debian has it where a user's PATH does not look. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

/** What it calls itself: `nginx version: nginx/1.22.1`; undefined if it is not installed. */
export async function nginxVersion() {
  return (await firstLine('nginx', ['-v'], env))?.replace(/^nginx version: /, '');
}

/**
 * Starts it.
 *
 * @param {string} folder empty but for the certificate
 * @param {Certificate | undefined} certificate
 * @returns {Promise<Server>}
 * @throws {Error} if it exits
 */
export async function startNginx(folder, certificate) {
  await writeFiles(folder);
  const [port, securePort] = await Promise.all([freePort(), freePort()]);
  const place = { folder, port, securePort, certificate };
  await writeFile(join(folder, 'nginx.conf'), configuration(place));
  const command = ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const [file = '', ...args] = pinned('upstream', command);
  const child = spawn(file, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  const exited = once(child, 'exit').finally(() => process.off('exit', kill));
  await untilListening(port, child);
  return {
    origin: `http://127.0.0.1:${port}`,
    secureOrigin: certificate && `https://127.0.0.1:${securePort}`,
    stop: async () => {
      kill();
      await exited;
    },
  };
}

/** @param {string} folder */
async function writeFiles(folder) {
  await writeFile(join(folder, 'list.json.gz'), gzipSync(list));
  for (const [name, length] of Object.entries(bodies))
    await writeFile(join(folder, `${name}.bin`), Buffer.alloc(length, 'x'));
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {number} port @param {ChildProcess} child */
async function untilListening(port, child) {
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`nginx exited with ${child.exitCode}`);
    await setTimeout(50);
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
