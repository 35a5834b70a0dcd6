import { UnrewindableBodyError } from '../errors.js';
import type { ResponseMessage } from '../message.js';
import { isReplayable } from '../request/body/body-stream.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import { parseURL } from '../request/url.js';

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = ['Content-Length', 'Content-Type', 'Transfer-Encoding'];

/** Headers that carry keys, by custom: they stay with the origin that they were set for. */
export const SENSITIVE_HEADERS: readonly string[] = [
  'Authorization',
  'Cookie',
  'Proxy-Authorization',
  'X-API-Key',
  'API-Key',
  'ApiKey',
  'X-Auth-Token',
  'X-Access-Token',
  'X-Auth-Key',
  'X-CSRF-Token',
  'X-XSRF-Token',
  'X-Amz-Security-Token',
  'X-Goog-Api-Key',
  'X-Vault-Token',
  'Private-Token',
  'Ocp-Apim-Subscription-Key',
];

export function isRedirect(statusCode: number): boolean {
  return REDIRECT_STATUSES.has(statusCode);
}

/**
 * The request that a redirect asks for (requests' `resolve_redirects`). Its Cookie header is gone,
 * to be asked of the jar again; so is whatever was for the first host's eyes only.
 *
 * @param location the response's Location, its bytes read as latin1, as headers are
 * @param sensitive headers that do not leave the origin, beside those that never do
 * @throws InvalidURLError if it leads to no http or https URL
 * @throws UnrewindableBodyError if the body would have to be sent again, and cannot
 */
export function redirected(
  request: PreparedRequest,
  response: ResponseMessage,
  location: string,
  sensitive: readonly string[],
): PreparedRequest {
  const { statusCode } = response;
  const url = targetOf(location, { request, response });
  const headers = request.headers.clone();
  headers.delete('Cookie');
  headers.delete('Proxy-Authorization');
  if (!isTrusted(request.url, url))
    for (const name of ['Authorization', ...sensitive]) headers.delete(name);
  if (url.host !== request.url.host) headers.delete('Host');
  const keepsBody = statusCode === 307 || statusCode === 308;
  if (keepsBody) checkResendable(request, response);
  else for (const name of BODY_HEADERS) headers.delete(name);
  const method = redirectedMethod(request.method, statusCode);
  return { method, url, headers, body: keepsBody ? request.body : undefined };
}

/** @throws UnrewindableBodyError if the request's body can be read only once */
export function checkResendable(request: PreparedRequest, response: ResponseMessage): void {
  const { method, url, body } = request;
  if (isReplayable(body)) return;
  throw new UnrewindableBodyError(
    `${method} ${url}: a ${response.statusCode} asks for the body again, which can be read only once; pass a function that makes the stream`,
    { request, response },
  );
}

/**
 * Whether what was meant for one URL may go to another (requests' `should_strip_auth`): within the
 * origin, and from http to https of one host on the default ports.
 */
export function isTrusted(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:';
  return upgraded && from.hostname === to.hostname && from.port === '' && to.port === '';
}

/** A fragment is inherited (RFC 9110 §10.2.2); credentials in a Location are dropped. */
function targetOf(
  location: string,
  context: { readonly request: PreparedRequest; readonly response: ResponseMessage },
): URL {
  const from = context.request.url;
  const url = parseURL(textOf(location), from, { ...context, phase: 'response' });
  url.username = url.password = '';
  if (url.hash === '') url.hash = from.hash;
  return url;
}

/** A Location in UTF-8, as most servers mean it; bytes that are not are escaped as they are. */
function textOf(location: string): string {
  const text = Buffer.from(location, 'latin1').toString();
  return text.includes('\ufffd') ? location.replace(/[\x80-\xff]/g, encodeByte) : text;
}

function encodeByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** requests' `rebuild_method`: what browsers do, not what RFC 9110 wishes. */
function redirectedMethod(method: string, statusCode: number): string {
  if ((statusCode === 302 || statusCode === 303) && method !== 'HEAD') return 'GET';
  return statusCode === 301 && method === 'POST' ? 'GET' : method;
}
