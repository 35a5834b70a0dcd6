import { type Awaitable, isPromiseLike, type OrNothing } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { show } from '../show.js';
import { Headers } from './headers.js';
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
 * @throws InvalidJobError if `auth` is neither a pair of strings nor a function, or returns what is
 * no request
 */
export function authorize(request: PreparedRequest, auth: Auth): Awaitable<PreparedRequest> {
  if (typeof auth === 'function') {
    const signed = auth(request);
    return isPromiseLike(signed)
      ? signed.then((other) => checked(other ?? request))
      : checked(signed ?? request);
  }
  if (!Array.isArray(auth) || auth.length !== 2 || auth.some((part) => typeof part !== 'string'))
    throw new InvalidJobError('auth must be [user, password] or a function');
  request.headers.set('Authorization', basic(auth[0], auth[1]));
  return request;
}

function checked(request: PreparedRequest): PreparedRequest {
  if (!(request.url instanceof URL && request.headers instanceof Headers))
    throw new InvalidJobError(
      `auth must return a prepared request or nothing, got ${show(request)}`,
    );
  return request;
}

/** RFC 7617, in UTF-8. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
