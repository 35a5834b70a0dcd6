import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import type { Waiting } from '../../src/queue/origin.js';

const CONCURRENCY = 2;

/** The origin whose tickets any slot may take. */
const ANYBODYS = 'o0';

interface Placed extends Waiting {
  readonly origin: string;
  readonly slot: number | undefined;
}

/** What the lanes do, by a look at everything each time. */
class Model {
  readonly waiting = new Set<Placed>();
  readonly flying: Placed[] = [];
  readonly expected = new Set<number>();
  readonly heldUntil = new Map<string, number>();
  /** When each lane was served last, or came to be. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  add(ticket: Placed): void {
    this.waiting.add(ticket);
    if (!this.#turns.has(laneOf(ticket))) this.#turns.set(laneOf(ticket), this.#turn++);
  }

  next(now: number, slot: number): Placed | undefined {
    const ticket = this.#best(now, (home) => home === undefined || home === slot);
    if (ticket === undefined) return undefined;
    this.waiting.delete(ticket);
    this.flying.push(ticket);
    this.#turns.set(laneOf(ticket), this.#turn++);
    return ticket;
  }

  called(now: number): number | undefined {
    return this.#best(now, (home) => home !== undefined && this.expected.has(home))?.slot;
  }

  #best(now: number, suits: (home: number | undefined) => boolean): Placed | undefined {
    const candidates = [...this.waiting].filter(
      ({ origin, slot }) => suits(slot) && this.#isOpen(origin, now),
    );
    const turnOf = (ticket: Placed) => this.#turns.get(laneOf(ticket)) as number;
    return candidates.sort(
      (one, other) =>
        other.priority - one.priority || turnOf(one) - turnOf(other) || one.order - other.order,
    )[0];
  }

  #isOpen(name: string, now: number): boolean {
    const inFlight = this.flying.filter(({ origin }) => origin === name).length;
    return inFlight < CONCURRENCY && (this.heldUntil.get(name) ?? 0) <= now;
  }
}

function laneOf({ origin, slot }: Placed): string {
  return `${origin} ${slot}`;
}

type Call = (lanes: Lanes<Placed>, model: Model, now: number) => void;

const slots = fc.nat(4);
const origins = fc.nat(2).map((number) => `o${number}`);

const adding: fc.Arbitrary<Call> = fc
  .tuple(origins, slots, fc.constantFrom(0, 0, 0, 1))
  .map(([origin, home, priority]) => (lanes, model, order) => {
    // What has a slot waits behind what has none, of the same origin.
    const slot = origin === ANYBODYS ? undefined : home;
    const ticket: Placed = { origin, slot, priority, order };
    lanes.add(ticket);
    model.add(ticket);
  });

const taking: fc.Arbitrary<Call> = slots.map((slot) => (lanes, model, now) => {
  expect(lanes.next(now, slot)).toBe(model.next(now, slot));
});

const ending: fc.Arbitrary<Call> = fc.nat().map((which) => (lanes, { flying }, now) => {
  const [ticket] = flying.splice(which % flying.length, 1);
  if (ticket !== undefined) lanes.end(ticket, now);
});

const expecting: fc.Arbitrary<Call> = fc
  .tuple(slots, fc.boolean())
  .map(([slot, isExpected]) => (lanes, { expected }) => {
    lanes.expect(slot, isExpected);
    if (isExpected) expected.add(slot);
    else expected.delete(slot);
  });

const holding: fc.Arbitrary<Call> = fc
  .tuple(origins, fc.nat(9))
  .map(([origin, length]) => (lanes, { heldUntil }, now) => {
    heldUntil.set(origin, lanes.hold(origin, now + length));
  });

const deleting: fc.Arbitrary<Call> = fc.nat().map((which) => (lanes, { waiting }) => {
  const ticket = [...waiting][which % waiting.size];
  if (ticket !== undefined) expect(lanes.delete(ticket)).toBe(waiting.delete(ticket));
});

const asking: fc.Arbitrary<Call> = fc.constant((lanes, model, now) => {
  expect(lanes.called(now)).toBe(model.called(now));
});

test('each slot takes, and is called for, what is best by a look at everything', () => {
  const weighed: [number, fc.Arbitrary<Call>][] = [
    [6, adding],
    [5, taking],
    [4, ending],
    [4, expecting],
    [4, asking],
    [1, holding],
    [1, deleting],
  ];
  const calls = fc.array(
    fc.oneof(...weighed.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
    { maxLength: 150, size: 'max' },
  );
  fc.assert(
    fc.property(calls, (sequence) => {
      const places = { slotOf: ({ slot }: Placed) => slot, bind: () => {} };
      const lanes = new Lanes<Placed>({ concurrency: CONCURRENCY }, places);
      const model = new Model();
      for (const [now, call] of sequence.entries()) call(lanes, model, now);
    }),
    { numRuns: 300 },
  );
});
