import { expect } from 'vitest';
import { AbortError, type Outcome } from '../../src/index.js';

/** What the tests abort with. */
export const reason = new Error('enough');

/** What a job ended in, if not in a response. */
export function errorOf(outcome: Outcome<unknown> | undefined): unknown {
  return outcome?.kind === 'exception' ? outcome.exception : undefined;
}

/** That it is what an abort makes of a job. */
export function expectAborted(error: unknown, cause: unknown = reason): void {
  expect(error).toBeInstanceOf(AbortError);
  expect((error as AbortError).cause).toBe(cause);
}
