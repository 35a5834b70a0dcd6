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
 * @param base what a relative `input` is resolved against
 * @param context for the error
 * @throws InvalidURLError
 */
export function parseURL(input: string | URL, base?: URL, context?: RequestErrorOptions): URL {
  let url: URL;
  try {
    url = new URL(input, base);
  } catch {
    // No cause: Node's error has the URL in it, credentials and all.
    throw new InvalidURLError(
      `invalid URL ${JSON.stringify(redact(input))}${hint(input)}`,
      context,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new InvalidURLError(
      `invalid URL ${JSON.stringify(redact(input))}: http or https expected, got ${url.protocol}`,
      context,
    );
  return url;
}

/**
 * The session's params with the job's over them: two records are merged, and a null in the job's
 * drops the session's; of any other forms the job's stands alone (requests' `merge_setting`).
 */
export function mergeParams(
  ofSession: Params | undefined,
  ofJob: Params | undefined,
): Params | undefined {
  if (ofSession === undefined || ofJob === undefined) return ofJob ?? ofSession;
  if (!isRecord(ofSession) || !isRecord(ofJob)) return ofJob;
  const set = Object.entries(ofJob).filter(([, value]) => value !== undefined);
  return { ...ofSession, ...Object.fromEntries(set) };
}

function isRecord(params: Params): params is Exclude<Params, string | Iterable<unknown>> {
  return typeof params === 'object' && params !== null && !(Symbol.iterator in params);
}

function addQuery(url: URL, params: Params): void {
  const query =
    typeof params === 'string' ? params.replace(/^\?/, '') : encodeForm(params, 'params');
  if (query !== '') url.search = url.search === '' ? query : `${url.search}&${query}`;
}

/** A user or password whose escapes are not UTF-8 is taken as it stands. */
function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}

function hint(input: string | URL): string {
  const text = String(input).trim();
  return URL.canParse(`https://${text}`) && !text.includes('://')
    ? `: no scheme; perhaps you meant https://${redact(text)}?`
    : '';
}

/** Messages are logged: no password in them, not even one that broke the URL, as with a slash. */
function redact(input: string | URL): string {
  return String(input).replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@');
}
