import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of a certificate for 127.0.0.1, which signs itself, and of its key. @typedef {{ cert: string, key: string }} Certificate */

/**
 * Makes one with `openssl`.
 *
 * @param {string} folder
 * @returns {Promise<Certificate | undefined>} undefined where there is no `openssl`
 */
export async function makeCertificate(folder) {
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  args.push('-nodes', '-days', '2', '-subj', '/CN=127.0.0.1');
  args.push('-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert);
  try {
    await promisify(execFile)('openssl', args);
    return { cert, key };
  } catch (error) {
    if (Object(error).code === 'ENOENT') return undefined;
    throw error;
  }
}
