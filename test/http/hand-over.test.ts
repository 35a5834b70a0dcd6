import { afterEach, expect, test, vi } from 'vitest';
import { handOver } from '../../src/http/hand-over.js';
import { Gate } from '../helpers/gate.js';

afterEach(() => {
  vi.useRealTimers();
});

test('all that wait deliver in one immediate, before those that are set later', async () => {
  const seen: unknown[] = [];
  const later = new Gate();
  handOver({
    deliver: () => {
      seen.push('first');
      handOver({ deliver: () => seen.push('of the next round') });
    },
  });
  setImmediate(() => {
    seen.push('an immediate');
    setImmediate(() => setImmediate(later.open));
  });
  handOver({ deliver: () => seen.push('second') });
  expect(seen).toEqual([]);
  await later.opened;
  expect(seen).toEqual(['first', 'second', 'an immediate', 'of the next round']);
});

test('a clock that is fake for a while holds up nobody, then or later', async () => {
  const [during, after] = [new Gate(), new Gate()];
  vi.useFakeTimers();
  handOver({ deliver: during.open });
  vi.useRealTimers();
  handOver({ deliver: after.open });
  await Promise.all([during.opened, after.opened]);
});
