import { expect, test } from 'vitest';
import { handOver } from '../../src/http/hand-over.js';
import { Gate } from '../helpers/gate.js';

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
