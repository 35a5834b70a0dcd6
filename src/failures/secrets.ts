import { isPlainObject } from '../plain-object.js';

/** What credentials are called, in headers: by custom, and with whatever stands around it. */
const HEADER =
  /auth(?!or(?!i[sz]))|token|secret|passw|passphrase|pass$|pwd|cookie|session|credential|csrf|xsrf|bearer|jwt|(?:^|[-_])(?:otp|pin|sid)$/i;
/** Any key is one, but for those that name a thing: a retry needs its Idempotency-Key. */
const KEY =
  /(?:^|(?<!cache|group|idempotency|message|object|partition|primary|public|routing|sort|surrogate|websocket)[-_])key$|(?:access|account|api|app|client|functions?|licen[cs]e|master|private|security|subscription)[-_]?key/i;
/** Less of it, for the fields of a job of somebody else's: not `maxTokens`, `pageToken`, `sessionId`. */
const FIELD =
  /^(?:auth|authorization|bearer|cookie|jwt|pwd|token)$|secret|passw|passphrase|credential|(?:access|api|private)_?key|(?:access|api|auth|bearer|id|refresh|session)_?token|(?:basic|proxy)_?auth/i;
/** Its scheme says that a value is one (RFC 9110 §11.4), whatever the header's name. */
const CREDENTIALS = /^\s*(?:(?:basic|bearer|negotiate|ntlm) +\S{8,}\s*$|digest +\w+=)/i;

/**
 * An authority's user and password (RFC 3986 §3.2.1), up to the last @ before the path. WHATWG's
 * parser takes any number of slashes before that of http, and a proxy with three is none.
 */
const USERINFO = /^(\s*(?:(?:https?|wss?|ftp|socks\w*):\/\/+|[a-z][a-z\d+.-]*:\/\/))([^/?#\\]*)@/i;
/** As much as may be one, in what is no URL. */
const LIKE_USERINFO = /^(\s*[a-z][a-z\d+.-]*:\/\/)?(.*)@/is;
/** In the middle of a text: from the slashes on, as the scheme's letters begin everywhere in a word. */
const USERINFO_WITHIN = /(:\/\/+)[^\s/?#\\'"`<>]*@/g;

/** Shorter ones are in many a text by chance. */
const SHORTEST = 4;

export function isSecretHeader(name: string): boolean {
  return HEADER.test(name) || KEY.test(name);
}

/** Whether the value of a header, of whatever name, is one that Authorization may have. */
export function isAuthorization(value: unknown): boolean {
  return typeof value === 'string' && CREDENTIALS.test(value);
}

export function isSecretField(name: string): boolean {
  return FIELD.test(name);
}

/** A text that is a URL as a whole without its user and password; any other as it is. */
export function withoutUserinfoIfURL(text: string): string {
  return /^\s*[a-z][a-z\d+.-]*:\/\/\S+$/i.test(text) ? text.replace(USERINFO, '$1') : text;
}

/** A URL without its user and password. Of what is no URL, all before the last @ may be those. */
export function withoutUserinfo(url: string): string {
  return url.replace(userinfoOf(url), '$1');
}

/** A text, without users and passwords of the URLs in it. */
export function withoutUserinfoWithin(text: string): string {
  return text.replace(USERINFO_WITHIN, '$1');
}

/** What one job keeps secret, to be left out of what is told of it. */
export class Secrets {
  readonly #known = new Set<string>();

  /** A password, a token, the value of a header, or several of them in an array or a record. */
  add(secret: unknown): void {
    if (typeof secret === 'string') this.#addText(secret);
    else if (Array.isArray(secret) || isPlainObject(secret))
      for (const part of Object.values(secret as object))
        if (typeof part === 'string') this.#addText(part);
  }

  /** The password in a URL, or the user if it has none, as a token may stand there. */
  addOfURL(url: string): void {
    const userinfo = userinfoOf(url).exec(url)?.[2] ?? '';
    const [user = ''] = userinfo.split(':', 1);
    const password = userinfo.slice(user.length + 1) || user;
    this.#addText(password);
    this.#addText(decoded(password));
  }

  /** A text as it may be told, without them, and without credentials in URLs. */
  hide(text: string): string {
    const longestFirst = [...this.#known].sort((a, b) => b.length - a.length);
    return longestFirst.reduce(
      (hidden, secret) => hidden.replaceAll(secret, '***'),
      text.replace(USERINFO_WITHIN, '$1***@'),
    );
  }

  /** Of `Bearer abc`, what follows is one of its own. */
  #addText(secret: string): void {
    for (const text of [secret, secret.slice(secret.indexOf(' ') + 1)])
      if (text.length >= SHORTEST) this.#known.add(text);
  }
}

/** What parsers agree on as an authority is one, with a path that may have an @ of its own. */
function userinfoOf(url: string): RegExp {
  return /^\s*[a-z][a-z\d+.-]*:\/\/[^\s\\]*$/i.test(url.trim()) && URL.canParse(url)
    ? USERINFO
    : LIKE_USERINFO;
}

function decoded(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}
