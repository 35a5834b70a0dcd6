// The servers that all contenders ask: nginx where it is installed, Node.js where not and for what has to
// wait.
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.js';
import { nginxVersion, startNginx } from './nginx.js';
import { startNode } from './node.js';

/**
 * @typedef {object} Upstreams
 * @property {string} kind what answers, and its version
 * @property {Record<Place, string | undefined>} origins
 * @property {string | undefined} authority the file of the certificate
 * @property {() => Promise<void>} stop
 */
/** @typedef {'plain' | 'secure' | 'late'} Place over TLS, or after a while */

/** Starts them. @param {{ withNginx?: boolean }} options @returns {Promise<Upstreams>} */
export async function startUpstreams({ withNginx = true } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'session-pool-bench-'));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  const certificate = await makeCertificate(folder);
  const version = withNginx ? await nginxVersion() : undefined;
  const late = await startNode(certificate);
  const main = version === undefined ? late : await startNginx(folder, certificate);
  return {
    kind: version ?? `node/${process.versions.node}`,
    origins: { plain: main.origin, secure: main.secureOrigin, late: late.origin },
    authority: certificate?.cert,
    stop: async () => {
      await Promise.all([main.stop(), late.stop()]);
      process.off('exit', clear);
      clear();
    },
  };
}
