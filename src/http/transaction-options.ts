import type { CookieJar } from 'tough-cookie';
import type { RequestMessage } from '../message.js';
import type { Auth } from '../request/auth/auth.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import type { Timeouts } from '../request/timeouts.js';
import type { Abortable } from './abortable.js';
import type { ResponseHook } from './hooks.js';
import type { Route } from './routes.js';

/** A job's own cookies. */
export interface JobCookies {
  readonly jar: CookieJar;
  /** Whether they are for the job's origin alone, whatever the jar would say. */
  readonly isBound: boolean;
}

export interface TransactionOptions {
  /** Filled from every response, and asked for every request. */
  readonly cookies: CookieJar;
  /** Over those. */
  readonly jobCookies: JobCookies | undefined;
  /** Signs the first request, and those after it as far as it may. */
  readonly auth: Auth | undefined;
  /** What signs a request that may not have that one. */
  readonly authFor: (request: PreparedRequest) => Auth | undefined;
  /** Asked for each request: a session that is closed meanwhile has other connections then. */
  readonly routeTo: (request: PreparedRequest) => Route;
  readonly timeouts: Timeouts;
  /** In bytes, as sent and decoded; undefined for the default. */
  readonly maxResponseSize: number | undefined;
  /** Undefined if redirects are not to be followed. */
  readonly maxRedirects: number | undefined;
  readonly sensitiveHeaders: readonly string[];
  /** Whether the response is handed out at its head. */
  readonly isStreamed: boolean;
  /** Whether a status of 400 or above is an error, which must hold no connection. */
  readonly raisesForStatus: boolean;
  readonly hooks: readonly ResponseHook[];
  /** How long the job has waited before, in milliseconds. */
  readonly queued: number;
}

/** What may end a transaction before its time. */
export interface Watcher {
  /** Is told of each step as it begins. @throws RequestError if no other is to begin */
  watch(step: Abortable, request: RequestMessage): void;
  /** Is told of time that the transaction waits for its turn, which is none of its own. */
  suspend?(wait: Promise<void>): Promise<void>;
  /** Is told of a body that goes on when the transaction is done, if it is to end that too. */
  extendTo?(step: Abortable): void;
  /** That body has ended. */
  end?(): void;
  /** The transaction has its response, or its error. */
  done?(): void;
}
