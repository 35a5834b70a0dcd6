import { describe, expect, test } from 'vitest';
import type { Places } from '../../src/queue/lanes.js';
import type { Waiting } from '../../src/queue/origin.js';
import { type Limits, Turnstile } from '../../src/queue/turnstile.js';

/** One request, which counts for 150 ms if it is not answered. */
const RATE = { limit: 1, interval: 100 };

/** Named by its origin and order, as `a1`. */
function ticket(name: string): Waiting {
  return { origin: name.slice(0, 1), priority: 0, order: Number(name.slice(1)) };
}

function turnstileOf(limits: Partial<Limits> = {}, places?: Places<Waiting>) {
  const all = { rateLimit: undefined, perOrigin: undefined, ...limits };
  return new Turnstile<Waiting>(all, () => {}, places);
}

test('a ticket passes where nothing waits and nothing is limited', () => {
  const turnstile = turnstileOf();
  expect(turnstile.pass(ticket('a1'), 0)).toBe(true);
  expect([turnstile.size, turnstile.isLimiting]).toEqual([0, false]);
});

test('none passes those that wait', () => {
  const turnstile = turnstileOf();
  turnstile.add(ticket('a1'));
  expect(turnstile.pass(ticket('b2'), 0)).toBe(false);
});

test('what passes counts for the rate over all origins, until its answer', () => {
  const turnstile = turnstileOf({ rateLimit: RATE });
  const first = ticket('a1');
  expect(turnstile.pass(first, 0)).toBe(true);
  expect(turnstile.pass(ticket('b2'), 0)).toBe(false);
  turnstile.end(first, 10);
  expect(turnstile.pass(ticket('b2'), 109)).toBe(false);
  expect(turnstile.pass(ticket('b2'), 111)).toBe(true);
});

test('what passes counts for the limits of its origin, of what waits too', () => {
  const turnstile = turnstileOf({ perOrigin: { concurrency: 1 } });
  const [first, second] = [ticket('a1'), ticket('a2')];
  expect(turnstile.pass(first, 0)).toBe(true);
  expect(turnstile.pass(second, 0)).toBe(false);
  expect(turnstile.pass(ticket('b3'), 0)).toBe(true);
  turnstile.add(second);
  expect(turnstile.next(0)).toBeUndefined();
  turnstile.end(first, 5);
  expect(turnstile.next(5)).toBe(second);
  turnstile.end(second, 6);
  expect(turnstile.pass(ticket('a4'), 6)).toBe(true);
});

test('what passes counts for the rate of its origin', () => {
  const turnstile = turnstileOf({ perOrigin: { rateLimit: RATE } });
  expect(turnstile.pass(ticket('a1'), 0)).toBe(true);
  expect(turnstile.pass(ticket('a2'), 149)).toBe(false);
  expect(turnstile.pass(ticket('a2'), 151)).toBe(true);
});

test('none passes to an origin that is held, without limits too', () => {
  const turnstile = turnstileOf();
  turnstile.origins.hold('a', 100);
  expect(turnstile.pass(ticket('a1'), 99)).toBe(false);
  expect(turnstile.pass(ticket('b2'), 99)).toBe(true);
  expect(turnstile.pass(ticket('a1'), 100)).toBe(true);
});

test('none passes to another slot than its own, which is the first that it passes to', () => {
  const slots = new Map<unknown, number>();
  const places: Places<Waiting> = {
    slotOf: ({ origin }) => slots.get(origin),
    bind: ({ origin }, slot) => slots.set(origin, slot),
  };
  const turnstile = turnstileOf({}, places);
  expect(turnstile.pass(ticket('a1'), 0, 3)).toBe(true);
  expect(turnstile.pass(ticket('a2'), 0, 4)).toBe(false);
  expect(turnstile.pass(ticket('a2'), 0, 3)).toBe(true);
  expect(turnstile.pass(ticket('b3'), 0, 4)).toBe(true);
  expect([...slots]).toEqual([
    ['a', 3],
    ['b', 4],
  ]);
});

describe('what passes has had its turn', () => {
  const turns = (turnstile: Turnstile<Waiting>, slot?: number) => {
    const { origin, order } = turnstile.next(0, slot) as Waiting;
    return `${origin}${order}`;
  };

  test('before anything of its origin has waited', () => {
    const turnstile = turnstileOf();
    for (const name of ['b1', 'a2']) turnstile.pass(ticket(name), 0);
    for (const name of ['a3', 'b4', 'c5']) turnstile.add(ticket(name));
    expect([turns(turnstile), turns(turnstile), turns(turnstile)]).toEqual(['b4', 'a3', 'c5']);
  });

  test('and afterwards, so that the origin that was served longest ago goes first', () => {
    const turnstile = turnstileOf({ rateLimit: { limit: 100, interval: 100 } });
    for (const name of ['a1', 'b2']) turnstile.add(ticket(name));
    expect([turns(turnstile), turns(turnstile)]).toEqual(['a1', 'b2']);
    turnstile.pass(ticket('a3'), 0);
    for (const name of ['a4', 'b5']) turnstile.add(ticket(name));
    expect([turns(turnstile), turns(turnstile)]).toEqual(['b5', 'a4']);
  });

  test('where it has a slot of its own, too', () => {
    const turnstile = turnstileOf({}, { slotOf: () => 0, bind: () => {} });
    for (const name of ['b1', 'a2']) turnstile.pass(ticket(name), 0, 0);
    for (const name of ['a3', 'b4']) turnstile.add(ticket(name));
    expect([turns(turnstile, 0), turns(turnstile, 0)]).toEqual(['b4', 'a3']);
    turnstile.pass(ticket('b5'), 0, 0);
    for (const name of ['b6', 'a7']) turnstile.add(ticket(name));
    expect([turns(turnstile, 0), turns(turnstile, 0)]).toEqual(['a7', 'b6']);
  });
});
