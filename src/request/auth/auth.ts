import { type Awaitable, isPromiseLike, type OrNothing } from '../../awaitable.js';
import { InvalidJobError } from '../../errors.js';
import type { RequestMessage } from '../../message.js';
import { Headers } from '../headers.js';
import { checkMethod } from '../method.js';
import { opened, type PreparedRequest } from '../prepared-request.js';

/** Signs the prepared request, or returns another to send in its place. */
export type Sign = (request: PreparedRequest) => Awaitable<OrNothing<PreparedRequest>>;

/** An authentication scheme that answers challenges (RFC 9110 §11), as Digest does. */
export interface Authenticator {
  /** Is called with each request, those of redirects within the origin too, before it is sent. */
  readonly sign: Sign;
  /**
   * Is called when a request came back as a 401. Whether it is to be signed again, and sent again.
   *
   * @param challenges the values of the response's WWW-Authenticate headers, one or more
   * challenges in each
   * @param answers how often it said yes for this request already
   */
  accepts(challenges: readonly string[], request: RequestMessage, answers: number): boolean;
}

/** A user and a password for Basic authentication, or what else signs a request. */
export type Auth = readonly [user: string, password: string] | Sign | Authenticator;

/** RFC 6750 §2.1 allows less, but some services hand out tokens with a bar or a colon in them. */
const TOKEN = /^[!-~]+$/;

/**
 * Bearer authorization (RFC 6750 §2.1).
 *
 * @throws InvalidJobError if `token` is no string of visible ASCII characters, such as one with the
 * line break of the file that it was read from
 */
export function bearerAuth(token: string): Sign {
  if (typeof token !== 'string' || !TOKEN.test(token))
    throw new InvalidJobError(
      `a bearer token must be a string of visible ASCII characters, got ${unlike(token)}`,
    );
  return ({ headers }) => headers.set('Authorization', `Bearer ${token}`);
}

/**
 * The value of an Authorization or Proxy-Authorization header (RFC 7617, in UTF-8).
 *
 * @throws InvalidJobError for a user with a colon: the server would read its rest as password
 */
export function basic(user: string, password: string): string {
  if (user.includes(':'))
    throw new InvalidJobError('the user of Basic authentication can have no colon (RFC 7617 §2)');
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/**
 * Applies `auth`; a promise only if the function returned one (requests' `prepare_auth`).
 *
 * @throws InvalidJobError if `auth` is none, or returns what is no request
 */
export function authorize(request: PreparedRequest, auth: Auth): Awaitable<PreparedRequest> {
  if (isPair(auth)) {
    request.headers.set('Authorization', basic(auth[0], auth[1]));
    return request;
  }
  checkAuth(auth);
  const signed = signedBy(auth, request);
  return isPromiseLike(signed)
    ? signed.then((other) => checked(other ?? request))
    : checked(signed ?? request);
}

function isPair(auth: unknown): auth is readonly [string, string] {
  return Array.isArray(auth) && auth.length === 2 && auth.every((part) => typeof part === 'string');
}

function signedBy(
  auth: Exclude<Auth, readonly string[]>,
  request: PreparedRequest,
): ReturnType<Sign> {
  return typeof auth === 'function' ? auth(opened(request)) : auth.sign(opened(request));
}

/** @throws InvalidJobError if it is none of the forms of `Auth` */
export function checkAuth(auth: unknown): asserts auth is Auth {
  if (!isPair(auth) && typeof auth !== 'function' && !isAuthenticator(auth))
    throw new InvalidJobError(
      `auth must be [user, password], a function, or an object with sign() and accepts(), got ${kindOf(auth)}`,
    );
}

/** Whether it answers challenges, beside signing requests. */
export function isAuthenticator(auth: unknown): auth is Authenticator {
  if (typeof auth !== 'object' || auth === null) return false;
  const { sign, accepts } = auth as Partial<Authenticator>;
  return typeof sign === 'function' && typeof accepts === 'function';
}

function checked(request: PreparedRequest): PreparedRequest {
  if (!(request.url instanceof URL && request.headers instanceof Headers))
    throw new InvalidJobError(
      `auth must return a prepared request or nothing, got ${kindOf(request)}`,
    );
  checkMethod(request.method);
  return withoutCredentials(request);
}

/** Those of a URL are not sent (RFC 9110 §4.2.4); nor does the response, or an error, tell them. */
function withoutCredentials(request: PreparedRequest): PreparedRequest {
  if (request.url.username === '' && request.url.password === '') return request;
  const url = new URL(request.url);
  url.username = url.password = '';
  return { ...request, url };
}

/** What it is, and nothing of what it says: it may be a secret. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length} (${typesOf(value)})`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function typesOf(values: readonly unknown[]): string {
  const types: string[] = values.slice(0, 3).map((value) => typeof value);
  return types.concat(values.length > 3 ? '…' : []).join(', ');
}

function unlike(token: unknown): string {
  if (typeof token !== 'string') return kindOf(token);
  return token === '' ? 'an empty one' : 'one with other characters';
}
