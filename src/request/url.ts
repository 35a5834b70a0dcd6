import { InvalidURLError, type RequestErrorOptions } from '../errors.js';
import { encodeForm, type FormFields } from './form.js';

/** What is added to a URL's query: a query string, or fields to encode as one. */
export type Params = string | FormFields;

/** A URL to send to, and the credentials that stood in it. */
export interface Target {
  readonly url: URL;
  readonly credentials: readonly [user: string, password: string] | undefined;
}

/**
 * What all parsers read alike, with a scheme or as a reference (RFC 3986 §4.2). WHATWG's drops tabs
 * and line breaks, takes a backslash for a slash, and finds a host in `http:/x`: who checks a URL by
 * another parser would see another host.
 */
const UNAMBIGUOUS =
  /^(?=[ -\uffff]*$)(?:(?:https?:)?\/\/[^\\/?#]+(?:[/?#]|$)|(?!https?:|[\\/]{2}))/i;

/**
 * What `tidied` changes: characters that are to be escaped, a percent sign that begins no escape,
 * an escape in lower case, and that of an unreserved character (RFC 3986 §2.3).
 */
const UNTIDY =
  /[^ -\uffff]|[\\^`{|}]|%(?![\dA-F]{2})|%(?:2[DE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAE])/;

/** Most URLs: unambiguous and tidy, which one test shows at half the time of the two above. */
const PLAIN = /^https?:\/\/[\w.:-]+\/[\w!$&()*+,./:;=?@#[\]~-]*$/;

/**
 * Parses a job's URL and adds its params to the query that it has. Credentials leave the URL
 * (RFC 9110 §4.2.4), to be sent as Basic authorization.
 *
 * @throws InvalidURLError if it is no absolute http or https URL
 */
export function prepareURL(input: string | URL, params: Params | undefined): Target {
  const url = parseURL(input);
  if (params !== undefined) addQuery(url, params);
  if (url.username === '' && url.password === '') return { url, credentials: undefined };
  const credentials = [decode(url.username), decode(url.password)] as const;
  url.username = url.password = '';
  return { url, credentials };
}

/**
 * A URL as WHATWG's parser reads it and requests' `requote_uri` writes it; parsed again, it stays
 * as it is. White space around it is no part of it.
 *
 * @param base what a relative `input` is resolved against
 * @param context for the error
 * @throws InvalidURLError if it leads to no http or https URL, or where to depends on the parser:
 * for a control character in it, a scheme without `//` and a host, a backslash before its path
 */
export function parseURL(input: string | URL, base?: URL, context?: RequestErrorOptions): URL {
  const text = String(input).trim();
  const url = parse(text, base);
  if (url !== undefined && PLAIN.test(text)) return url;
  const flaw = flawOf(text, url);
  if (url === undefined || flaw !== undefined)
    throw new InvalidURLError(`invalid URL ${JSON.stringify(redact(text))}${flaw}`, context);
  if (UNTIDY.test(url.href)) {
    url.pathname = tidied(url.pathname);
    url.search = tidied(url.search);
  }
  return url;
}

/** Where a request goes. */
export interface Address {
  /** As in a URL. */
  readonly origin: string;
  /** Path and query, as they stand in a request (RFC 9112 §3.2.1). */
  readonly path: string;
}

/** The origin that was asked for last: most requests go where the one before went. */
let lastOrigin = '';

/** A path and a query that no parser changes; but for steps, such as `/..`. */
const CANONICAL = /^\/[\w!$&()*+,./:;=@~-]*(?:\?[\w!$&()*+,./:;=?@~-]+)?$/;

/** Where `input` leads, if that can be told without its parser. */
export function addressIn(input: string | URL): Address | undefined {
  if (typeof input !== 'string' || !input.startsWith('http') || !input.startsWith(lastOrigin))
    return undefined;
  const path = input.slice(lastOrigin.length);
  return CANONICAL.test(path) && !path.includes('/.') ? { origin: lastOrigin, path } : undefined;
}

/** The URL's origin: the same string for as long as it stays the same, which is quick to look up. */
export function originOf(url: URL): string {
  const { href } = url;
  if (!href.startsWith(lastOrigin) || href[lastOrigin.length] !== '/') lastOrigin = url.origin;
  return lastOrigin;
}

/** Path and query, as they stand in a request (RFC 9112 §3.2.1). */
export function pathOf(url: URL): string {
  const { href, hash } = url;
  const path = href.slice(originOf(url).length, href.length - hash.length);
  // A hash or a query of nothing is none.
  return path.endsWith('?') || path.endsWith('#') ? url.pathname + url.search : path;
}

/**
 * The session's params, but for those that the job's name too, and then the job's (requests'
 * `merge_setting`, here for all forms). Null in the job's drops the session's, undefined does not.
 *
 * @throws InvalidJobError if one of them has no form that params have
 */
export function mergeParams(
  ofSession: Params | undefined,
  ofJob: Params | undefined,
): Params | undefined {
  if (isNothing(ofSession) || isNothing(ofJob)) return ofJob ?? ofSession ?? undefined;
  // Pairs may come from a generator, which is read once.
  const own = isIterable(ofJob) ? [...ofJob] : ofJob;
  const query = queryOf(own);
  const names = namesOf(own);
  const others = queryOf(ofSession)
    .split('&')
    .filter((field) => !fieldsOf(field).some(([name]) => names.has(name)));
  return [...others, query].filter((part) => part !== '').join('&');
}

function isIterable(params: Params): params is Exclude<Extract<Params, Iterable<unknown>>, string> {
  return typeof params === 'object' && params !== null && Symbol.iterator in params;
}

function queryOf(params: Params): string {
  return typeof params === 'string' ? params.replace(/^\?/, '') : encodeForm(params, 'params');
}

function namesOf(params: Params): ReadonlySet<string> {
  const fields: Iterable<readonly [string, unknown]> =
    typeof params === 'string'
      ? fieldsOf(queryOf(params))
      : isIterable(params)
        ? params
        : Object.entries(params);
  return new Set(
    Array.from(fields, ([name, value]) => (value === undefined ? [] : String(name))).flat(),
  );
}

/** The ampersand in front keeps a question mark, which would be dropped. */
function fieldsOf(query: string): readonly (readonly [name: string, value: string])[] {
  return [...new URLSearchParams(`&${query}`)];
}

function addQuery(url: URL, params: Params): void {
  const query = tidied(queryOf(params));
  if (query !== '') url.search = url.search === '' ? query : `${url.search}&${query}`;
}

function parse(text: string, base: URL | undefined): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    // Node's error has the URL in it, credentials and all.
    return undefined;
  }
}

/**
 * A path or a query with requests' escapes, none of them twice: of reserved characters they stay,
 * in upper case (RFC 3986 §6.2.2.1), of unreserved ones they are undone (§6.2.2.2).
 */
function tidied(text: string): string {
  if (!UNTIDY.test(text)) return text;
  return text.replace(/%([\da-f]{2})|%|[^ -\uffff]|[\\^`{|}]/gi, (found, hex?: string) => {
    if (hex === undefined) return encodeURIComponent(found);
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : found.toUpperCase();
  });
}

/** A user or password whose escapes are not UTF-8 is taken as it stands. */
function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}

/** What is wrong, as the end of a message; undefined if nothing is. */
function flawOf(text: string, url: URL | undefined): string | undefined {
  if (url === undefined) return hint(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `: http or https expected, got ${url.protocol}`;
  if (UNAMBIGUOUS.test(text)) return undefined;
  return /^[ -\uffff]*$/.test(text)
    ? ': // and a host expected after its scheme, and no backslash before its path'
    : ': control characters are not expected in it, but their escapes, such as %0A';
}

function hint(text: string): string {
  return URL.canParse(`https://${text}`) && !text.includes('://')
    ? `: no scheme; perhaps you meant https://${redact(text)}?`
    : '';
}

/** Messages are logged: no password in them, not even one that broke the URL, as with a slash. */
function redact(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@');
}

function isNothing(params: Params | undefined): params is undefined {
  return params === undefined || params === null;
}
