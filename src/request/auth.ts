import { type Awaitable, isPromiseLike, type OrNothing } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import type { PreparedRequest } from './prepared-request.js';

/**
 * A user and a password for Basic authentication, or a function that signs the prepared request
 * (or returns another to send in its place).
 */
export type Auth =
  | readonly [user: string, password: string]
  | ((request: PreparedRequest) => Awaitable<OrNothing<PreparedRequest>>);

/**
 * Applies `auth`; a promise only if the function returned one (requests' `prepare_auth`).
 *
 * @throws InvalidJobError if `auth` is neither a pair of strings nor a function
 */
export function authorize(request: PreparedRequest, auth: Auth): Awaitable<PreparedRequest> {
  if (typeof auth === 'function') {
    const signed = auth(request);
    return isPromiseLike(signed) ? signed.then((other) => other ?? request) : (signed ?? request);
  }
  if (!Array.isArray(auth) || auth.length !== 2 || auth.some((part) => typeof part !== 'string'))
    throw new InvalidJobError('auth must be [user, password] or a function');
  request.headers.set('Authorization', basic(auth[0], auth[1]));
  return request;
}

/** RFC 7617, in UTF-8. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
