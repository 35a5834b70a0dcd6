import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  HTTPError,
  InvalidHeaderError,
  InvalidJobError,
  InvalidURLError,
  JobQueue,
  map,
  Pool,
} from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { HandleWatch } from './helpers/handles.js';
import { startServer } from './helpers/http-server.js';
import { collect } from './helpers/scripted-session.js';

/** `count` URLs of a server. */
const urlsOf = ({ url }: { url: string }, count: number) =>
  Array.from({ length: count }, (_, i) => `${url}/${i}`);

describe('a pool against a server', () => {
  it('keeps all its sessions busy, each on a socket of its own', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      if (server.inFlight === 8) gate.open();
      await gate.opened;
      reply.end();
    });
    const pool = Pool.fromUrls(urlsOf(server, 200), {}, { numProcesses: 8 });
    const responses = await collect(pool.responses());
    expect(new Set(responses.map(({ url }) => url)).size).toBe(200);
    expect(server.requests).toHaveLength(200);
    expect(server.maxInFlight).toBe(8);
    expect(server.connections).toBe(8);
  });

  it('keeps the cookies of each session to it', async () => {
    const gate = new Gate();
    const cookies = new Map<number | undefined, Set<string | undefined>>();
    const server = await startServer(async ({ headers }, reply) => {
      const port = reply.socket?.remotePort;
      const seen = cookies.get(port) ?? new Set();
      cookies.set(port, seen.add(headers.cookie));
      if (headers.cookie === undefined) reply.setHeader('Set-Cookie', `port=${port}`);
      if (cookies.size === 4) gate.open();
      await gate.opened;
      reply.end();
    });
    await Pool.fromUrls(urlsOf(server, 40), {}, { numProcesses: 4 }).joinAll();
    const expected = [...cookies.keys()].map((port) => [
      port,
      new Set([undefined, `port=${port}`]),
    ]);
    expect([...cookies]).toEqual(expected);
    expect(cookies.size).toBe(4);
  });

  it('retries with fromExceptions just what failed', async () => {
    const attempts = new Map<string, number>();
    const server = await startServer(({ path }, reply) => {
      const attempt = (attempts.get(path) ?? 0) + 1;
      attempts.set(path, attempt);
      const n = Number(path.slice(1));
      if (attempt === 1 && n % 10 === 0)
        reply.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n');
      else if (attempt === 1 && n % 10 === 5) reply.writeHead(503).end();
      else reply.end(path);
    });
    const options = { numProcesses: 4 };
    const pool = Pool.fromUrls(urlsOf(server, 60), { raiseForStatus: true }, options);
    await pool.joinAll();
    const again = Pool.fromExceptions(pool.exceptions(), options);
    const retried = await collect(again.responses());
    expect(retried.map(({ statusCode }) => statusCode)).toEqual(Array(12).fill(200));
    expect(await collect(pool.responses())).toHaveLength(48);
    expect(await collect(again.exceptions())).toEqual([]);
    expect(server.requests).toHaveLength(72);
  });

  it('makes each bad job an exception of its own, and disturbs no other', async () => {
    const server = await startServer();
    const good = urlsOf(server, 5).map((url) => ({ url }));
    const bad = [
      { url: 'http://' },
      { url: 'ftp://a.example/' },
      { method: 'GET' } as unknown as { url: string },
      { url: server.url, headers: { 'X-A': 'a\r\nX-B: b' } },
      { url: server.url, timeuot: 1 } as { url: string },
    ];
    const [responses, exceptions] = map([...bad, ...good], { numProcesses: 2 });
    expect(await collect(responses)).toHaveLength(5);
    const byIndex = (await collect(exceptions)).sort((a, b) => a.index - b.index);
    expect(byIndex.map(({ requestKwargs }) => requestKwargs)).toEqual(bad);
    expect(byIndex.map(({ exception }) => exception.constructor)).toEqual([
      InvalidURLError,
      InvalidURLError,
      InvalidURLError,
      InvalidHeaderError,
      InvalidJobError,
    ]);
    expect(server.requests).toHaveLength(5);
  });

  it('crawls: jobs that are put while responses are read are made too', async () => {
    const server = await startServer(({ path }, reply) => {
      const links = path.length < 4 ? [`${path}0`, `${path}1`] : [];
      reply.end(JSON.stringify(links));
    });
    const queue = new JobQueue([{ url: `${server.url}/` }]);
    const pool = new Pool({ jobQueue: queue, numProcesses: 4 });
    for await (const response of pool.responses())
      for (const link of await response.json<string[]>()) queue.put({ url: server.url + link });
    expect(new Set(server.requests.map(({ path }) => path)).size).toBe(1 + 2 + 4 + 8);
    expect(server.requests).toHaveLength(15);
  });

  it('has the response hooks of a session, and what they throw is the job’s', async () => {
    const server = await startServer((_, reply) => reply.writeHead(404).end());
    const [, exceptions] = map([{ url: server.url }, { url: server.url }], {
      initializer(session) {
        session.hooks = { response: (response) => response.raiseForStatus() };
      },
    });
    expect((await collect(exceptions)).map(({ exception }) => exception)).toEqual([
      expect.any(HTTPError),
      expect.any(HTTPError),
    ]);
  });
});

describe('a finished pool', () => {
  /** Uses of a pool after which nothing should be left. */
  const USES: Record<string, string> = {
    'nobody reads': 'Pool.fromUrls(urls, {}, { numProcesses: 4 });',
    'is joined and not read': 'await Pool.fromUrls(urls, {}, { numProcesses: 4 }).joinAll();',
    'is read': 'for await (const _ of Pool.fromUrls(urls)) {}',
    'is read in part': 'for await (const _ of Pool.fromUrls(urls).responses()) break;',
    'a reader holds': 'await Pool.fromUrls(urls).responses().next();',
    'has sessions of its own to keep':
      'await Pool.fromUrls(urls, {}, { closeSessions: false }).joinAll();',
    'was made for submit() and is not closed':
      'const pool = new Pool(); await Promise.all(urls.map((url) => pool.submit({ url })));',
    'could not connect':
      "await Pool.fromUrls(['http://127.0.0.1:1/'], {}, { numProcesses: 2 }).joinAll();",
  };

  let folder: string;

  /** What is published: a script can only import that. */
  beforeAll(async () => {
    folder = await mkdtemp('node_modules/.session-pool-');
    await promisify(execFile)(process.execPath, ['scripts/build.mjs', join(folder, 'dist')]);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.entries(USES))('that %s lets its script exit', async (name, use) => {
    const server = await startServer((_, reply) => reply.end('{}'));
    const script = join(folder, `${name.replace(/\W/g, '-')}.mjs`);
    const urls = JSON.stringify(urlsOf(server, 20));
    await writeFile(
      script,
      `import { Pool } from './dist/index.js';\nconst urls = ${urls};\n${use}\nconsole.log('end');\n`,
    );
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script]);
    expect([stdout, stderr]).toEqual(['end\n', '']);
    if (name !== 'could not connect') expect(server.requests.length).toBe(20);
  });

  it('keeps no timer, socket or other handle', async () => {
    const server = await startServer();
    const handles = new HandleWatch();
    await handles.run(async () => {
      const pool = Pool.fromUrls(urlsOf(server, 20), {}, { numProcesses: 4 });
      await pool.joinAll();
      await pool.close();
      await using submitting = new Pool({ numProcesses: 2 });
      await submitting.submit({ url: server.url });
    });
    // Node tells of a timer that was cleared a moment later.
    await expect.poll(() => handles.count).toBe(0);
    handles.stop();
  });
});
