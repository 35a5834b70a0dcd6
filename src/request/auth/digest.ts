import { createHash, randomBytes } from 'node:crypto';
import { InvalidJobError } from '../../errors.js';
import type { RequestMessage } from '../../message.js';
import type { PreparedRequest } from '../prepared-request.js';
import type { Authenticator } from './auth.js';

/** What a Digest proof is made of (RFC 7616 §3.4.1): bytes, each as a character of latin1. */
export interface DigestInput {
  /** As challenges name it, such as `MD5` or `SHA-256-sess`. */
  readonly algorithm: string;
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  /** What the quality of protection `auth` adds; without it, the proof is RFC 2069's. */
  readonly qop: { readonly nc: string; readonly cnonce: string } | undefined;
  readonly method: string;
  readonly uri: string;
}

/** A challenge that can be answered. Nothing in it is what a header may not have. */
interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As it was spelt; undefined if the challenge has none, which means MD5. */
  readonly algorithm: string | undefined;
  readonly hasQop: boolean;
  readonly isStale: boolean;
  /** The user is sent as a hash (RFC 7616 §3.4.4). */
  readonly hashesUser: boolean;
  readonly isUTF8: boolean;
}

/** How a challenge is answered. */
interface Answers {
  readonly challenge: Challenge;
  /** One for each nonce: that of the first answer is in the keys of `-sess` (RFC 7616 §3.4.2). */
  readonly cnonce: string;
  count: number;
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['sha-256', 'sha256'],
  ['sha-512-256', 'sha512-256'],
  // Not of RFC 7616, but requests knows them.
  ['sha', 'sha1'],
  ['sha-512', 'sha512'],
]);
const SESSION = /-sess$/i;
const MAX_ORIGINS = 1000;
/** A name, with the value that makes it a parameter; or a quoted string that belongs to none. */
const PART =
  /([\w!#$%&'*+.^`|~-]+)(?:[\t ]*=[\t ]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s",]+)))?|"[^"\\]*(?:\\.[^"\\]*)*"?/gs;
/** RFC 9110 §5.5. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Digest authentication (RFC 7616; requests' `HTTPDigestAuth`): MD5, SHA-256 and SHA-512-256, and
 * requests' SHA and SHA-512, with or without `-sess`, and the quality of protection `auth` or none. Each origin's last challenge is
 * kept, for a thousand origins, and what is sent to the origin from then on is signed at once.
 *
 * @throws InvalidJobError if one of both is no string, or the user has a control character
 */
export function digestAuth(user: string, password: string): Authenticator {
  if (typeof user !== 'string' || typeof password !== 'string')
    throw new InvalidJobError(
      `digestAuth takes two strings, got ${typeof user} and ${typeof password}`,
    );
  if (/\p{Cc}/u.test(user))
    throw new InvalidJobError('the user of Digest authentication can have no control character');
  return new DigestAuthenticator(latin1(user), latin1(password));
}

/** The proof that the password is known, the parameter `response`. */
export function digestOf(input: DigestInput): string {
  const { algorithm, user, realm, password, nonce, qop, method, uri } = input;
  const secret = hashed(algorithm, `${user}:${realm}:${password}`);
  const request = hashed(algorithm, `${method}:${uri}`);
  if (qop === undefined) return hashed(algorithm, `${secret}:${nonce}:${request}`);
  const key = SESSION.test(algorithm)
    ? hashed(algorithm, `${secret}:${nonce}:${qop.cnonce}`)
    : secret;
  return hashed(algorithm, `${key}:${nonce}:${qop.nc}:${qop.cnonce}:auth:${request}`);
}

/** All its steps are synchronous, so each of concurrent requests takes a count of its own. */
class DigestAuthenticator implements Authenticator {
  readonly #user: string;
  readonly #password: string;
  /** By origin, the one that was challenged last at the end. */
  readonly #answers = new Map<string, Answers>();

  constructor(user: string, password: string) {
    this.#user = user;
    this.#password = password;
  }

  sign(request: PreparedRequest): void {
    const answers = this.#answers.get(request.url.origin);
    if (answers !== undefined) request.headers.set('Authorization', this.#answer(answers, request));
  }

  /**
   * 1. Nothing that can be answered: no.
   * 2. Answered before: once more if just the nonce was too old.
   * 3. The nonce is that of the request, and not too old: so the credentials are wrong.
   * 4. Otherwise the request was not signed, or with a nonce that is no longer known: yes.
   */
  accepts(challenges: readonly string[], request: RequestMessage, answers: number): boolean {
    const challenge = firstSupported(challenges);
    if (challenge === undefined || answers > (challenge.isStale ? 1 : 0)) return false;
    if (!challenge.isStale && challenge.nonce === nonceOf(request)) return false;
    this.#remember(request.url.origin, challenge);
    return true;
  }

  /** A nonce that is known already goes on with its count. */
  #remember(origin: string, challenge: Challenge): void {
    const known = this.#answers.get(origin);
    const isKnown = known?.challenge.nonce === challenge.nonce;
    const { cnonce, count } = isKnown ? known : { cnonce: randomCnonce(), count: 0 };
    this.#answers.delete(origin);
    this.#answers.set(origin, { challenge, cnonce, count });
    const [oldest = ''] = this.#answers.keys();
    if (this.#answers.size > MAX_ORIGINS) this.#answers.delete(oldest);
  }

  #answer(answers: Answers, { method, url }: PreparedRequest): string {
    const { challenge, cnonce } = answers;
    const { realm, nonce, opaque, algorithm } = challenge;
    const nc = (++answers.count).toString(16).padStart(8, '0');
    const qop = challenge.hasQop ? { nc, cnonce } : undefined;
    const uri = url.pathname + url.search;
    const identity = { algorithm: algorithm ?? 'MD5', user: this.#user, password: this.#password };
    const response = digestOf({ ...identity, realm, nonce, qop, method, uri });
    const parameters = [
      ...userParameters(challenge, this.#user),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${response}"`,
    ];
    if (opaque !== undefined) parameters.push(`opaque=${quoted(opaque)}`);
    if (algorithm !== undefined) parameters.push(`algorithm=${algorithm}`);
    if (qop !== undefined) parameters.push(`qop=auth, nc=${nc}, cnonce="${cnonce}"`);
    return `Digest ${parameters.join(', ')}`;
  }
}

/**
 * RFC 7616 §3.4: `username*` for a name that is not ASCII, where `charset` shows that the server
 * knows that RFC; to others it goes as it is, in UTF-8.
 */
function userParameters({ algorithm = 'MD5', ...challenge }: Challenge, user: string): string[] {
  if (challenge.hashesUser)
    return [`username="${hashed(algorithm, `${user}:${challenge.realm}`)}"`, 'userhash=true'];
  const isASCII = !/[\x80-\xff]/.test(user);
  if (isASCII || !challenge.isUTF8) return [`username=${quoted(user)}`];
  const escaped = user.replace(
    /[^\w.~-]/g,
    (byte) => `%${Buffer.from(byte, 'latin1').toString('hex').toUpperCase()}`,
  );
  return [`username*=UTF-8''${escaped}`];
}

function firstSupported(headers: readonly string[]): Challenge | undefined {
  for (const header of headers)
    for (const parameters of digestsIn(header)) {
      const challenge = challengeOf(parameters);
      if (challenge !== undefined) return challenge;
    }
  return undefined;
}

function challengeOf(parameters: ReadonlyMap<string, string>): Challenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const opaque = parameters.get('opaque');
  const algorithm = parameters.get('algorithm');
  if (realm === undefined || nonce === undefined) return undefined;
  if (![realm, nonce, opaque ?? ''].every((value) => FIELD_VALUE.test(value))) return undefined;
  const qops = (parameters.get('qop')?.toLowerCase() ?? '').split(/[\t ,]+/).filter(Boolean);
  const hasQop = qops.includes('auth');
  // Only `auth-int` is offered, or a session key, which needs a cnonce, and that a qop.
  if (!hasQop && (qops.length > 0 || SESSION.test(algorithm ?? ''))) return undefined;
  if (!HASHES.has(hashName(algorithm ?? 'MD5'))) return undefined;
  const is = (name: string, value: string) => parameters.get(name)?.toLowerCase() === value;
  return {
    realm,
    nonce,
    opaque,
    algorithm,
    hasQop,
    isStale: is('stale', 'true'),
    hashesUser: is('userhash', 'true'),
    isUTF8: is('charset', 'utf-8'),
  };
}

/**
 * The parameters, by name in lower case, of each Digest challenge or credentials in a header
 * (RFC 9110 §11.6.1). Of a repeated one, the first counts. In linear time, whatever the header is.
 */
function digestsIn(header: string): ReadonlyMap<string, string>[] {
  const digests: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  for (const [, name, inQuotes, plain] of header.matchAll(PART)) {
    const key = name?.toLowerCase();
    const value = inQuotes?.replace(/\\(.)/gs, '$1') ?? plain;
    if (key === undefined) continue;
    if (value !== undefined) {
      if (!current?.has(key)) current?.set(key, value);
      continue;
    }
    current = key === 'digest' ? new Map() : undefined;
    if (current !== undefined) digests.push(current);
  }
  return digests;
}

/** The nonce that a request was signed with. */
function nonceOf({ headers }: RequestMessage): string | undefined {
  return digestsIn(headers.get('Authorization') ?? '')[0]?.get('nonce');
}

function hashName(algorithm: string): string {
  return algorithm.replace(SESSION, '').toLowerCase();
}

function hashed(algorithm: string, text: string): string {
  const hash = createHash(HASHES.get(hashName(algorithm)) as string);
  return hash.update(text, 'latin1').digest('hex');
}

/** RFC 9110 §5.6.4. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function randomCnonce(): string {
  return randomBytes(16).toString('hex');
}
