import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pinned } from '../measure/cores.js';

/** @import { Certificate } from './certificate.js' */

/**
 * A server that runs: where it listens, without TLS and with it, and how it is stopped.
 *
 * @typedef {{ origin: string, secureOrigin: string | undefined, stop(): Promise<void> }} Server
 */

/**
 * Starts a server of Node.js, a process of its own.
 *
 * @param {Certificate} [certificate]
 * @returns {Promise<Server>}
 */
export async function startNode(certificate) {
  const program = fileURLToPath(new URL('node-server.js', import.meta.url));
  const files = certificate === undefined ? [] : [certificate.cert, certificate.key];
  const [file = '', ...args] = pinned('upstream', [process.execPath, program, ...files]);
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port, securePort }] = await once(child, 'message');
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.connected) child.disconnect();
    await exited;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    secureOrigin: securePort === undefined ? undefined : `https://127.0.0.1:${securePort}`,
    stop,
  };
}
