import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import type { Waiting } from '../../src/queue/origin.js';
import type { PerOrigin } from '../../src/queue/origin-limits.js';

interface Sent {
  readonly ticket: Waiting;
  readonly startedAt: number;
  /** Infinity while it is in flight. */
  endedAt: number;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** What happens to the lanes, beside what the limits make of it. */
interface Plan {
  readonly tickets: readonly {
    at: number;
    origin: number;
    priority: number;
    latency: number;
    isDeleted: boolean;
  }[];
  readonly holds: readonly { at: number; origin: number; length: number }[];
}

/** For the rounding of floating-point numbers. */
const SLACK = 1e-6;

/**
 * Runs a plan on a simulated clock, and checks each answer of the lanes against a model that looks
 * at all that ever happened.
 */
class Simulation {
  readonly lanes: Lanes<Waiting>;
  readonly waiting = new Set<Waiting>();
  readonly sent: Sent[] = [];
  readonly #limits: PerOrigin;
  readonly #latencies = new Map<Waiting, number>();
  readonly #heldUntil = new Map<string | undefined, number>();
  readonly #events: Event[] = [];
  #now = 0;

  constructor(limits: PerOrigin, { tickets, holds }: Plan) {
    this.#limits = limits;
    this.lanes = new Lanes(limits);
    for (const [order, { at, origin, priority, latency, isDeleted }] of tickets.entries()) {
      const ticket = { origin: nameOf(origin), priority, order };
      this.#latencies.set(ticket, latency);
      this.#events.push({ at, run: () => this.#add(ticket) });
      if (isDeleted) this.#events.push({ at: at + 20, run: () => this.#delete(ticket) });
    }
    for (const { at, origin, length } of holds)
      this.#events.push({ at, run: () => this.#hold(`o${origin}`, at + length) });
  }

  run(): void {
    for (;;) {
      while (this.#next());
      const wakeAt = this.lanes.wakeAt(this.#now);
      this.#checkWakeAt(wakeAt);
      this.#events.sort((one, other) => one.at - other.at);
      const event = this.#events[0];
      this.#now = Math.min(event?.at ?? Infinity, wakeAt);
      if (this.#now === Infinity) return;
      if (event?.at === this.#now) this.#events.shift()?.run();
    }
  }

  #add(ticket: Waiting): void {
    this.waiting.add(ticket);
    this.lanes.add(ticket);
  }

  #delete(ticket: Waiting): void {
    expect(this.lanes.delete(ticket)).toBe(this.waiting.delete(ticket));
  }

  #hold(origin: string, until: number): void {
    this.lanes.hold(origin, until);
    this.#heldUntil.set(origin, Math.max(until, this.#heldUntil.get(origin) ?? 0));
  }

  #next(): boolean {
    const ticket = this.lanes.next(this.#now);
    const open = [...this.waiting].filter(
      ({ origin }) => this.#opensAt(origin) <= this.#now - SLACK,
    );
    if (ticket === undefined) expect(open).toEqual([]);
    else {
      expect(this.waiting.delete(ticket)).toBe(true);
      expect(this.#opensAt(ticket.origin)).toBeLessThanOrEqual(this.#now + SLACK);
      for (const other of open) expect(other.priority).toBeLessThanOrEqual(ticket.priority);
      for (const other of this.waiting) expect(goesBefore(other, ticket)).toBe(false);
      this.#send(ticket);
    }
    return ticket !== undefined;
  }

  #send(ticket: Waiting): void {
    const sent = { ticket, startedAt: this.#now, endedAt: Infinity };
    const at = this.#now + (this.#latencies.get(ticket) as number);
    const run = () => {
      sent.endedAt = at;
      this.lanes.end(ticket, at);
    };
    this.sent.push(sent);
    this.#events.push({ at, run });
  }

  /** Infinity if only an answer opens the origin's lane. */
  #opensAt(origin: string | undefined): number {
    if (origin === undefined) return 0;
    const { concurrency = Infinity, rateLimit } = this.#limits;
    const sent = this.sent.filter(({ ticket }) => ticket.origin === origin);
    const pending = sent.filter(({ endedAt }) => endedAt === Infinity).length;
    if (pending >= concurrency) return Infinity;
    const heldUntil = this.#heldUntil.get(origin) ?? 0;
    if (rateLimit === undefined || sent.length < rateLimit.limit) return heldUntil;
    const arrivedBy = sent
      .slice(0, 1 - rateLimit.limit || undefined)
      .map(({ startedAt, endedAt }) => Math.min(endedAt, startedAt + rateLimit.interval / 2));
    return Math.max(heldUntil, ...arrivedBy.map((time) => time + rateLimit.interval));
  }

  #checkWakeAt(wakeAt: number): void {
    const times = [...this.waiting].map(({ origin }) => this.#opensAt(origin));
    expect(wakeAt).toBeGreaterThan(this.#now);
    expect(wakeAt).toBeLessThanOrEqual(Math.min(...times) + SLACK);
    if (wakeAt < Infinity) expect(Math.min(...times)).toBeLessThan(Infinity);
  }
}

function nameOf(origin: number): string | undefined {
  return origin === 0 ? undefined : `o${origin}`;
}

function goesBefore(one: Waiting, other: Waiting): boolean {
  if (one.origin !== other.origin) return false;
  return (
    one.priority > other.priority || (one.priority === other.priority && one.order < other.order)
  );
}

const times = fc.oneof(fc.nat(2_000), fc.double({ min: 0, max: 2_000, noNaN: true }));
const plans: fc.Arbitrary<Plan> = fc.record({
  tickets: fc.array(
    fc.record({
      at: times,
      origin: fc.nat(4),
      priority: fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 2 })),
      latency: fc.oneof(fc.nat(5), fc.double({ min: 0, max: 300, noNaN: true })),
      isDeleted: fc.nat(9).map((n) => n === 0),
    }),
    { maxLength: 60, size: 'max' },
  ),
  holds: fc.array(
    fc.record({ at: times, origin: fc.integer({ min: 1, max: 4 }), length: fc.nat(500) }),
    {
      maxLength: 6,
    },
  ),
});
const limits: fc.Arbitrary<PerOrigin> = fc.record(
  {
    concurrency: fc.integer({ min: 1, max: 4 }),
    rateLimit: fc.record({
      limit: fc.integer({ min: 1, max: 4 }),
      interval: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { requiredKeys: [] },
);

test('what may go goes, in its order, once each, and nothing that may not', () => {
  fc.assert(
    fc.property(limits, plans, (perOrigin, plan) => {
      const simulation = new Simulation(perOrigin, plan);
      simulation.run();
      expect([...simulation.waiting]).toEqual([]);
      expect(simulation.lanes.size).toBe(0);
      expect(new Set(simulation.sent.map(({ ticket }) => ticket)).size).toBe(
        simulation.sent.length,
      );
    }),
    { numRuns: 100 },
  );
});

test('no lane is served twice while another waits, whatever comes and goes', () => {
  const calls = fc.array(fc.oneof(fc.nat(5), fc.constant('next' as const)), {
    maxLength: 200,
    size: 'max',
  });
  fc.assert(
    fc.property(calls, (sequence) => {
      const lanes = new Lanes<Waiting>(undefined);
      const waiting: (string | undefined)[] = [];
      /** The origins that were served while one waited for its turn. */
      const passedBy = new Map<string | undefined, Set<string | undefined>>();
      const serve = (now: number) => {
        const ticket = lanes.next(now);
        if (ticket === undefined) return;
        waiting.splice(waiting.indexOf(ticket.origin), 1);
        passedBy.delete(ticket.origin);
        for (const origin of new Set(waiting)) {
          const others = passedBy.get(origin) ?? new Set();
          expect(others.has(ticket.origin)).toBe(false);
          passedBy.set(origin, others.add(ticket.origin));
        }
      };
      for (const [order, call] of sequence.entries()) {
        if (call === 'next') serve(order);
        else {
          waiting.push(nameOf(call));
          lanes.add({ origin: nameOf(call), priority: 0, order });
        }
      }
      while (lanes.size > 0) serve(sequence.length);
      expect(waiting).toEqual([]);
    }),
  );
});
