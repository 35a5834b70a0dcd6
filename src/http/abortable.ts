import type { Phase } from '../errors.js';

/** What an early end has to stop: a request under way, a body that is being read. */
export interface Abortable {
  /** Where a request is that it ends now. */
  readonly phase: Phase;
  /** Ends it with `error`, now. Does nothing once it is over. */
  abort(error: Error): void;
}

/**
 * The step of a request that is signed, or given its cookies: it cannot be stopped, but none is begun
 * after it.
 */
export const PREPARING: Abortable = { phase: 'prepare', abort() {} };

/** That of the hooks of a response that is whole. */
export const FOLLOWING_UP: Abortable = { phase: 'response', abort() {} };
