import { channel } from 'node:diagnostics_channel';

/**
 * What is published of a job, on all of its channels the same object: so what a subscriber keeps by
 * it, as its span, is found again.
 */
export interface JobMessage {
  /** The pool. */
  readonly pool: unknown;
  /** The very object that was queued. */
  readonly requestKwargs: unknown;
  /** The job's place in the source, from 0; -1 if it was submitted. */
  readonly index: number;
  /** How often it was sent. */
  attempts: number;
  /** The one that runs it, or ran it last. */
  session: unknown;
  /** Of a retry: what the last attempt came to, as in the event, and the least wait for the next, in ms. */
  response?: unknown;
  exception?: unknown;
  delay?: number;
  /** Of the end. */
  outcome?: unknown;
}

/**
 * Channels of `node:diagnostics_channel`: a job is given to a session for the first time; it will be
 * sent again; it has its outcome, also if it never started. What a subscriber throws is an uncaught
 * exception, as Node has it.
 */
export const jobStart = channel('session-pool:job:start');
export const jobRetry = channel('session-pool:job:retry');
export const jobEnd = channel('session-pool:job:end');
