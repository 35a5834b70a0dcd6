import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { vi } from 'vitest';
import { HandleWatch } from './handles.js';
import { portOf, serveHttpbin } from './httpbin.js';

/**
 * One fenced block of a page whose language is `ts` or `js`. It is a module of its own: it imports
 * what it needs.
 */
export interface Example {
  readonly page: string;
  /** Of the block's first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What it prints: the `text` block that follows with nothing between. `…` stands for anything. */
  readonly output: string | undefined;
  /** Whether its lines may come in any order: the fence says `text any-order`. */
  readonly isUnordered: boolean;
}

const EXAMPLE = /^```(ts|js)\n([\s\S]*?)^```\n(?:\n*```text( any-order)?\n([\s\S]*?)^```$)?/gm;

/** @param path from the project's root */
export async function readExamples(path: string): Promise<Example[]> {
  return extractExamples(path, await readFile(path, 'utf8'));
}

export function extractExamples(page: string, markdown: string): Example[] {
  return [...markdown.matchAll(EXAMPLE)].map(
    ({ index, 1: language = '', 2: code = '', 3: flag, 4: output }) => ({
      page,
      line: markdown.slice(0, index).split('\n').length + 1,
      language,
      code,
      output,
      isUnordered: flag !== undefined,
    }),
  );
}

/** Writes an example as a module whose line numbers are the page's. @returns its path */
export async function writeExample(folder: string, { page, line, language, code }: Example) {
  const path = join(folder, `${page.replace(/\W/g, '-')}-${line}.${language}`);
  await writeFile(path, '\n'.repeat(line - 1) + code);
  return path;
}

/**
 * Runs an example against servers on loopback, one for each origin that it names; nobody listens at
 * a name below `.invalid`. What it prints has the names again.
 *
 * @throws what it throws, and if it leaves something behind that would keep a process from exiting
 */
export async function runExample(folder: string, example: Example): Promise<string> {
  const stage = await Stage.for(example.code);
  const handles = new HandleWatch();
  const log = vi.spyOn(console, 'log').mockReturnValue();
  try {
    const place = await mkdtemp(join(folder, 'run-'));
    const path = await writeExample(place, { ...example, code: stage.enter(example.code) });
    await handles.run(() => import(/* @vite-ignore */ pathToFileURL(path).href));
    await untilNoneIsOpen(handles);
    return stage.leave(log.mock.calls.map((values) => `${format(...values)}\n`).join(''));
  } finally {
    log.mockRestore();
    handles.stop();
    await stage.close();
  }
}

/** @throws if there are some for a second and more */
async function untilNoneIsOpen(handles: HandleWatch): Promise<void> {
  for (let tries = 0; handles.count > 0; tries++) {
    if (tries === 100) throw new Error(`the example leaves ${handles.count} handles open`);
    await setTimeout(10);
  }
}

/** Whether what was printed is what the page says. */
export function isExpected({ output = '', isUnordered }: Example, printed: string): boolean {
  const lines = (text: string) => (isUnordered ? text.split('\n').sort() : text.split('\n'));
  const expected = lines(output).map(
    (line) => new RegExp(`^${line.split('…').map(escapeRegExp).join('.*')}$`),
  );
  const actual = lines(printed);
  return (
    expected.length === actual.length && expected.every((line, i) => line.test(actual[i] ?? ''))
  );
}

/** An origin, with or without credentials, as an example has it. */
const ORIGIN = /(https?:\/\/)([^\s/'"`@]*@)?((?:[a-z0-9-]+\.)+[a-z]+)/g;
const NOBODY = '127.0.0.1:1';

/** The servers of an example, and the names that they stand for. */
class Stage {
  readonly #servers: Server[] = [];
  /** `127.0.0.1:port` by `https://name`. */
  readonly #hosts = new Map<string, string>();

  static async for(code: string): Promise<Stage> {
    const stage = new Stage();
    for (const [, scheme, , name] of code.matchAll(ORIGIN)) await stage.#add(`${scheme}${name}`);
    return stage;
  }

  async #add(origin: string): Promise<void> {
    if (this.#hosts.has(origin)) return;
    if (origin.endsWith('.invalid')) {
      this.#hosts.set(origin, NOBODY);
      return;
    }
    const server = await serveHttpbin();
    this.#servers.push(server);
    this.#hosts.set(origin, `127.0.0.1:${portOf(server)}`);
  }

  /** Replaces the names. */
  enter(code: string): string {
    return code.replace(
      ORIGIN,
      (_, scheme, credentials = '', name) =>
        `http://${credentials}${this.#hosts.get(`${scheme}${name}`)}`,
    );
  }

  /** Puts the names back. */
  leave(printed: string): string {
    let text = printed;
    for (const [origin, host] of this.#hosts)
      text = text
        .replaceAll(`http://${host}`, origin)
        .replaceAll(host, origin.replace(/^https?:\/\//, ''));
    return text;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
