// Packs the package as npm publishes it, installs the tarball in an empty folder and uses it there,
// as an ES module, from CommonJS and from TypeScript. Needs `npm run build` first.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { entriesOf, reachableFrom } from './reachable.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'session-pool-smoke-'));

// Compiled twice: as .mts its import stays one, as .cts it becomes `require('session-pool')`.
const consumer = `
import { JobQueue, map, Pool, Response, Session, SessionThread } from 'session-pool';
import { jobSourceConformance, Script } from 'session-pool/testing';

async function main(): Promise<void> {
  for (const name of [JobQueue, map, Session, SessionThread])
    if (typeof name !== 'function') throw new TypeError(String(name));
  const pool = Pool.fromUrls(process.argv.slice(2), {}, { numProcesses: 2 });
  let count = 0;
  for await (const response of pool.responses()) if (response.statusCode === 200) count += 1;
  console.log(count);
  await useScript();
}

/** Both entries have the same classes. */
async function useScript(): Promise<void> {
  const script = new Script();
  script.otherwise.reply(200);
  const response = await script.session().get('https://api.example.com/');
  if (!(response instanceof Response)) throw new TypeError(String(response));
  for (const { run } of jobSourceConformance((jobs) => new JobQueue(jobs))) await run();
}
void main();
`;

// What is built from the sources could have other names, or a copy of a dependency.
const identity = `
import * as sessionPool from 'session-pool';
import { CookieJar } from 'tough-cookie';
import { Agent } from 'undici';

const { CookieJar: _, ...ours } = sessionPool;
for (const [name, value] of Object.entries(ours))
  if (value.name !== name) throw new TypeError(\`\${name} has the name \${value.name}\`);
const session = new sessionPool.Session();
console.log(session.cookies instanceof CookieJar, session.dispatcher instanceof Agent);
`;

/**
 * What a command prints. A command that fails, or has not ended by itself after two minutes, throws.
 *
 * @param {string} command
 * @param {string[]} args
 */
async function run(command, args, cwd = folder) {
  const { stdout } = await promisify(execFile)(command, args, { cwd, timeout: 120_000 });
  return stdout;
}

/** Nothing is in the tarball that a user does not need, and nothing that he needs is missing. */
async function pack() {
  const listing = await run('npm', ['pack', '--json', '--pack-destination', folder], root);
  /** @type {[{ filename: string, files: { path: string }[], size: number }]} */
  const [{ filename, files, size }] = JSON.parse(listing);
  const needed = [...reachableFrom(entriesOf(root))].map((path) => relative(root, path));
  const read = ['LICENSE', 'README.md', 'package.json'];
  assert.deepEqual(
    files.map(({ path }) => path).sort(),
    [...needed.map((path) => path.replaceAll(sep, '/')), ...read].sort(),
  );
  assert(size < 150_000, `the tarball has ${size} bytes`);
  console.log(`${filename}: ${files.length} files, packed ${(size / 1000).toFixed(1)} kB.`);
  return filename;
}

/** @param {string} tarball */
async function install(tarball) {
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]);
  console.log('It installs.');
}

/** The only types beside the package's own are Node's: they are this project's. */
async function compile() {
  await writeFile(join(folder, 'consumer.mts'), consumer);
  await writeFile(join(folder, 'consumer.cts'), consumer);
  const modules = join(root, 'node_modules');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023'];
  const types = ['--types', 'node', '--typeRoots', join(modules, '@types')];
  const tsc = join(modules, 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, ...options, ...types, 'consumer.mts', 'consumer.cts']);
  console.log('Its types compile.');
}

async function identify() {
  await writeFile(join(folder, 'identity.mjs'), identity);
  assert.equal(await run(process.execPath, ['identity.mjs']), 'true true\n');
  console.log('Its classes have their names, and those of its dependencies are theirs.');
}

/** The server runs here, so that nothing but the package could keep a consumer from exiting. */
async function use() {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address && typeof address === 'object');
  const urls = [1, 2, 3, 4, 5].map((n) => `http://127.0.0.1:${address.port}/${n}`);
  for (const program of ['consumer.mjs', 'consumer.cjs']) {
    assert.equal(await run(process.execPath, [program, ...urls]), '5\n');
    console.log(`${program} fetches five URLs and exits by itself.`);
  }
  server.closeAllConnections();
  server.close();
}

try {
  await install(await pack());
  await compile();
  await identify();
  await use();
} finally {
  await rm(folder, { recursive: true });
}
