import { createGunzip, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzipBomb, nestedGzipBomb } from './bombs.js';

test('a gzip bomb is 1 MB that becomes 1 GB', async () => {
  const bomb = gzipBomb();
  expect(bomb.length).toBeLessThan(2 ** 20 + 65_536);
  const gunzip = createGunzip({ chunkSize: 2 ** 20 });
  gunzip.end(bomb);
  let size = 0;
  for await (const chunk of gunzip) size += chunk.length;
  expect(size).toBe(2 ** 30);
});

test('a nested gzip bomb is a few kB that become a gzip bomb', () => {
  const bomb = nestedGzipBomb();
  expect(bomb.length).toBeLessThan(20_000);
  expect(gunzipSync(bomb).equals(gzipBomb())).toBe(true);
});
