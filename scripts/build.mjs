// Makes of `src` what is published: the code in a few files, since each file costs those who import
// the package time, and of the types, with their comments, the files that its users come by.
//
//   npm run build                        to dist
//   node scripts/build.mjs folder        to there, in place of what is in it

import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { reachableFrom } from './reachable.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const [dist = join(root, 'dist')] = process.argv.slice(2).map((path) => resolve(path));
const entries = ['index', 'testing/index'];

/** Names and lines stay as they are, so that stack traces and profiles can be read. */
const readable = /** @type {const} */ ({
  minify: false,
  minifyInternalExports: false,
  // They are in the types.
  comments: { annotation: true, jsdoc: false, legal: true },
});

/** Whether it is the file of `src` that has undici's parts. @param {string} id */
const isUndici = (id) => id.endsWith('/undici.js');

/** Whether a file is neither an entry nor for tests alone. @param {string} id */
const isShared = (id) => !/^(index\.ts|testing\b)/.test(relative(join(root, 'src'), id));

/**
 * What the entries share is in core.js, so both have the same classes. undici's parts are left to
 * undici.cjs.
 */
async function buildCode() {
  await build({
    cwd: root,
    platform: 'node',
    transform: { target: 'node20.19' },
    input: Object.fromEntries(entries.map((entry) => [entry, `./src/${entry}.ts`])),
    external: (id, _, isResolved) => !isResolved && (!id.startsWith('.') || isUndici(id)),
    output: {
      ...readable,
      dir: dist,
      format: 'esm',
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'core', test: isShared }] },
      paths: (id) => (isUndici(id) ? './undici.cjs' : id),
    },
  });
}

/**
 * As CommonJS, like undici itself. Node.js reads each CommonJS file that an ES module imports twice,
 * the first time for the names that it exports: so there is one of them, and a short one.
 */
async function buildUndici() {
  await build({
    cwd: root,
    platform: 'node',
    transform: { target: 'node20.19' },
    input: 'src/connect/undici.ts',
    external: /^undici\//,
    output: { ...readable, file: join(dist, 'undici.cjs'), format: 'cjs' },
  });
}

function buildTypes() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', dist];
  execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });
}

/** Most files' types are nobody's business but ours: no exported one mentions them. */
function removeUnreachableTypes() {
  const reachable = reachableFrom(entries.map((entry) => join(dist, `${entry}.d.ts`)));
  for (const name of readdirSync(dist, { encoding: 'utf8', recursive: true })) {
    const path = join(dist, name);
    if (path.endsWith('.d.ts') && !reachable.has(path)) rmSync(path);
  }
}

rmSync(dist, { recursive: true, force: true });
buildTypes();
removeUnreachableTypes();
await buildCode();
await buildUndici();
