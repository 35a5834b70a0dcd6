import { InvalidJobError } from '../errors.js';
import { unknownKey } from '../known-keys.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';

/**
 * In milliseconds. A number bounds the connecting and each wait for bytes, as in requests. What
 * is left out of the record keeps its default; Infinity means no limit.
 */
export type Timeout = number | Partial<Timeouts>;

/** All in milliseconds. */
export interface Timeouts {
  /** Name look-up, TCP and TLS. @default 10_000 */
  readonly connect: number;
  /** From the request's start to the response's head, and between two pieces of its body. @default 300_000 */
  readonly read: number;
  /** All of it, with redirects and the body. @default Infinity */
  readonly total: number;
}

const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, read: 300_000, total: Infinity };

const KEYS: ReadonlySet<string> = new Set(Object.keys(DEFAULT_TIMEOUTS));

/** What `setTimeout` can count; beyond it a timer would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Fills `timeout` up from the defaults.
 *
 * @throws InvalidJobError for anything but a positive number, or a record of those
 */
export function resolveTimeouts(timeout: Timeout | undefined): Timeouts {
  if (timeout === undefined) return DEFAULT_TIMEOUTS;
  if (typeof timeout === 'number') {
    checked('timeout', timeout);
    return { connect: timeout, read: timeout, total: Infinity };
  }
  if (!isPlainObject(timeout))
    throw new InvalidJobError(`timeout must be a number or a record, got ${show(timeout)}`);
  const unknown = unknownKey(timeout, KEYS);
  if (unknown !== undefined) throw new InvalidJobError(`timeout: ${unknown}`);
  const { connect, read, total } = DEFAULT_TIMEOUTS;
  return {
    connect: checked('timeout.connect', timeout.connect ?? connect),
    read: checked('timeout.read', timeout.read ?? read),
    total: checked('timeout.total', timeout.total ?? total),
  };
}

function checked(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value === Infinity || (value > 0 && value <= LONGEST)))
    throw new InvalidJobError(
      `${name} must be a positive number of milliseconds up to ${LONGEST}, or Infinity, got ${show(value)}`,
    );
  return value;
}
