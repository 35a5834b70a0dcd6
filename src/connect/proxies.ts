import { InvalidJobError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import { NoProxy } from './no-proxy.js';
import { parseProxy, redact } from './proxy-url.js';

/**
 * The proxy to send through: a URL for all requests, null for none, or a record of those by `http`,
 * `https`, `http://host`, `https://host`, `all` and `all://host`. A URL's scheme is `http` (also if
 * it has none), `https`, `socks5` (names are resolved here) or `socks5h` (by the proxy); credentials
 * in it are for the proxy.
 */
export type Proxies = string | URL | null | Readonly<Record<string, string | URL | null>>;

const KEY = /^(?:http|https|all)(?::\/\/([^/@]+))?$/;

/**
 * What `proxies` says of `url`: a proxy, null for none, undefined if it says nothing. The most
 * exact key wins (requests' `select_proxy`).
 *
 * @throws InvalidJobError if that proxy's URL is none
 */
export function selectProxy(url: URL, proxies: Proxies): URL | null | undefined {
  const proxy = isRecord(proxies) ? entryFor(url, proxies) : proxies;
  return proxy === null || proxy === undefined ? proxy : parseProxy(proxy);
}

/**
 * Checks all of `proxies`, so that what is wrong is said before anything is sent.
 *
 * @throws InvalidJobError
 */
export function checkProxies(proxies: Proxies): void {
  if (proxies === null) return;
  if (!isRecord(proxies)) {
    parseProxy(proxies);
    return;
  }
  if (!isPlainObject(proxies))
    throw new InvalidJobError(`proxies must be a URL, null or a record, got ${kindOf(proxies)}`);
  for (const [key, proxy] of Object.entries(proxies)) {
    checkKey(key);
    if (proxy !== null && proxy !== undefined) parseProxy(proxy, `proxies[${show(key)}]`);
  }
}

/** As `process.env` is. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set, and its value as it stands. */
interface Setting {
  readonly name: string;
  readonly value: string;
}

/**
 * The proxies that environment variables name: `http_proxy`, `https_proxy` and `all_proxy`, and
 * `no_proxy` for those to be reached without (requests' `get_environ_proxies`, urllib's
 * `getproxies_environment`).
 */
export class ProxyEnvironment {
  /** By the protocol that it is for. */
  readonly #proxies = new Map<string, Setting>();
  readonly #exceptions: NoProxy;

  /** What `env` says now; it is not looked at again. */
  static read(env: Environment = process.env): ProxyEnvironment {
    return new ProxyEnvironment(env);
  }

  private constructor(env: Environment) {
    for (const scheme of ['http', 'https']) {
      const setting = settingOf(scheme, env) ?? settingOf('all', env);
      if (setting !== undefined) this.#proxies.set(`${scheme}:`, setting);
    }
    // An empty one in lower case does not hide the other, unlike with the proxies: so in requests.
    this.#exceptions = new NoProxy(env.no_proxy || env.NO_PROXY || '');
  }

  /** Whether it names no proxy at all, so that there is nothing to ask. */
  get isEmpty(): boolean {
    return this.#proxies.size === 0;
  }

  /** @throws InvalidJobError if the variable's value is no proxy's URL; it names the variable */
  proxyFor(url: URL): URL | undefined {
    const setting = this.#proxies.get(url.protocol);
    if (setting === undefined || this.#exceptions.covers(url)) return undefined;
    return parseProxy(setting.value, setting.name);
  }
}

function isRecord(proxies: Proxies): proxies is Exclude<Proxies, string | URL | null> {
  return typeof proxies === 'object' && proxies !== null && !(proxies instanceof URL);
}

function entryFor(url: URL, proxies: Exclude<Proxies, string | URL | null>) {
  const scheme = url.protocol.slice(0, -1);
  for (const key of [`${scheme}://${url.hostname}`, scheme, `all://${url.hostname}`, 'all']) {
    if (proxies[key] !== undefined) return proxies[key];
  }
  return undefined;
}

/** A key that could never be asked for is a mistake: another scheme, a port, upper case. */
function checkKey(key: string): void {
  const match = KEY.exec(key);
  if (match !== null && (match[1] === undefined || isHostname(match[1]))) return;
  throw new InvalidJobError(
    `proxies: a key must be http, https or all, or one of them with a host in lower case and without a port, such as https://example.com, got ${redact(key)}`,
  );
}

function isHostname(host: string): boolean {
  const url = `http://${host}`;
  return URL.canParse(url) && new URL(url).hostname === host;
}

/**
 * Lower case wins, and an empty one there takes the upper-case one away. In a CGI script
 * HTTP_PROXY is what the request's header `Proxy` says (CVE-2016-1000110).
 */
function settingOf(scheme: string, env: Environment): Setting | undefined {
  const lower = `${scheme}_proxy`;
  const upper = lower.toUpperCase();
  const name = env[lower] === undefined ? upper : lower;
  if (name === 'HTTP_PROXY' && env.REQUEST_METHOD !== undefined) return undefined;
  const value = env[name];
  return value === undefined || value.trim() === '' ? undefined : { name, value };
}
