import { describe, expect, test } from 'vitest';
import { InvalidJobError, Session, type Timeout } from '../../src/index.js';
import { resolveTimeouts } from '../../src/request/timeouts.js';

test.each<[Timeout | undefined, object]>([
  [undefined, { connect: 10_000, read: 300_000, total: Infinity }],
  [50, { connect: 50, read: 50, total: Infinity }],
  [Infinity, { connect: Infinity, read: Infinity, total: Infinity }],
  [{}, { connect: 10_000, read: 300_000, total: Infinity }],
  [{ total: undefined } as object, { connect: 10_000, read: 300_000, total: Infinity }],
  [{ connect: 1 }, { connect: 1, read: 300_000, total: Infinity }],
  [
    { read: 0.5, total: 3 },
    { connect: 10_000, read: 0.5, total: 3 },
  ],
])('%j is filled up from the defaults', (timeout, timeouts) => {
  expect(resolveTimeouts(timeout)).toEqual(timeouts);
});

describe('a timeout is refused', () => {
  const range = 'must be a positive number of milliseconds up to 2147483647, or Infinity';
  test.each<[unknown, string]>([
    [0, `timeout ${range}, got 0`],
    [-1, `timeout ${range}, got -1`],
    [Number.NaN, `timeout ${range}, got NaN`],
    [2 ** 31, `timeout ${range}, got 2147483648`],
    [{ connect: '5' }, `timeout.connect ${range}, got '5'`],
    [{ total: 0 }, `timeout.total ${range}, got 0`],
    [{ conect: 5 }, 'timeout: unknown key "conect"; did you mean "connect"?'],
    [[3, 27], 'timeout must be a number or a record, got [ 3, 27 ]'],
    ['5s', "timeout must be a number or a record, got '5s'"],
  ])('%j', async (timeout, message) => {
    const expected = new InvalidJobError(message);
    const request = new Session().get('http://127.0.0.1:1', { timeout: timeout as Timeout });
    await expect(request).rejects.toThrow(expected);
    expect(() => new Session({ timeout: timeout as Timeout })).toThrow(expected);
  });
});
