import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { InvalidJobError } from '../../src/index.js';
import { type Affinity, Placement } from '../../src/queue/placement.js';
import { Ticket } from '../../src/queue/ticket.js';

/** A placement, and tickets whose keys it has read. */
function placementBy(affinity: Affinity<unknown>, slots = 4) {
  const placement = new Placement<unknown>(affinity, slots);
  const ticketOf = (job: unknown) => {
    const ticket = new Ticket<unknown>(job, 0, 0);
    placement.read(ticket);
    return ticket;
  };
  return { placement, ticketOf };
}

const byItself = (job: unknown) => job as string | number | undefined;

describe('the key', () => {
  test('is what the function says of the job', () => {
    const { ticketOf } = placementBy((job) => (job as { account: string }).account);
    expect(ticketOf({ account: 'ada' }).key).toBe('ada');
  });

  test("is the origin of the job's URL, if that is asked for", () => {
    const { ticketOf } = placementBy('origin');
    expect(ticketOf({ url: 'http://a.test:81/path' }).key).toBe('http://a.test:81');
    expect(ticketOf({ url: 'nowhere' }).key).toBeUndefined();
  });

  test.each([
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [true, 'true'],
    [{}, '{}'],
    [Symbol('a'), 'Symbol(a)'],
    [1n, '1n'],
  ])('is no %s', (key, shown) => {
    const { ticketOf } = placementBy(byItself);
    expect(() => ticketOf(key)).toThrow(
      new InvalidJobError(`affinity must give a string, a number or undefined, got ${shown}`),
    );
  });

  test('is no promise, and no rejection of it is left unhandled', async () => {
    const { ticketOf } = placementBy(() => Promise.reject(new Error('no')) as unknown as string);
    expect(() => ticketOf({})).toThrow(/got \[Promise\]/);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('the slot', () => {
  test('is the one that the first ticket of the key was bound to', () => {
    const { placement, ticketOf } = placementBy(byItself);
    const [a, b] = [ticketOf('a'), ticketOf('b')];
    expect([placement.slotOf(a), placement.slotOf(b)]).toEqual([undefined, undefined]);
    placement.bind(a, 3);
    placement.bind(b, 0);
    expect([placement.slotOf(ticketOf('a')), placement.slotOf(ticketOf('b'))]).toEqual([3, 0]);
  });

  test('is none for those without a key, wherever one of them was run', () => {
    const { placement, ticketOf } = placementBy(byItself);
    placement.bind(ticketOf(undefined), 3);
    expect(placement.slotOf(ticketOf(undefined))).toBeUndefined();
  });

  test('of a number is not that of its digits', () => {
    const { placement, ticketOf } = placementBy(byItself);
    placement.bind(ticketOf(1), 3);
    expect(placement.slotOf(ticketOf('1'))).toBeUndefined();
    expect(placement.slotOf(ticketOf(1))).toBe(3);
  });

  test('is that of keys of odd characters, too', () => {
    const { placement, ticketOf } = placementBy(byItself);
    const keys = ['', '__proto__', 'é', '€', '\u{1f600}', '\ud800', '\ufeffa'];
    for (const [slot, key] of keys.entries()) placement.bind(ticketOf(key), slot);
    expect(keys.map((key) => placement.slotOf(ticketOf(key)))).toEqual([...keys.keys()]);
  });

  test.each<[string, Affinity<unknown>]>([
    ['the origin', 'origin'],
    ['a part', (job) => (job as { url: string }).url.slice(0, 30)],
  ])('is remembered by %s of a URL, and the URL is not', (_, affinity) => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc');
    const heapUsed = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const { placement, ticketOf } = placementBy(affinity);
    const used = heapUsed();
    for (let i = 0; i < 1000; i++)
      placement.bind(
        ticketOf({ url: `http://host-${i}.long-enough.example.com/${'x'.repeat(20_000)}` }),
        1,
      );
    expect(heapUsed() - used).toBeLessThan(5_000_000);
    expect(placement.slotOf(ticketOf({ url: 'http://host-7.long-enough.example.com/' }))).toBe(1);
  });

  test.each<[string, (i: number) => string]>([
    ['origins', (i) => `http://${i}.test`],
    ['what says the same twice', (i) => `${i}@a.test/${i}`],
  ])('is told by the hash of the key when 65,536 others are bound, and spreads %s', (_, keyOf) => {
    const { placement, ticketOf } = placementBy(byItself);
    for (let key = 0; key < 65_536; key++) placement.bind(ticketOf(key), 1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) {
      const ticket = ticketOf(keyOf(i));
      const slot = placement.slotOf(ticket) as number;
      placement.bind(ticket, slot === 0 ? 1 : 0);
      expect(placement.slotOf(ticket)).toBe(slot);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(200);
    expect(placement.slotOf(ticketOf(65_535))).toBe(1);
    expect(placement.slotOf(ticketOf(undefined))).toBeUndefined();
  });
});
