import undici, { Client } from 'undici';
import { afterEach, expect, test, vi } from 'vitest';
import * as parts from '../../src/connect/undici.js';

afterEach(() => {
  vi.doUnmock('undici/lib/core/symbols.js');
  vi.resetModules();
});

test("the parts of undici that are loaded by themselves are its index's", () => {
  const { kHTTP2Session, sizeOf, ...classes } = parts;
  expect(Object.keys(classes)).not.toEqual([]);
  for (const [name, part] of Object.entries(classes))
    expect(part).toBe(undici[name as keyof typeof classes]);
  expect(String(kHTTP2Session)).toBe('Symbol(http2Session)');
  expect(sizeOf(new Client('http://h'))).toBe(0);
});

test.each(['kSize', 'kHTTP2Session'])('an undici without %s cannot be loaded', async (name) => {
  vi.resetModules();
  vi.doMock('undici/lib/core/symbols.js', async (original) => {
    const { default: symbols } = await original<{ default: object }>();
    return { default: { ...symbols, [name]: undefined } };
  });
  await expect(import('../../src/connect/undici.js')).rejects.toThrow(
    `undici has no ${name} any more, which session-pool needs: an older undici is expected`,
  );
});
