import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/queue/lanes.js';
import type { PerOrigin } from '../../src/queue/origin-limits.js';
import { type Ticket, ticket } from '../helpers/lanes.js';

/** The bytes that something holds. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

describe('memory', () => {
  /** Tells how many lanes were made: each looks once at its limits. */
  function countingLanes(limits: PerOrigin) {
    let looks = 0;
    const look = () => {
      looks++;
      return limits.concurrency;
    };
    const lanes = new Lanes<Ticket>(
      Object.defineProperty({ ...limits }, 'concurrency', { get: look }),
    );
    const looksBefore = looks;
    return { lanes, made: () => looks - looksBefore };
  }

  const visits = Array.from({ length: 5_000 }, (_, i) => ({
    ...ticket(`x${i}`),
    origin: `http://${i}.test`,
  }));

  type Visit = (lanes: Lanes<Ticket>, visitor: Ticket, now: number) => void;
  const wait: Visit = (lanes, visitor, now) => {
    lanes.add(visitor);
    expect(lanes.next(now)).toBe(visitor);
  };
  const waitAndEnd: Visit = (lanes, visitor, now) => {
    wait(lanes, visitor, now);
    lanes.end(visitor, now);
  };
  const count: Visit = (lanes, { origin }, now) => lanes.count(origin, now);

  test.each<[string, PerOrigin, Visit]>([
    ['a concurrency', { concurrency: 1 }, waitAndEnd],
    ['a rate', { rateLimit: { limit: 1, interval: 10 } }, waitAndEnd],
    ['a rate, and no ticket', { rateLimit: { limit: 1, interval: 10 } }, count],
    ['no limit, and no ticket is said to have ended', {}, wait],
  ])('origins that were visited are forgotten where there is %s', (_, limits, visit) => {
    const { lanes, made } = countingLanes(limits);
    for (const [i, visitor] of visits.entries()) visit(lanes, visitor, i);
    expect(made()).toBe(5_000);
    for (const [i, visitor] of visits.entries()) visit(lanes, visitor, 5_000 + i);
    expect(made()).toBe(10_000);
  });

  test('what was forgotten of an origin is not kept for the slot that took its tickets', () => {
    const lanes = new Lanes<Ticket>({ concurrency: 1 }, { slotOf: () => 0, bind: () => {} });
    const used = heapUsed();
    for (let round = 0; round < 4; round++)
      for (const [now, visitor] of visits.entries()) {
        lanes.add({ ...visitor, origin: `${round} ${visitor.origin}` });
        lanes.end(lanes.next(now, 0) as Ticket, now);
      }
    expect(heapUsed() - used).toBeLessThan(5_000_000);
    expect(lanes.size).toBe(0);
  });

  test('origins are not looked for where nothing is limited', () => {
    const { lanes, made } = countingLanes({});
    for (const visitor of visits) count(lanes, visitor, 0);
    expect(made()).toBe(0);
  });

  test('an origin that has something to remember is not forgotten', () => {
    const { lanes, made } = countingLanes({
      concurrency: 1,
      rateLimit: { limit: 1, interval: 500 },
    });
    const [flying, done] = [ticket('b1'), ticket('d1')];
    const send = (one: Ticket, now: number) => {
      lanes.add(one);
      expect(lanes.next(now)).toBe(one);
    };
    lanes.hold('a', 2_000);
    send(flying, 0);
    lanes.throttle('c', 0, 0, () => 0);
    send(done, 900);
    lanes.end(done, 900);
    lanes.add(ticket('e1'));
    for (const { origin } of visits) lanes.hold(origin, 0);
    expect(made()).toBe(5_005);
    for (const name of ['a2', 'b2', 'c2', 'd2', 'e2']) lanes.add(ticket(name));
    expect(made()).toBe(5_005);
    for (const { origin } of visits) lanes.hold(origin, 0);
    expect(made()).toBeGreaterThan(9_900);
  });
});
