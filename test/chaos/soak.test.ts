import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program } from '../helpers/program.js';
import type { Inventory } from './soak.js';

/** `SOAK_SECONDS=600 npx vitest run test/chaos/soak.test.ts` for ten minutes. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 60);
/** Rounds that the machine has time for, however slow. */
const LEAST_ROUNDS = 5;
/** What the engine's own caches may grow by, in bytes: 70 a request of the fewest rounds. */
const TOLERANCE = 1_000_000;

/** `src` built, inside the project so that it finds what it depends on. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp('node_modules/.soak-');
  await promisify(execFile)(process.execPath, ['scripts/build.mjs', folder]);
});

afterAll(() => rm(folder, { recursive: true }));

test('after mixed traffic, failures and aborts nothing is left of them', {
  timeout: SECONDS * 1000 + 300_000,
}, async () => {
  const args = [resolve(join(folder, 'index.js')), SECONDS, LEAST_ROUNDS];
  const soak = new Program(new URL('soak.js', import.meta.url), args, [
    '--expose-gc',
    '--disable-warning=ExperimentalWarning',
  ]);
  const { before, after, rounds } = await soak.receive<{
    before: Inventory;
    after: Inventory;
    rounds: number;
  }>();

  expect(rounds).toBeGreaterThanOrEqual(LEAST_ROUNDS);
  expect(after).toMatchObject({ sockets: 0, listeners: 0, resources: before.resources });
  for (const [name, count] of Object.entries(after.objects))
    expect(count, name).toBeLessThanOrEqual(Number(before.objects[name]) + 2);
  expect(after.heap - before.heap).toBeLessThan(TOLERANCE);
  expect(after.buffers - before.buffers).toBeLessThan(TOLERANCE);
  // Nothing keeps it from exiting.
  expect(await soak.exitCode).toBe(0);
});
