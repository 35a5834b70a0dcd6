import { expect, test } from 'vitest';
import { HOSTS, planOf } from './plan.js';

const plans = Array.from({ length: HOSTS * 400 }, (_, index) => planOf(index));

test('every hundred jobs have as many of each kind', () => {
  for (let first = 0; first < 1000; first += 100) {
    const kinds = plans.slice(first, first + 100).map(({ kind }) => kind);
    const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
    expect(['reset', 'cut', 'stalled', 'throttled', 'answered'].map(count)).toEqual([
      5, 5, 5, 1, 84,
    ]);
  }
});

test('each kind comes in every form, and those that are throttled at every server but the first', () => {
  const forms = new Set(
    plans.map(({ kind, recovers, isEarly }) => `${kind} ${recovers} ${isEarly}`),
  );
  expect(forms.size).toBe(20);
  const throttled = plans.filter(({ kind }) => kind === 'throttled');
  expect(new Set(throttled.map(({ host }) => host)).size).toBe(HOSTS - 1);
  expect(throttled.some(({ host }) => host === 0)).toBe(false);
});
