import type { Awaitable } from './awaitable.js';
import { unknownKey } from './known-keys.js';
import { isPlainObject } from './plain-object.js';
import { isIterableSource, type Jobs } from './queue/iterable-source.js';
import type { PerOrigin } from './queue/origin-limits.js';
import type { HighWaterMark } from './queue/outcome-queue.js';
import type { Outcome } from './queue/outcomes.js';
import { type Affinity, Placement } from './queue/placement.js';
import type { RateLimit } from './queue/rate-window.js';
import type { SchedulerOptions } from './queue/scheduler.js';
import type { Attempt } from './retry/attempt.js';
import type { Retry } from './retry/retry-options.js';
import type { Session } from './session.js';
import type { ExceptionOf, JobOf, ResponseOf, SessionLike } from './session-like.js';
import { show } from './show.js';
import type { WorkerSessionOptions } from './worker-sessions.js';

export interface PoolOptions<S extends SessionLike = Session> extends WorkerSessionOptions<S> {
  /** Where the jobs come from. Without it the pool stays open for `submit()` until `close()`. */
  jobQueue?: Jobs<JobOf<S>> | undefined;
  /** How many worker sessions. @default os.availableParallelism() */
  numProcesses?: number | undefined;
  /** At most so many requests in any interval, over all origins. @default none */
  rateLimit?: RateLimit | undefined;
  /** Limits of each origin (scheme, host and port), by the job's URL. @default none */
  perOrigin?: PerOrigin | undefined;
  /**
   * Which jobs go to one session, the same for all of them: those of an origin (scheme, host and
   * port), by the job's URL, or those for which a function returns the same string or number. It is
   * called once for each job; undefined is for any session. Other sessions go on with other jobs, of
   * those that the pool may look ahead at. @default any session runs any job
   */
  affinity?: Affinity<JobOf<S>> | undefined;
  /**
   * How many jobs may be taken from the source before their turn: past those that a limit or
   * `affinity` holds back, for the most urgent one, and beside those that wait for a retry. @default 1000
   */
  lookAhead?: number | undefined;
  /** When a job that failed is tried again; a job's own `retry` goes over it. @default 0 */
  retry?: Retry<Attempt<JobOf<S>, ResponseOf<S>>> | undefined;
  /** Makes a status of 400 to 599 an exception, for jobs that do not say it. @default false */
  raiseForStatus?: boolean | undefined;
  /**
   * Whether the session that ran a job is to be closed, and replaced by a fresh one: say, after a
   * ban. Asked of every attempt. What it throws is the job's exception.
   */
  retireWhen?:
    | ((
        outcome: Outcome<JobOf<S>, ResponseOf<S>, ExceptionOf<S>, S>,
        session: S,
        // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement returns void
      ) => Awaitable<boolean | void>)
    | undefined;
  /**
   * So many unread outcomes, or bytes in their bodies, and no further job is taken. A number is that
   * of the outcomes. @default { outcomes: 1000, bytes: 16_777_216 }
   */
  highWaterMark?: number | { [K in keyof HighWaterMark]?: number | undefined } | undefined;
  /** Aborts the pool when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** How outcomes are to come. */
export interface OutcomesOptions {
  /** Whether in the order of their jobs, as Python's `executor.map()`. @default false */
  ordered?: boolean | undefined;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof PoolOptions>([
  'jobQueue',
  'numProcesses',
  'session',
  'initializer',
  'initargs',
  'authGenerator',
  'closeSessions',
  'rateLimit',
  'perOrigin',
  'affinity',
  'lookAhead',
  'retry',
  'raiseForStatus',
  'retireWhen',
  'highWaterMark',
  'signal',
]);

const HIGH_WATER_MARK: HighWaterMark = { outcomes: 1000, bytes: 16 * 1024 * 1024 };

/**
 * What `retry` may be is the retry policy's to say.
 *
 * @throws TypeError for an unknown option or one of the wrong type; RangeError for a number that is
 * out of range
 */
export function checkPoolOptions<S extends SessionLike>(options: PoolOptions<S>): void {
  checkRecord(options, 'Pool', OPTIONS, '{ jobQueue }');
  const { numProcesses, lookAhead, initargs, signal } = options;
  if (numProcesses !== undefined) checkCount(numProcesses, 'numProcesses');
  if (lookAhead !== undefined) checkCount(lookAhead, 'lookAhead');
  for (const name of ['session', 'initializer', 'authGenerator', 'retireWhen'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new TypeError(`${name} must be a function, got ${show(options[name])}`);
  for (const name of ['closeSessions', 'raiseForStatus'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw new TypeError(`${name} must be true or false, got ${show(options[name])}`);
  if (initargs !== undefined && !Array.isArray(initargs))
    throw new TypeError(`initargs must be an array, got ${show(initargs)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal, got ${show(signal)}`);
  checkLimits(options);
  checkAffinity(options.affinity);
}

/** @throws TypeError for an unknown option or one of the wrong type */
export function checkOutcomesOptions(options: OutcomesOptions): void {
  checkRecord(options, 'outcomes', new Set<keyof OutcomesOptions>(['ordered']), '{ ordered }');
  const { ordered } = options;
  if (ordered !== undefined && typeof ordered !== 'boolean')
    throw new TypeError(`ordered must be true or false, got ${show(ordered)}`);
}

/** The option in full. @throws TypeError or RangeError for a bad one */
export function highWaterMarkOf(option: PoolOptions['highWaterMark'] = {}): HighWaterMark {
  const given = typeof option === 'number' ? { outcomes: option } : option;
  const known = new Set<string>(Object.keys(HIGH_WATER_MARK));
  checkRecord(given, 'highWaterMark', known, '{ outcomes, bytes }, or a number');
  for (const name of ['outcomes', 'bytes'] as const)
    if (given[name] !== undefined && given[name] !== Infinity)
      checkCount(given[name], `highWaterMark.${name}`);
  const { outcomes = HIGH_WATER_MARK.outcomes, bytes = HIGH_WATER_MARK.bytes } = given;
  return { outcomes, bytes };
}

/** What of it is the scheduler's. */
export function limitsOf<S extends SessionLike>(
  { rateLimit, perOrigin, lookAhead = 1000, affinity }: PoolOptions<S>,
  source: unknown,
  numProcesses: number,
): SchedulerOptions<JobOf<S>> {
  const placement = affinity === undefined ? undefined : new Placement(affinity, numProcesses);
  const isRanked = isIterableSource(source);
  return { rateLimit, perOrigin, lookAhead, isRanked, placement };
}

function checkAffinity(affinity: unknown): void {
  if (affinity === undefined || affinity === 'origin' || typeof affinity === 'function') return;
  throw new TypeError(`affinity must be 'origin' or a function of the job, got ${show(affinity)}`);
}

function checkLimits<S extends SessionLike>({ rateLimit, perOrigin }: PoolOptions<S>): void {
  if (rateLimit !== undefined) checkRateLimit(rateLimit, 'rateLimit');
  if (perOrigin === undefined) return;
  const known = new Set<keyof PerOrigin>(['concurrency', 'rateLimit']);
  checkRecord(perOrigin, 'perOrigin', known, '{ concurrency, rateLimit }');
  if (perOrigin.concurrency !== undefined && perOrigin.concurrency !== Infinity)
    checkCount(perOrigin.concurrency, 'perOrigin.concurrency');
  if (perOrigin.rateLimit !== undefined) checkRateLimit(perOrigin.rateLimit, 'perOrigin.rateLimit');
}

function checkRateLimit(rateLimit: RateLimit, name: string): void {
  checkRecord(rateLimit, name, new Set(['limit', 'interval']), '{ limit, interval }');
  checkCount(rateLimit.limit, `${name}.limit`);
  const { interval } = rateLimit;
  if (typeof interval !== 'number' || !(interval > 0 && interval < Infinity))
    throw new RangeError(
      `${name}.interval must be a number of milliseconds above 0, got ${show(interval)}`,
    );
}

function checkRecord(
  value: unknown,
  name: string,
  keys: ReadonlySet<string>,
  example: string,
): void {
  if (!isPlainObject(value))
    throw new TypeError(`${name} takes a record, such as ${example}, got ${show(value)}`);
  const unknown = unknownKey(value as object, keys);
  if (unknown !== undefined) throw new TypeError(`${name}: ${unknown}`);
}

function checkCount(value: unknown, name: string): void {
  if (!(Number.isSafeInteger(value) && (value as number) > 0))
    throw new RangeError(`${name} must be a whole number from 1 on, got ${show(value)}`);
}
