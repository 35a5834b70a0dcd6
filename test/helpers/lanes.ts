import { Lanes } from '../../src/queue/lanes.js';
import type { Waiting } from '../../src/queue/origin.js';
import type { PerOrigin } from '../../src/queue/origin-limits.js';

/** One that can be told from others. */
export interface Ticket extends Waiting {
  readonly name: string;
}

/** Named by its origin and order: `a1` goes to `a`. A name that begins with a digit has none. */
export function ticket(name: string, priority = 0): Ticket {
  const origin = /^\D/.exec(name)?.[0];
  return { name, origin, priority, order: Number(name.replace(/^\D/, '')) };
}

/** Lanes where the named tickets wait, and a way to get at these. */
export function lanesWith(names: readonly string[], limits?: PerOrigin) {
  const lanes = new Lanes<Ticket>(limits);
  const tickets = new Map(names.map((name) => [name, ticket(name)]));
  for (const each of tickets.values()) lanes.add(each);
  return { lanes, get: (name: string) => tickets.get(name) as Ticket };
}

/** All that may go now, in their order. */
export function go(lanes: Lanes<Ticket>, now: number): string[] {
  const names: string[] = [];
  for (let next = lanes.next(now); next !== undefined; next = lanes.next(now))
    names.push(next.name);
  return names;
}
