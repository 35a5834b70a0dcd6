import type { Awaitable } from './awaitable.js';
import type { RequestError } from './errors.js';
import type { RequestOptions } from './http/request-context.js';
import type { Session } from './session.js';

/** What a pool needs of a session. */
export interface SessionLike<J = never, R = unknown> {
  /**
   * Makes one request. Whatever it throws is the job's exception. It need not look at the options:
   * the job of a pool that is aborted ends all the same.
   */
  request(job: J, options?: RequestOptions): Awaitable<R>;
  close?(): unknown;
}

/** The jobs that a session takes. */
export type JobOf<S extends SessionLike> = Parameters<S['request']>[0];

/** What a session's request resolves with. */
export type ResponseOf<S extends SessionLike> = Awaited<ReturnType<S['request']>>;

/** What is thrown, as far as the type can tell; a hook or a custom session may throw anything. */
export type ExceptionOf<S extends SessionLike> = S extends Session ? RequestError : Error;
