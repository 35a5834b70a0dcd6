import { InvalidJobError } from '../errors.js';
import { show } from '../show.js';

/** Iterators that have been read: a second time they would give nothing, and say nothing. */
const read = new WeakSet<object>();

/**
 * The entries of a record, or the pairs of an iterable.
 *
 * @param name the job's field, for the message
 * @throws InvalidJobError if it is neither, or an iterator that was read before
 */
export function* pairsOf(
  input: unknown,
  name: string,
): Iterable<readonly [name: string, value: unknown]> {
  if (typeof input !== 'object' || input === null)
    throw new InvalidJobError(`${name} must be a record or pairs, got ${show(input)}`);
  if (!(Symbol.iterator in input)) return yield* Object.entries(input);
  checkUnread(input, name);
  for (const pair of input as Iterable<unknown>) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new InvalidJobError(`${name} must be a record or pairs, got ${show(pair)} in it`);
    yield pair as unknown as readonly [string, unknown];
  }
}

/** @throws InvalidJobError if it is an iterator that this was asked of before */
export function checkUnread(input: object, name: string): void {
  if (!('next' in input)) return;
  if (read.has(input))
    throw new InvalidJobError(`${name} is an iterator that was read before; pass an array`);
  read.add(input);
}
