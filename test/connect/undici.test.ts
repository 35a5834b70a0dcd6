import undici from 'undici';
import { expect, test } from 'vitest';
import * as parts from '../../src/connect/undici.js';

test("the parts of undici that are loaded by themselves are its index's", () => {
  expect(Object.keys(parts)).not.toEqual([]);
  for (const [name, part] of Object.entries(parts))
    expect(part).toBe(undici[name as keyof typeof parts]);
});
