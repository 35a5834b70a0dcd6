import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { vi } from 'vitest';
import { createAuthority } from './certificate.js';
import { HandleWatch } from './handles.js';
import { portOf, serveHttpbin } from './httpbin.js';
import { TestProxy } from './proxy.js';

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
 * Runs an example against servers on loopback, one for each origin that it names; see `Stage` for
 * those that are special. What it prints has the names again. What it sets in the environment is
 * unset.
 *
 * @throws what it throws, and if it leaves something behind that would keep a process from exiting
 */
export async function runExample(folder: string, example: Example): Promise<string> {
  const place = await mkdtemp(join(folder, 'run-'));
  const stage = await Stage.for(example.code, place);
  const handles = new HandleWatch();
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const environment = { ...process.env };
  try {
    const path = await writeExample(place, { ...example, code: stage.enter(example.code) });
    await handles.run(() => import(/* @vite-ignore */ pathToFileURL(path).href));
    await untilNoneIsOpen(handles);
    return stage.leave(log.mock.calls.map((values) => `${format(...values)}\n`).join(''));
  } finally {
    log.mockRestore();
    handles.stop();
    restoreEnvironment(environment);
    await stage.close();
  }
}

function restoreEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
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
const ORIGIN = /(https?:\/\/)([^\s/'"`@]*@)?((?:[a-z0-9-]+\.)+[a-z]+)(:\d+)?/g;
/** A folder of an example, with certificates in it. */
const CERTIFICATES = "'certs/";
const NOBODY = '127.0.0.1:1';

/** Something that an example's requests come to. */
interface Actor {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * The servers of an example, and the names that they stand for:
 *
 * - below `.invalid`, nobody;
 * - `proxy.` and more, a proxy that asks for `ada` and `secret`;
 * - `intranet.` and more, a server with a certificate of `certs/ca.pem`, which asks for one of the
 *   client, such as `certs/client.pem` with the key `certs/client-key.pem`;
 * - any other, httpbin without TLS.
 */
class Stage {
  readonly #place: string;
  readonly #authority = createAuthority();
  readonly #actors: Actor[] = [];
  /** `http://127.0.0.1:port` by `https://name`. */
  readonly #origins = new Map<string, string>();

  /** @param place a folder for files of its own */
  static async for(code: string, place: string): Promise<Stage> {
    const stage = new Stage(place);
    if (code.includes(CERTIFICATES)) await stage.#writeCertificates();
    for (const [, scheme, , name, port = ''] of code.matchAll(ORIGIN))
      await stage.#add(`${scheme}${name}${port}`);
    return stage;
  }

  private constructor(place: string) {
    this.#place = place;
  }

  async #writeCertificates(): Promise<void> {
    const client = this.#authority.issue();
    await writeFile(join(this.#place, 'ca.pem'), this.#authority.cert);
    await writeFile(join(this.#place, 'client.pem'), client.cert);
    await writeFile(join(this.#place, 'client-key.pem'), client.key);
  }

  async #add(origin: string): Promise<void> {
    if (this.#origins.has(origin)) return;
    if (origin.endsWith('.invalid')) {
      this.#origins.set(origin, `http://${NOBODY}`);
      return;
    }
    const actor = await this.#actorFor(new URL(origin).hostname);
    this.#actors.push(actor);
    this.#origins.set(origin, actor.origin);
  }

  #actorFor(name: string): Promise<Actor> {
    if (name.startsWith('proxy.')) return startProxy();
    const { cert: ca } = this.#authority;
    return name.startsWith('intranet.')
      ? startServer({ ...this.#authority.issue(), ca, requestCert: true })
      : startServer();
  }

  /** Replaces the names, those of a netrc as well. */
  enter(code: string): string {
    return code
      .replace(ORIGIN, (_, scheme, credentials = '', name, port = '') =>
        String(this.#origins.get(`${scheme}${name}${port}`)).replace('//', `//${credentials}`),
      )
      .replace(/(?<=\bmachine )[a-z.]+/g, '127.0.0.1')
      .replaceAll(CERTIFICATES, `'${this.#place}/`);
  }

  /** Puts the names back. */
  leave(printed: string): string {
    let text = printed;
    for (const [name, origin] of this.#origins)
      text = text
        .replaceAll(origin, name)
        .replaceAll(new URL(origin).host, name.replace(/^https?:\/\//, ''));
    return text;
  }

  async close(): Promise<void> {
    for (const actor of this.#actors) await actor.close();
  }
}

async function startServer(tls?: TlsOptions): Promise<Actor> {
  const server = await serveHttpbin(tls);
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function startProxy(): Promise<Actor> {
  const proxy = new TestProxy({ credentials: ['ada', 'secret'] });
  await proxy.listen();
  return { origin: proxy.url, close: () => proxy.close() };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
