import { CookieJar } from 'tough-cookie';

/** What credentials are called, in headers: by custom, and with whatever stands around it. */
const HEADER =
  /auth(?!or(?!i[sz]))|token|secret|passw|passphrase|pass$|pwd|cookie|session|credential|csrf|xsrf|bearer|jwt|(?:^|[-_])(?:otp|pin|sid)$/i;
/** Any key is one, but for those that name a thing: a retry needs its Idempotency-Key. */
const KEY =
  /(?:^|(?<!cache|group|idempotency|message|object|partition|primary|public|routing|sort|surrogate|websocket)[-_])key$|(?:access|account|api|app|client|functions?|licen[cs]e|master|private|security|subscription)[-_]?key/i;
/**
 * Less of it, for the fields of anybody's jobs: not `maxTokens` and `sessionId`, nor a token that tells
 * where a list goes on.
 */
const FIELD =
  /^(?:auth|bearer|cert|jwt|pwd|(?:set[-_]?)?cookies?)$|authorization$|secret|passw|passphrase|credential|(?:access|api|private)[-_]?key|(?:access|api|auth|bearer|id|refresh|session)[-_]?token|(?:basic|proxy)[-_]?auth|(?<!(?:continuation|cursor|idempotency|next|page|resume|sync)[-_]?)token$/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** Its scheme says that a value is one (RFC 9110 §11.4), whatever the header's name. */
const CREDENTIALS = /^\s*(?:(?:basic|bearer|negotiate|ntlm) +\S{8,}\s*$|digest +\w+=)/i;

export function isSecretHeader(name: string): boolean {
  return HEADER.test(name) || KEY.test(name);
}

/** Whether the value of a header, of whatever name, is one that Authorization may have. */
export function isAuthorization(value: unknown): boolean {
  return typeof value === 'string' && CREDENTIALS.test(value);
}

/** Whether a field is one, by its name or by what it has. A flag is none: `withCredentials`. */
export function isSecretField(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return false;
  return FIELD.test(name) || value instanceof CookieJar || isPrivateKey(value);
}

function isPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && PRIVATE_KEY.test(value);
}
