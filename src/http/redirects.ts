import type { ResponseMessage } from '../message.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import { parseURL } from '../request/url.js';

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = ['Content-Length', 'Content-Type', 'Transfer-Encoding'];

export function isRedirect(statusCode: number): boolean {
  return REDIRECT_STATUSES.has(statusCode);
}

/**
 * The request that a redirect asks for (requests' `resolve_redirects`). Its Cookie header is gone,
 * to be asked of the jar again; so is whatever was for the first host's eyes only.
 *
 * @param location the response's Location, its bytes read as latin1, as headers are
 * @throws InvalidURLError if it leads to no http or https URL
 */
export function redirected(
  request: PreparedRequest,
  response: ResponseMessage,
  location: string,
): PreparedRequest {
  const { statusCode } = response;
  const url = targetOf(location, { request, response });
  const headers = request.headers.clone();
  headers.delete('Cookie');
  headers.delete('Proxy-Authorization');
  if (!keepsAuthorization(request.url, url)) headers.delete('Authorization');
  if (url.host !== request.url.host) headers.delete('Host');
  const keepsBody = statusCode === 307 || statusCode === 308;
  if (!keepsBody) for (const name of BODY_HEADERS) headers.delete(name);
  const method = redirectedMethod(request.method, statusCode);
  return { method, url, headers, body: keepsBody ? request.body : undefined };
}

/** A fragment is inherited (RFC 9110 §10.2.2); credentials in a Location are dropped. */
function targetOf(
  location: string,
  context: { readonly request: PreparedRequest; readonly response: ResponseMessage },
): URL {
  const from = context.request.url;
  const url = parseURL(Buffer.from(location, 'latin1').toString(), from, context);
  url.username = url.password = '';
  if (url.hash === '') url.hash = from.hash;
  return url;
}

/** requests' `rebuild_method`: what browsers do, not what RFC 9110 wishes. */
function redirectedMethod(method: string, statusCode: number): string {
  if ((statusCode === 302 || statusCode === 303) && method !== 'HEAD') return 'GET';
  return statusCode === 301 && method === 'POST' ? 'GET' : method;
}

/**
 * requests' `should_strip_auth`: the same origin only, but for the step from http to https on the
 * default ports.
 */
function keepsAuthorization(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:';
  return upgraded && from.hostname === to.hostname && from.port === '' && to.port === '';
}
