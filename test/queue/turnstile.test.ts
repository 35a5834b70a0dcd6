import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Waiting } from '../../src/queue/origin.js';
import { type Limits, Turnstile } from '../../src/queue/turnstile.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Has Node collect now what nothing holds. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** One request, which counts for 150 ms if it is not answered. */
const RATE = { limit: 1, interval: 100 };

interface Ticket extends Waiting {
  readonly name: string;
}

/** Named by its origin and order, as `a1`. */
function ticket(name: string): Ticket {
  return { name, origin: name.slice(0, 1), priority: 0, order: Number(name.slice(1)) };
}

/** A turnstile where the named tickets wait, and how often it said that it opened. */
function turnstileOf(limits: Partial<Limits>, ...names: string[]) {
  const opened = vi.fn();
  const turnstile = new Turnstile<Ticket>(
    { rateLimit: undefined, perOrigin: undefined, ...limits },
    opened,
  );
  const tickets = new Map(names.map((name) => [name, ticket(name)]));
  for (const each of tickets.values()) turnstile.add(each);
  const get = (name: string) => tickets.get(name) as Ticket;
  /** What goes through now. */
  const go = () => {
    const through: string[] = [];
    while (!turnstile.isShut(performance.now())) {
      const next = turnstile.next(performance.now());
      if (next === undefined) break;
      through.push(next.name);
    }
    return through;
  };
  const end = (name: string) => turnstile.end(get(name), performance.now());
  return { turnstile, opened, get, go, end };
}

/** Asks for a hop, and knows whether it may go. */
async function hopOf(turnstile: Turnstile<Ticket>, origin: string | undefined) {
  const gone = vi.fn();
  const turn = turnstile.admit(origin);
  void turn?.granted.then(gone);
  await Promise.resolve();
  return { hasGone: () => gone.mock.calls.length > 0, cancel: () => turn?.cancel() };
}

describe('tickets', () => {
  test('go through at once where nothing is limited, and no timer waits', () => {
    const { turnstile, go, end } = turnstileOf({}, 'a1', 'a2');
    expect([turnstile.size, turnstile.isLimiting]).toEqual([2, true]);
    expect(go()).toEqual(['a1', 'a2']);
    end('a1');
    expect([turnstile.size, turnstile.isLimiting, vi.getTimerCount()]).toEqual([0, false, 0]);
  });

  test('go through as the rate over all origins allows, which tells when it opens', async () => {
    const { turnstile, opened, go } = turnstileOf({ rateLimit: RATE }, 'a1', 'b2', 'c3');
    expect([turnstile.isLimiting, go()]).toEqual([true, ['a1']]);
    await vi.advanceTimersByTimeAsync(150);
    expect([opened.mock.calls.length, turnstile.isShut(performance.now())]).toEqual([0, true]);
    await vi.advanceTimersByTimeAsync(1);
    expect([opened.mock.calls.length, go()]).toEqual([1, ['b2']]);
  });

  test('go through as the rate of their origin allows, which tells when it opens', async () => {
    const { opened, go } = turnstileOf({ perOrigin: { rateLimit: RATE } }, 'a1', 'a2', 'b3');
    expect(go()).toEqual(['a1', 'b3']);
    await vi.advanceTimersByTimeAsync(150);
    expect(opened).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect([opened.mock.calls.length, go()]).toEqual([1, ['a2']]);
  });

  test('that are answered let the next one through earlier', async () => {
    const { go, end } = turnstileOf({ rateLimit: RATE }, 'a1', 'b2');
    expect(go()).toEqual(['a1']);
    await vi.advanceTimersByTimeAsync(10);
    end('a1');
    end('a1');
    await vi.advanceTimersByTimeAsync(100);
    expect(go()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(go()).toEqual(['b2']);
  });

  test('that are answered make place at their origin', () => {
    const { go, end } = turnstileOf({ perOrigin: { concurrency: 1 } }, 'a1', 'a2');
    expect(go()).toEqual(['a1']);
    end('a2');
    expect(go()).toEqual([]);
    end('a1');
    expect(go()).toEqual(['a2']);
  });

  test('may have to wait for a rate, though none does now', () => {
    expect(turnstileOf({ rateLimit: RATE }).turnstile.isLimiting).toBe(true);
    expect(turnstileOf({ perOrigin: { rateLimit: RATE } }).turnstile.isLimiting).toBe(true);
  });

  test('that are no longer under way are let go', async () => {
    vi.useRealTimers();
    const { turnstile } = turnstileOf({ rateLimit: RATE });
    const ended = (() => {
      const one = ticket('a1');
      turnstile.add(one);
      turnstile.next(0);
      turnstile.end(one, 0);
      return new WeakRef(one);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(ended.deref()).toBeUndefined();
  });

  test('of an origin that is held wait for that, which makes it limiting', async () => {
    const { turnstile, opened, go } = turnstileOf({});
    expect(turnstile.isLimiting).toBe(false);
    turnstile.origins.hold('a', performance.now() + 50);
    expect(turnstile.isLimiting).toBe(true);
    turnstile.add(ticket('a1'));
    expect(go()).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect([opened.mock.calls.length, go()]).toEqual([1, ['a1']]);
  });
});

describe('no timer is left', () => {
  test('where nothing waits, however full the rate is', () => {
    const { turnstile, go } = turnstileOf({ rateLimit: RATE }, 'a1');
    expect(go()).toEqual(['a1']);
    expect([turnstile.isShut(performance.now()), vi.getTimerCount()]).toEqual([true, 0]);
  });

  test.each<[string, Partial<Limits>]>([
    ['over all origins', { rateLimit: RATE }],
    ['of an origin', { perOrigin: { rateLimit: RATE } }],
  ])('when the last one that waits for the rate %s is deleted', (_, limits) => {
    const { turnstile, get, go } = turnstileOf(limits, 'a1', 'a2', 'a3');
    expect([go(), vi.getTimerCount()]).toEqual([['a1'], 1]);
    expect([turnstile.delete(get('a2')), turnstile.delete(get('a2'))]).toEqual([true, false]);
    expect([turnstile.size, vi.getTimerCount()]).toEqual([1, 1]);
    expect([turnstile.delete(get('a3')), vi.getTimerCount()]).toEqual([true, 0]);
  });

  test('when the last one has gone through before it rang', async () => {
    const { go, end, opened } = turnstileOf({ rateLimit: RATE }, 'a1', 'b2');
    expect([go(), vi.getTimerCount()]).toEqual([['a1'], 1]);
    end('a1');
    await vi.advanceTimersByTimeAsync(101);
    expect([go(), vi.getTimerCount()]).toEqual([['b2'], 0]);
    expect(opened).not.toHaveBeenCalled();
  });

  test('when all are drained, in the order of the jobs', () => {
    const { turnstile, go } = turnstileOf(
      { perOrigin: { rateLimit: RATE } },
      'a1',
      'b4',
      'b3',
      'a2',
    );
    expect(go()).toEqual(['a1', 'b3']);
    expect(vi.getTimerCount()).toBe(1);
    expect(turnstile.drain().map(({ name }) => name)).toEqual(['a2', 'b4']);
    expect([turnstile.size, vi.getTimerCount(), turnstile.drain()]).toEqual([0, 0, []]);
  });
});

describe('a hop', () => {
  test.each<[string, Partial<Limits>]>([
    ['nothing is limited', {}],
    ['only how many are in flight is', { perOrigin: { concurrency: 1 } }],
  ])('need not ask where %s', (_, limits) => {
    expect(turnstileOf(limits).turnstile.admit('a')).toBeUndefined();
  });

  test.each<[string, Partial<Limits>]>([
    ['over all origins', { rateLimit: RATE }],
    ['of its origin', { perOrigin: { rateLimit: RATE } }],
  ])('goes as the rate %s allows, and counts for it', async (_, limits) => {
    const { turnstile, go } = turnstileOf(limits, 'a1');
    const [first, second] = [await hopOf(turnstile, 'a'), await hopOf(turnstile, 'a')];
    expect([first.hasGone(), second.hasGone(), go()]).toEqual([true, false, []]);
    await vi.advanceTimersByTimeAsync(151);
    expect([second.hasGone(), go()]).toEqual([true, []]);
    await vi.advanceTimersByTimeAsync(151);
    expect(go()).toEqual(['a1']);
  });

  test('goes before tickets that have waited longer', async () => {
    const { turnstile, opened, go } = turnstileOf({ rateLimit: RATE }, 'a1', 'a2');
    expect(go()).toEqual(['a1']);
    const hop = await hopOf(turnstile, 'b');
    const seen: boolean[] = [];
    opened.mockImplementation(() => seen.push(turnstile.isShut(performance.now())));
    await vi.advanceTimersByTimeAsync(151);
    expect([hop.hasGone(), seen]).toEqual([true, [true]]);
  });

  test('goes before tickets that are asked for before the timer rings', async () => {
    const { turnstile, go } = turnstileOf({ rateLimit: RATE }, 'a1', 'a2');
    expect(go()).toEqual(['a1']);
    const hop = await hopOf(turnstile, 'b');
    expect(turnstile.isShut(performance.now() + 151)).toBe(true);
    await Promise.resolve();
    expect(hop.hasGone()).toBe(true);
  });

  test('waits for its own origin alone', async () => {
    const { turnstile, go } = turnstileOf({ perOrigin: { rateLimit: RATE } }, 'a1');
    expect(go()).toEqual(['a1']);
    const [held, free] = [await hopOf(turnstile, 'a'), await hopOf(turnstile, 'b')];
    expect([held.hasGone(), free.hasGone()]).toEqual([false, true]);
  });

  test('waits for the later of both rates', async () => {
    const limits = { rateLimit: RATE, perOrigin: { rateLimit: { limit: 1, interval: 200 } } };
    const { turnstile, go } = turnstileOf(limits, 'a1');
    expect(go()).toEqual(['a1']);
    const [slow, quick] = [await hopOf(turnstile, 'a'), await hopOf(turnstile, 'b')];
    await vi.advanceTimersByTimeAsync(151);
    expect([slow.hasGone(), quick.hasGone()]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(151);
    expect(slow.hasGone()).toBe(true);
  });

  test('goes when another ticket is answered, if it may by then', async () => {
    const { turnstile, get, go, end } = turnstileOf({ rateLimit: RATE }, 'a1', 'b2');
    expect(go()).toEqual(['a1']);
    const hop = await hopOf(turnstile, 'b');
    end('a1');
    await Promise.resolve();
    expect(hop.hasGone()).toBe(false);
    turnstile.end(get('b2'), performance.now() + 101);
    await Promise.resolve();
    expect(hop.hasGone()).toBe(true);
  });

  test('keeps its timer when a ticket beside it is deleted', async () => {
    const { turnstile, get, go } = turnstileOf({ rateLimit: RATE }, 'a1', 'a2');
    expect(go()).toEqual(['a1']);
    const hop = await hopOf(turnstile, 'a');
    turnstile.delete(get('a2'));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(151);
    expect([hop.hasGone(), vi.getTimerCount()]).toEqual([true, 0]);
  });

  test('goes when all is drained, to find its job aborted, and leaves no timer', async () => {
    const { turnstile, go } = turnstileOf({ rateLimit: RATE }, 'a1');
    expect(go()).toEqual(['a1']);
    const hops = [await hopOf(turnstile, 'a'), await hopOf(turnstile, undefined)];
    expect(turnstile.drain()).toEqual([]);
    await Promise.resolve();
    expect(hops.map((hop) => hop.hasGone())).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
    expect(turnstile.admit('a')).toBeUndefined();
  });

  test('that is cancelled is let go, counts for nothing, and leaves no timer', async () => {
    const { turnstile, go } = turnstileOf({ rateLimit: RATE }, 'a1');
    expect(go()).toEqual(['a1']);
    const [gone, other] = [await hopOf(turnstile, 'a'), await hopOf(turnstile, 'a')];
    gone.cancel();
    await Promise.resolve();
    expect([gone.hasGone(), other.hasGone(), vi.getTimerCount()]).toEqual([true, false, 1]);
    await vi.advanceTimersByTimeAsync(151);
    expect(other.hasGone()).toBe(true);
    other.cancel();
    const last = await hopOf(turnstile, 'a');
    expect(vi.getTimerCount()).toBe(1);
    last.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a turnstile that sleeps', () => {
  test('has no timer until it is asked again', async () => {
    const { turnstile, opened, go } = turnstileOf({ rateLimit: RATE }, 'a1', 'b2');
    expect([go(), vi.getTimerCount()]).toEqual([['a1'], 1]);
    turnstile.sleep();
    expect(vi.getTimerCount()).toBe(0);
    expect([go(), vi.getTimerCount()]).toEqual([[], 1]);
    await vi.advanceTimersByTimeAsync(151);
    expect([opened.mock.calls.length, go()]).toEqual([1, ['b2']]);
  });

  test('goes on for hops', async () => {
    const { turnstile, go } = turnstileOf({ rateLimit: RATE }, 'a1');
    expect(go()).toEqual(['a1']);
    const hop = await hopOf(turnstile, 'a');
    turnstile.sleep();
    await vi.advanceTimersByTimeAsync(151);
    expect(hop.hasGone()).toBe(true);
  });
});
