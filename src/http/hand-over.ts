// Not the global one: a fake clock in its place, gone before it ran, would hold up all for ever.
import { setImmediate } from 'node:timers';

/** What has something to hand over. */
export interface Deliverer {
  deliver(): void;
}

/** Those whose turn it is in the next immediate. */
let waiting: Deliverer[] = [];

/**
 * Has it deliver in an immediate, before those that are set from now on. All that wait share one: an
 * immediate for each response is dear.
 */
export function handOver(deliverer: Deliverer): void {
  if (waiting.push(deliverer) === 1) setImmediate(deliverAll);
}

function deliverAll(): void {
  const deliverers = waiting;
  waiting = [];
  for (const deliverer of deliverers) deliverer.deliver();
}
