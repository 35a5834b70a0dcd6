import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie';
import type { Awaitable } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import { lookUp } from './cookie-lookup.js';
import { hrefOf, type PreparedRequest } from './prepared-request.js';

/** A job's own cookies: by name, for the origin that it is sent to, or a jar. */
export type Cookies = CookieJar | Readonly<Record<string, string>>;

/** RFC 6265 §4.1.1: a cookie's name is a token; of its value, what would end it or the header. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const NO_VALUE = /[\x00-\x1f\x7f;]|[^\x00-\xff]/;

/**
 * The Cookie header for a request, '' for none; a promise only if the jar's store needs one. An empty
 * jar costs nothing.
 */
export function cookieHeader(jar: CookieJar, request: PreparedRequest): string | Promise<string> {
  if (isEmpty(jar)) return '';
  const found = lookUp(jar, request);
  if (found !== undefined) return found;
  const href = hrefOf(request);
  return jar.store.synchronous ? jar.getCookieStringSync(href) : jar.getCookieString(href);
}

/** The same of two jars; where both have a cookie, the second one's goes. */
export async function cookieHeaderOfBoth(
  shared: CookieJar,
  own: CookieJar,
  url: URL,
): Promise<string> {
  const ownCookies = await own.getCookies(url.href);
  const names = new Set(ownCookies.map(({ key }) => key));
  const others = (await shared.getCookies(url.href)).filter(({ key }) => !names.has(key));
  return [...others, ...ownCookies].map((cookie) => cookie.cookieString()).join('; ');
}

/**
 * Stores what a response from `url` set. A cookie that is malformed or not this host's to set is
 * ignored, as RFC 6265 §5.3 says.
 */
export function storeCookies(
  jar: CookieJar,
  url: URL,
  setCookies: readonly string[],
): void | Promise<void> {
  if (jar.store.synchronous) {
    for (const cookie of setCookies) jar.setCookieSync(cookie, url.href, { ignoreError: true });
    return;
  }
  return Promise.all(
    setCookies.map((cookie) => jar.setCookie(cookie, url.href, { ignoreError: true })),
  ).then(() => undefined);
}

/**
 * A job's own cookies in a jar of their own, so that what its responses set changes neither the
 * record nor the jar that was given (requests' `merge_cookies`).
 *
 * @param url where the cookies of a record go
 * @throws InvalidJobError for what is neither, or a cookie that cannot be sent
 */
export function jarOf(cookies: Cookies, url: URL): Awaitable<CookieJar> {
  if (isJar(cookies)) return cookies.clone();
  if (!isPlainObject(cookies))
    throw new InvalidJobError(`cookies must be a record or a CookieJar, got ${kindOf(cookies)}`);
  // These were not set by a server, so the rules for what a server may set do not hold.
  const jar = new CookieJar(undefined, {
    rejectPublicSuffixes: false,
    prefixSecurity: 'unsafe-disabled',
  });
  const secure = url.protocol === 'https:';
  for (const [key, value] of Object.entries(cookies)) {
    checkCookie(key, value);
    jar.setCookieSync(new Cookie({ key, value, path: '/', secure }), url.href);
  }
  return jar;
}

/** Whether it is one of tough-cookie, from whichever copy of it. */
export function isJar(value: unknown): value is CookieJar {
  return typeof (value as Partial<CookieJar> | null)?.getCookieString === 'function';
}

/** Values are in no message: they are credentials, as often as not. */
function checkCookie(name: string, value: unknown): void {
  if (!NAME.test(name)) throw new InvalidJobError(`cookies: the name ${show(name)} is not a token`);
  if (typeof value !== 'string')
    throw new InvalidJobError(`cookies.${name} must be a string, got ${typeof value}`);
  if (NO_VALUE.test(value))
    throw new InvalidJobError(`cookies.${name} has a character that no cookie may have`);
}

function isEmpty({ store }: CookieJar): boolean {
  if (!(store instanceof MemoryCookieStore)) return false;
  for (const _domain in store.idx) return false;
  return true;
}
