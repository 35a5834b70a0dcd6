import type { Scheduler } from '../../src/queue/scheduler.js';
import type { Ticket } from '../../src/queue/ticket.js';

/** A worker's next ticket, now or later. */
export function take<J>(scheduler: Scheduler<J>, slot: number): Promise<Ticket<J> | undefined> {
  return new Promise((resolve) => {
    const ticket = scheduler.take(slot);
    if (ticket === undefined) scheduler.wait(slot, resolve);
    else resolve(ticket);
  });
}
