import { expect, test } from 'vitest';
import { MemoryWatch } from './memory.js';

test('a memory watch says how large the process grew', () => {
  const memory = new MemoryWatch();
  const block = Buffer.alloc(256 * 2 ** 20, 1);
  const grown = memory.stop();
  expect(block).toHaveLength(256 * 2 ** 20);
  expect(grown).toBeGreaterThan(100);
});
