import { unknownKey } from './known-keys.js';
import { isPlainObject } from './plain-object.js';
import type { Jobs } from './queue/iterable-source.js';
import type { Session } from './session.js';
import type { JobOf, SessionLike } from './session-like.js';
import { show } from './show.js';
import type { WorkerSessionOptions } from './worker-sessions.js';

export interface PoolOptions<S extends SessionLike = Session> extends WorkerSessionOptions<S> {
  /** Where the jobs come from. Without it the pool stays open for `submit()` until `close()`. */
  jobQueue?: Jobs<JobOf<S>>;
  /** How many worker sessions. @default os.availableParallelism() */
  numProcesses?: number;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof PoolOptions>([
  'jobQueue',
  'numProcesses',
  'session',
  'initializer',
  'initargs',
  'authGenerator',
  'closeSessions',
]);

/** @throws TypeError for an unknown option or one of the wrong type; RangeError for `numProcesses` */
export function checkPoolOptions<S extends SessionLike>(options: PoolOptions<S>): void {
  if (!isPlainObject(options))
    throw new TypeError(
      `Pool takes a record of options, such as { jobQueue }, got ${show(options)}`,
    );
  const unknown = unknownKey(options, OPTIONS);
  if (unknown !== undefined) throw new TypeError(`Pool: ${unknown}`);
  const { numProcesses, initargs, closeSessions } = options;
  if (numProcesses !== undefined && !(Number.isSafeInteger(numProcesses) && numProcesses > 0))
    throw new RangeError(
      `numProcesses must be a whole number from 1 on, got ${show(numProcesses)}`,
    );
  for (const name of ['session', 'initializer', 'authGenerator'] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${name} must be a function, got ${show(value)}`);
  }
  if (closeSessions !== undefined && typeof closeSessions !== 'boolean')
    throw new TypeError(`closeSessions must be true or false, got ${show(closeSessions)}`);
  if (initargs !== undefined && !Array.isArray(initargs))
    throw new TypeError(`initargs must be an array, got ${show(initargs)}`);
}
