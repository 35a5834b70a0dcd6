import { InvalidJobError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import { basic } from '../request/auth/auth.js';
import { show } from '../show.js';

/** The schemes of a proxy, each with the port that is meant where the URL has none. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};
const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;
/** What could be misread: a scheme without a host after it; what the URL class drops or rewrites. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONFUSING = /^(https?|socks5h?):(?!\/\/[^/?#])|[\x00-\x20\\"'<>]/i;
/** RFC 1929 §2: a length is one byte. */
const LONGEST_SOCKS_CREDENTIAL = 255;

/**
 * Parses a proxy's URL; one without a scheme is http (requests' `prepend_scheme_if_needed`).
 *
 * @param name where it stands, for the error
 * @throws InvalidJobError, without the credentials
 */
export function parseProxy(input: string | URL, name = 'proxies'): URL {
  const url = toURL(input);
  if (url === undefined || !Object.hasOwn(DEFAULT_PORTS, url.protocol) || url.hostname === '')
    throw new InvalidJobError(
      `${name} must be an http, https, socks5 or socks5h URL with a host, got ${shown(input)}`,
    );
  if (isSocks(url) && credentialsOf(url).some(isTooLong))
    throw new InvalidJobError(
      `${name}: SOCKS takes a user and a password of up to ${LONGEST_SOCKS_CREDENTIAL} bytes each, got longer ones`,
    );
  if (!isSocks(url)) proxyAuthorization(url);
  return url;
}

/** The user and the password in a proxy's URL, decoded; both empty if there are none. */
export function credentialsOf(proxy: URL): readonly [user: string, password: string] {
  return [decode(proxy.username), decode(proxy.password)];
}

/**
 * The value of Proxy-Authorization for a proxy whose URL has credentials: Basic (RFC 7617), in
 * UTF-8 (requests' `proxy_headers`).
 */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  return basic(...credentialsOf(proxy));
}

export function proxyPort({ port, protocol }: URL): number {
  return Number(port) || (DEFAULT_PORTS[protocol] as number);
}

export function isSocks({ protocol }: URL): boolean {
  return protocol.startsWith('socks');
}

/** Messages are logged: all up to the last @ may be credentials, whatever stands between. */
export function redact(text: string): string {
  return show(text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@'));
}

function shown(input: unknown): string {
  return typeof input === 'string' || input instanceof URL ? redact(String(input)) : kindOf(input);
}

function toURL(input: unknown): URL | undefined {
  if (input instanceof URL) return input;
  if (typeof input !== 'string') return undefined;
  const text = input.trim();
  if (CONFUSING.test(text)) return undefined;
  const url = SCHEME.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** A user or password whose escapes are not UTF-8 is taken as it stands. */
function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}

function isTooLong(credential: string): boolean {
  return Buffer.byteLength(credential) > LONGEST_SOCKS_CREDENTIAL;
}
