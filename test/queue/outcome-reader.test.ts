import { beforeEach, describe, expect, test } from 'vitest';
import { OutcomeReader } from '../../src/queue/outcome-reader.js';
import type { Settlement } from '../../src/queue/settlement.js';

type Numbered = Settlement<string, number>;

/** What a reader asks and tells, in order. */
let log: string[];
/** Those that are there. */
let ready: Numbered[];
let tell: (settlement: Numbered | undefined) => void;
let broken: Error | undefined;
let reader: OutcomeReader<string, number>;

const settlement = (outcome: number): Numbered => ({
  outcome,
  kind: 'response',
  index: outcome,
  job: 'job',
  bytes: 0,
});

beforeEach(() => {
  log = [];
  ready = [];
  broken = undefined;
  reader = new OutcomeReader<string, number>(
    {},
    {
      take: () => ready.shift(),
      wait: (_, told) => {
        log.push('waits');
        tell = told;
      },
      wanted: () => log.push('wanted'),
      giveBack: ({ outcome }, isConsumed) =>
        log.push(`${outcome} ${isConsumed ? 'consumed' : 'given up'}`),
      end: async () => {
        log.push('end');
        if (broken !== undefined) throw broken;
      },
    },
  );
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const OVER = { value: undefined, done: true };

describe('a reader', () => {
  test('has consumed an outcome when it comes back for the next one', async () => {
    ready = [1, 2].map(settlement);
    expect(await reader.next()).toEqual({ value: 1, done: false });
    expect(log).toEqual(['wanted']);
    expect(await reader.next()).toEqual({ value: 2, done: false });
    expect(log).toEqual(['wanted', '1 consumed', 'wanted']);
  });

  test('waits for what is not there yet, and holds nothing meanwhile', async () => {
    ready = [settlement(1)];
    await reader.next();
    const next = reader.next();
    expect(log).toEqual(['wanted', '1 consumed', 'waits', 'wanted']);
    tell(settlement(2));
    expect(await next).toEqual({ value: 2, done: false });
    void reader.next();
    expect(log.slice(4)).toEqual(['2 consumed', 'waits', 'wanted']);
  });

  test('may be told of its next outcome while it says that it waits', async () => {
    const told = new OutcomeReader<string, number>(
      {},
      {
        take: () => undefined,
        wait: (_, later) => {
          tell = later;
        },
        wanted: () => tell(settlement(1)),
        giveBack: () => {},
        end: async () => {},
      },
    );
    expect(await told.next()).toEqual({ value: 1, done: false });
    expect(await told.next()).toEqual({ value: 1, done: false });
  });

  test('ends when it is told that none will come, and stays so', async () => {
    const next = reader.next();
    tell(undefined);
    expect([await next, await reader.next()]).toEqual([OVER, OVER]);
    expect(log).toEqual(['waits', 'wanted', 'end']);
  });

  test('tells what broke at its end, once', async () => {
    broken = new Error('broken');
    const next = reader.next();
    tell(undefined);
    await expect(next).rejects.toBe(broken);
    expect(await reader.next()).toEqual(OVER);
  });

  test('answers calls one after the other that come at once', async () => {
    const answers = [reader.next(), reader.next(), reader.next(), reader.return(), reader.next()];
    await turn();
    expect(log).toEqual(['waits', 'wanted']);
    ready = [settlement(2)];
    tell(settlement(1));
    await turn();
    expect(log).toEqual([
      'waits',
      'wanted',
      '1 consumed',
      'wanted',
      '2 consumed',
      'waits',
      'wanted',
    ]);
    tell(settlement(3));
    const [first, second, third, ...rest] = await Promise.all(answers);
    expect([first?.value, second?.value, third?.value]).toEqual([1, 2, 3]);
    expect(rest).toEqual([OVER, OVER]);
    expect(log.slice(7)).toEqual(['3 given up']);
  });

  test('answers those first that came first, though one of them waits again', async () => {
    const [, , third] = [reader.next(), reader.next(), reader.next()];
    tell(settlement(1));
    await turn();
    void reader.return();
    ready = [settlement(3)];
    tell(settlement(2));
    expect(await third).toEqual({ value: 3, done: false });
  });

  test('goes on without a detour after calls that came at once', async () => {
    const answers = [reader.next(), reader.next()];
    ready = [2, 3].map(settlement);
    tell(settlement(1));
    await Promise.all(answers);
    log = [];
    const next = reader.next();
    expect(log).toEqual(['2 consumed', 'wanted']);
    expect(await next).toEqual({ value: 3, done: false });
  });

  test('gives up what it holds when its loop breaks off', async () => {
    ready = [settlement(1)];
    for await (const outcome of reader) {
      expect(outcome).toBe(1);
      break;
    }
    expect(log).toEqual(['wanted', '1 given up']);
    expect(await reader.next()).toEqual(OVER);
  });

  test('gives it up in the very step in which it breaks off', async () => {
    ready = [settlement(1)];
    await reader.next();
    void reader.return();
    expect(log).toEqual(['wanted', '1 given up']);
  });

  test('gives it up when it is disposed of, or has an error thrown into it', async () => {
    ready = [settlement(1)];
    await reader.next();
    const error = new Error('thrown');
    await expect(reader.throw(error)).rejects.toBe(error);
    await reader[Symbol.asyncDispose]();
    expect(log).toEqual(['wanted', '1 given up']);
    expect(await reader.next()).toEqual(OVER);
  });

  test('can be given up before it was read', async () => {
    expect(await reader.return()).toEqual(OVER);
    expect(await reader.next()).toEqual(OVER);
    expect(log).toEqual([]);
  });
});
