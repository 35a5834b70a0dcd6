import undici, { Client } from 'undici';
import { expect, test } from 'vitest';
import * as parts from '../../src/connect/undici.js';

test("the parts of undici that are loaded by themselves are its index's", () => {
  const { kHTTP2Session, sizeOf, ...classes } = parts;
  expect(Object.keys(classes)).not.toEqual([]);
  for (const [name, part] of Object.entries(classes))
    expect(part).toBe(undici[name as keyof typeof classes]);
  expect(String(kHTTP2Session)).toBe('Symbol(http2Session)');
  expect(sizeOf(new Client('http://h'))).toBe(0);
});
