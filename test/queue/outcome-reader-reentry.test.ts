import { expect, test } from 'vitest';
import { OutcomeReader } from '../../src/queue/outcome-reader.js';
import type { Settlement } from '../../src/queue/settlement.js';

type Numbered = Settlement<string, number>;

/** A reader of 1, 2, …, and what may call it again in the same breath. */
function readerOf(count: number) {
  const ready = Array.from({ length: count }, (_, i) => i + 1);
  const told: string[] = [];
  const calls: Partial<Record<'whenWanted' | 'whenGivenBack', (() => void) | undefined>> = {};
  const reader = new OutcomeReader<string, number>(
    {},
    {
      take: () => {
        const outcome = ready.shift();
        if (outcome === undefined) return undefined;
        return { outcome, kind: 'response', index: outcome, job: 'job', bytes: 0 } as Numbered;
      },
      wait: (_, tell) => queueMicrotask(() => tell(undefined)),
      wanted: () => calls.whenWanted?.(),
      giveBack: ({ outcome }, isConsumed) => {
        told.push(`${outcome} ${isConsumed ? 'consumed' : 'given up'}`);
        calls.whenGivenBack?.();
      },
      end: async () => {},
    },
  );
  return { reader, told, calls };
}

const OVER = { value: undefined, done: true };

test.each(['whenWanted', 'whenGivenBack'] as const)(
  'a reader who is called again %s has consumed every outcome once, in order',
  async (when) => {
    const { reader, told, calls } = readerOf(4);
    const answers = [reader.next()];
    calls[when] = () => {
      calls[when] = undefined;
      answers.push(reader.next());
    };
    answers.unshift(reader.next());
    await Promise.all(answers);
    for (let call = 0; call < 4; call++) await reader.next();
    expect(told).toEqual(['1 consumed', '2 consumed', '3 consumed', '4 consumed']);
  },
);

test('a call while an outcome is given back comes after the one that gave it back', async () => {
  const { reader, calls } = readerOf(3);
  await reader.next();
  let inner: Promise<unknown> | undefined;
  calls.whenGivenBack = () => {
    calls.whenGivenBack = undefined;
    inner = reader.next();
  };
  expect(await reader.next()).toEqual({ value: 2, done: false });
  expect(await inner).toEqual({ value: 3, done: false });
});

test('a call while the reader breaks off is given nothing', async () => {
  const { reader, told, calls } = readerOf(3);
  await reader.next();
  let inner: Promise<unknown> | undefined;
  calls.whenGivenBack = () => {
    inner = reader.next();
  };
  expect(await reader.return()).toEqual(OVER);
  expect(await inner).toEqual(OVER);
  expect(told).toEqual(['1 given up']);
});
