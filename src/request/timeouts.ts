import { InvalidJobError } from '../errors.js';

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
    check('timeout', timeout);
    return { connect: timeout, read: timeout, total: Infinity };
  }
  if (typeof timeout !== 'object' || timeout === null)
    throw new InvalidJobError(`timeout must be a number or a record, got ${String(timeout)}`);
  for (const [name, value] of Object.entries(timeout)) {
    if (!(name in DEFAULT_TIMEOUTS))
      throw new InvalidJobError(`timeout has connect, read and total, got "${name}"`);
    check(`timeout.${name}`, value);
  }
  return { ...DEFAULT_TIMEOUTS, ...timeout };
}

function check(name: string, value: unknown): void {
  if (value === Infinity) return;
  if (typeof value !== 'number' || !(value > 0 && value <= LONGEST))
    throw new InvalidJobError(
      `${name} must be a positive number of milliseconds up to ${LONGEST}, or Infinity, got ${String(value)}`,
    );
}
