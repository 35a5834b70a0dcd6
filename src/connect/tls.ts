import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { InvalidJobError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import { unknownKey } from '../known-keys.js';
import { isPlainObject } from '../plain-object.js';
import { Recent } from '../recent.js';
import { show } from '../show.js';

/** Whether a server's certificate is checked; or the CAs to check it with, as a path or PEM. */
export type Verify = boolean | string;

/**
 * The client's certificate and its private key, as paths or PEM. Where only one is given, it has
 * both.
 */
export type Cert =
  | string
  | readonly [cert: string, key: string]
  | { readonly cert: string; readonly key?: string; readonly passphrase?: string };

/** Those of `tls.connect`'s options that `verify` and `cert` decide. All is PEM. */
export interface TLSOptions {
  /** @default true */
  readonly rejectUnauthorized?: boolean;
  /** In place of Node's own. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/** A piece of PEM, and where it is from, for messages. */
interface PEM {
  readonly text: string;
  readonly source: string;
}

/** How many bundles, and how many contexts, are kept for the next session that has the same. */
const KEPT = 16;
const CERTIFICATES = new Recent<readonly string[]>(KEPT);
const CONTEXTS = new Recent<SecureContext>(KEPT);
const PARTS: ReadonlySet<string> = new Set(['cert', 'key', 'passphrase']);
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY-----/;

/**
 * What `verify` and `cert` mean to `node:tls` (requests' `cert_verify`). It reads the files that
 * they name at once, synchronously: call it once, not for each request.
 *
 * @throws InvalidJobError if a file cannot be read or has no such thing in it, or if the key is
 * another certificate's, or its passphrase another; it names the path, and no content
 */
export function resolveTLS({
  verify = true,
  cert,
}: {
  readonly verify?: Verify | undefined;
  readonly cert?: Cert | undefined;
} = {}): TLSOptions {
  const trust =
    typeof verify === 'boolean'
      ? { rejectUnauthorized: verify }
      : { rejectUnauthorized: true, ca: readAuthorities(verify) };
  return cert === undefined ? trust : { ...trust, ...readIdentity(cert) };
}

/**
 * What `node:tls` makes of certificates and keys. A bundle of CAs takes it 20 ms: once for all the
 * sessions of a pool, rather than for each connection.
 */
export function secureContextOf(identity: Partial<TLSOptions>): SecureContext {
  const { ca, cert, key, passphrase } = identity;
  const parts = JSON.stringify([ca, cert, key, passphrase]);
  return CONTEXTS.get(parts, () => createSecureContext(identity));
}

function readAuthorities(verify: string): string {
  if (typeof verify !== 'string')
    throw new InvalidJobError(
      `verify must be a boolean, or a CA as a path or PEM, got ${kindOf(verify)}`,
    );
  const pem = readPEM('verify', verify);
  checkCertificates('verify', pem);
  return pem.text;
}

function readIdentity(input: Cert): Pick<TLSOptions, 'cert' | 'key' | 'passphrase'> {
  const { cert, key = cert, passphrase } = toRecord(input);
  const certificate = readPEM('cert', cert);
  checkCertificates('cert', certificate);
  const privateKey = key === cert ? certificate : readPEM('cert', key);
  if (!PRIVATE_KEY.test(privateKey.text))
    throw new InvalidJobError(`cert: no private key in ${privateKey.source}`);
  const identity = { cert: certificate.text, key: privateKey.text };
  const unlocked = passphrase === undefined ? identity : { ...identity, passphrase };
  checkKey(unlocked, certificate.source, privateKey.source);
  return unlocked;
}

/** The message has no value in it: it may be a key or a passphrase. */
function toRecord(input: Cert): Exclude<Cert, string | readonly string[]> {
  const record = partsOf(input);
  const unknown = unknownKey(record, PARTS);
  if (unknown !== undefined) throw new InvalidJobError(`cert: ${unknown}`);
  const { cert, key = '', passphrase = '' } = record;
  if ([cert, key, passphrase].some((part) => typeof part !== 'string'))
    throw new InvalidJobError(
      'cert must be a path or PEM, [cert, key] or { cert, key, passphrase }, all of them strings',
    );
  return record;
}

function partsOf(input: Cert): Exclude<Cert, string | readonly string[]> {
  if (typeof input === 'string') return { cert: input };
  if (Array.isArray(input) && input.length === 2) return { cert: input[0], key: input[1] };
  // What is neither has no parts, and is refused for that.
  return (isPlainObject(input) ? input : {}) as Exclude<Cert, string | readonly string[]>;
}

function readPEM(name: string, input: string): PEM {
  if (input.includes('-----BEGIN ')) return { text: input, source: 'the PEM that was given' };
  // No path, but perhaps a key that was mangled: not to be seen in the message or the cause's.
  if (input.includes('\n'))
    throw new InvalidJobError(`${name}: a text of several lines that is not PEM`);
  const source = show(input);
  try {
    return { text: readFileSync(input, 'utf8'), source };
  } catch (cause) {
    throw new InvalidJobError(`${name}: cannot read ${source}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Node itself passes over a CA that it cannot read, and trusts nobody then. */
function checkCertificates(name: string, { text, source }: PEM): void {
  const certificates = text.match(CERTIFICATE);
  if (certificates === null) throw new InvalidJobError(`${name}: no certificate in ${source}`);
  try {
    CERTIFICATES.get(text, () => certificates.map((pem) => new X509Certificate(pem).serialNumber));
  } catch (cause) {
    throw new InvalidJobError(`${name}: a broken certificate in ${source}`, { cause });
  }
}

function checkKey(identity: Partial<TLSOptions>, certificate: string, key: string): void {
  try {
    secureContextOf(identity);
  } catch (cause) {
    const { code = '' } = cause as Error & { code?: string };
    throw new InvalidJobError(
      code.includes('MISMATCH')
        ? `cert: the private key in ${key} is not that of the certificate in ${certificate}`
        : `cert: cannot read the private key in ${key}; perhaps its passphrase is another`,
      { cause },
    );
  }
}
