import { CookieJar } from 'tough-cookie';
import { isPlainObject } from '../plain-object.js';

/** How deep a secret is looked into: it may lie in itself. */
const DEEPEST = 8;

/**
 * What of a secret may stand in a message by itself: of `Bearer abc` what follows, of Basic
 * credentials the password, of cookies each value.
 *
 * @param name of the field or the header that has it
 */
export function secretPartsOf(name: string, value: unknown): readonly string[] {
  if (value instanceof CookieJar) return valuesIn(value);
  // The paths of a certificate are of use in a message.
  if (name === 'cert') return textsIn(Object(value).passphrase);
  const { username, user = username, password } = Object(value);
  const isPair = /auth$/i.test(name) && Array.isArray(value);
  const basic = basicPartsOf(...((isPair ? value : [user, password]) as [unknown, unknown]));
  if (isPair && basic.length > 0) return basic;
  const texts = textsIn(value).flatMap(withoutScheme);
  const isLine = /cookie/i.test(name) && !isPlainObject(value);
  return [...basic, ...(isLine ? texts.flatMap(cookiesIn) : texts)];
}

/** Of a user and a password, if they are. The user is no secret unless it stands for both. */
export function basicPartsOf(user: unknown, password: unknown): string[] {
  if (typeof user !== 'string' || typeof password !== 'string') return [];
  const encoded = Buffer.from(`${user}:${password}`).toString('base64');
  return [password || user, encoded, encoded.replace(/=+$/, '')];
}

function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)];
  const parts = value instanceof Map ? [...value.values()] : value;
  if (depth === DEEPEST || !(Array.isArray(parts) || isPlainObject(parts))) return [];
  return Object.values(parts as object).flatMap((part) => textsIn(part, depth + 1));
}

/** Of `Bearer abc`, what follows is one of its own. */
function withoutScheme(text: string): string[] {
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s+(.*)$/s.exec(text) ?? [];
  if (scheme.toLowerCase() !== 'basic') return [text, rest];
  const [user, ...password] = Buffer.from(rest, 'base64').toString().split(':');
  return [text, rest, ...basicPartsOf(user, password.join(':'))];
}

/** The values in a Cookie header. */
function cookiesIn(header: string): string[] {
  const values = header.split(';').map((cookie) => cookie.slice(cookie.indexOf('=') + 1).trim());
  return [header, ...values, ...values.map((value) => value.replace(/^"(.*)"$/, '$1'))];
}

/** One whose store must be waited for keeps its own. */
function valuesIn(jar: CookieJar): string[] {
  const cookies = jar.store.synchronous ? jar.serializeSync()?.cookies : undefined;
  return cookies?.map(({ value }) => String(value)) ?? [];
}
