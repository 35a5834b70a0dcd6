import type { Job } from '../job.js';
import { kindOf } from '../kind-of.js';
import { ThreadException } from '../queue/outcomes.js';
import { type FailureGroup, FailureGroups } from './failure-groups.js';
import { tableOf } from './failure-table.js';

/** What failed, in groups. */
export class FailureReport<J = Job> {
  /** How many failures there were. */
  readonly total: number;
  /** The largest first. */
  readonly groups: readonly FailureGroup<J>[];

  constructor(total: number, groups: readonly FailureGroup<J>[]) {
    this.total = total;
    this.groups = groups;
  }

  /** A table for a terminal: of the 20 largest groups a line, an example and the hint. */
  toString(): string {
    return tableOf(this.total, this.groups);
  }
}

/**
 * Groups failures by code, status, origin and phase, and says of each group what to do, where that is
 * known. It reads them as they come, and keeps the first of each group alone, its job and message.
 * Beyond 1000 groups, failures are counted without their origin, beyond 2000 all together.
 *
 * @param exceptions a pool's `exceptions()`, or what `ThreadException.fromJSON()` made
 * @throws TypeError for what is no ThreadException; whatever the iterable throws
 */
export async function failureReport<J = Job>(
  exceptions: Iterable<ThreadException<J, unknown>> | AsyncIterable<ThreadException<J, unknown>>,
): Promise<FailureReport<J>> {
  const iterable = Object(exceptions) as object;
  if (!(Symbol.iterator in iterable || Symbol.asyncIterator in iterable))
    throw new TypeError(`an iterable of ThreadExceptions is expected, got ${kindOf(exceptions)}`);
  const groups = new FailureGroups<J>();
  for await (const exception of exceptions) {
    if (!((exception as unknown) instanceof ThreadException))
      throw new TypeError(`a ThreadException is expected, got ${kindOf(exception)}`);
    groups.add(exception);
  }
  return new FailureReport(groups.total, groups.toSorted());
}
