import {
  type Cookie,
  CookieJar,
  cookieCompare,
  domainMatch,
  MemoryCookieStore,
  pathMatch,
  permuteDomain,
} from 'tough-cookie';
import { AddressedRequest, type PreparedRequest } from './prepared-request.js';

/** Of a path, by name. */
type Cookies = Readonly<Record<string, Cookie>>;

/** What is to be known of an origin to find its cookies. */
interface Host {
  readonly origin: string;
  readonly name: string;
  readonly isSecure: boolean;
  /** Those whose cookies it may have. */
  readonly domains: readonly string[];
}

/** What a jar is asked by: as tough-cookie has it. */
const { getCookieStringSync, getCookieString, getCookies } = CookieJar.prototype;
const { findCookies } = MemoryCookieStore.prototype;

/** The one that was asked for last: most requests go where the one before went. */
let last: Host | undefined;

/**
 * The Cookie header for a request (RFC 6265 §5.4) at a fifth of what it costs to ask the jar; undefined
 * where the jar has to be asked: if it is not one in memory as tough-cookie has it, where a cookie has
 * expired, or may only be for https. It does not note the time of the look-up, from which the jar would
 * count a Max-Age anew.
 */
export function lookUp(jar: CookieJar, request: PreparedRequest): string | undefined {
  const address = AddressedRequest.addressOf(request);
  if (address === undefined || !isPlain(jar)) return undefined;
  const { origin, path } = address;
  if (last?.origin !== origin) last = hostOf(origin);
  const [pathname = path] = path.split('?', 1);
  const found: Cookie[] = [];
  if (!collect(jar.store as MemoryCookieStore, last, pathname, found)) return undefined;
  if (found.length > 1) found.sort(cookieCompare);
  return found.map((cookie) => cookie.cookieString()).join('; ');
}

/** Whether nobody has made something else of it: by a class, by a method of its own, by a proxy. */
function isPlain(jar: CookieJar): boolean {
  const { store, allowSpecialUseDomain } = jar as unknown as {
    readonly store: CookieJar['store'];
    readonly allowSpecialUseDomain: boolean;
  };
  return (
    jar.getCookieStringSync === getCookieStringSync &&
    jar.getCookieString === getCookieString &&
    jar.getCookies === getCookies &&
    store.findCookies === findCookies &&
    store.synchronous &&
    allowSpecialUseDomain
  );
}

function hostOf(origin: string): Host {
  const { hostname, protocol } = new URL(origin);
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const domains = (permuteDomain(name, true) ?? [name])
    // Of an address it makes parts; of a name that ends in a dot, that without it, which is another.
    .filter((domain) => domainMatch(name, domain, false));
  return { origin, name, isSecure: protocol === 'https:', domains };
}

/** @returns whether all of them could be decided on */
function collect(
  { idx }: MemoryCookieStore,
  host: Host,
  pathname: string,
  found: Cookie[],
): boolean {
  for (const domain of host.domains) {
    const paths: Readonly<Record<string, Cookies>> | undefined = idx[domain];
    for (const path in paths)
      if (pathMatch(pathname, path) && !collectOf(paths[path] as Cookies, host, found))
        return false;
  }
  return true;
}

function collectOf(cookies: Cookies, { name, isSecure }: Host, found: Cookie[]): boolean {
  for (const key in cookies) {
    const cookie = cookies[key] as Cookie;
    if (cookie.hostOnly && cookie.domain !== name) continue;
    if ((cookie.secure && !isSecure) || hasExpired(cookie)) return false;
    found.push(cookie);
  }
  return true;
}

function hasExpired(cookie: Cookie): boolean {
  const time = cookie.expiryTime();
  return time !== undefined && time <= Date.now();
}
