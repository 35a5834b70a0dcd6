import { type CookieJar, MemoryCookieStore } from 'tough-cookie';

/**
 * The Cookie header for a request to `url`, '' for none; a promise only if the jar's store needs
 * one. An empty jar costs nothing.
 */
export function cookieHeader(jar: CookieJar, url: URL): string | Promise<string> {
  if (isEmpty(jar)) return '';
  return jar.store.synchronous ? jar.getCookieStringSync(url.href) : jar.getCookieString(url.href);
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

function isEmpty({ store }: CookieJar): boolean {
  if (!(store instanceof MemoryCookieStore)) return false;
  for (const _domain in store.idx) return false;
  return true;
}
