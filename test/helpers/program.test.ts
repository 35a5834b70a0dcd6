import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program } from './program.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'session-pool-program-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function start(source: string, ...args: unknown[]): Promise<Program> {
  const path = join(folder, 'program.mjs');
  await writeFile(path, source);
  return new Program(pathToFileURL(path), args);
}

test('a program answers, with what it was started with', async () => {
  const adder = await start('process.on("message", (n) => process.send(n + +process.argv[2]))', 1);
  expect(await adder.ask(41)).toBe(42);
});

test('a program that exits has nothing more to say', async () => {
  const brief = await start('process.exitCode = 3; process.disconnect()');
  await expect(brief.receive()).rejects.toThrow('the program exited with 3');
  expect(await brief.exitCode).toBe(3);
});
