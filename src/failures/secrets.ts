import { basicPartsOf } from './secret-parts.js';

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

  /** Passwords, tokens, values of headers. */
  add(secrets: readonly string[]): void {
    const forms = secrets.filter(isLong).flatMap(formsOf);
    for (const form of forms.filter(isLong)) this.#known.add(form);
  }

  /** The password in a URL, or the user if it has none, as a token may stand there. */
  addOfURL(url: string): void {
    const userinfo = userinfoOf(url).exec(url)?.[2] ?? '';
    const [user = '', ...rest] = userinfo.split(':');
    const password = rest.join(':');
    this.add([
      password || user,
      ...basicPartsOf(converted(user, decodeURIComponent), converted(password, decodeURIComponent)),
    ]);
  }

  /** A text as it may be told, without them, and without credentials in URLs. */
  hide(text: string): string {
    const longestFirst = [...this.#known].sort((a, b) => b.length - a.length);
    return longestFirst.reduce(
      (hidden, secret) => hidden.replaceAll(secret, '***'),
      text.replace(USERINFO_WITHIN, '$1***@'),
    );
  }
}

function isLong(text: string): boolean {
  return text.length >= SHORTEST;
}

/** As it is, as it stands in JSON, in URLs and in forms, and as it was if it comes from one. */
function formsOf(secret: string): string[] {
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1);
  const encoded = converted(secret, encodeURIComponent);
  const inURLs = [inForm, encoded, inQuery(encoded), inQuery(secret)];
  const inLowerCase = inURLs.map((it) => it.replace(/%../g, (octet) => octet.toLowerCase()));
  const inJSON = JSON.stringify(secret).slice(1, -1);
  return [secret, converted(secret, decodeURIComponent), inJSON, ...inURLs, ...inLowerCase];
}

/** As URL has it, which encodes the quotes that encodeURIComponent leaves. */
function inQuery(text: string): string {
  const url = new URL('http://a/');
  url.search = `=${text}`;
  return url.search.slice('?='.length);
}

/** What parsers agree on as an authority is one, with a path that may have an @ of its own. */
function userinfoOf(url: string): RegExp {
  return /^\s*[a-z][a-z\d+.-]*:\/\/[^\s\\]*$/i.test(url.trim()) && URL.canParse(url)
    ? USERINFO
    : LIKE_USERINFO;
}

/** What cannot be converted, as it is. */
function converted(text: string, convert: (text: string) => string): string {
  try {
    return convert(text);
  } catch {
    return text;
  }
}
