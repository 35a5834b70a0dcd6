// What files of the package its users can come by: those that package.json exports, and what they
// import in turn.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The files that those given lead to, and themselves. Of a declaration file it goes to declaration
 * files alone.
 *
 * @param {readonly string[]} entries absolute paths
 * @returns {Set<string>}
 */
export function reachableFrom(entries) {
  const reached = new Set(entries);
  for (const file of reached) for (const path of importsOf(file)) reached.add(path);
  return reached;
}

/** @param {string} file */
function importsOf(file) {
  const source = readFileSync(file, 'utf8');
  const imports = source.matchAll(/\b(?:from|import|require)[\s(]*(["'])(\.[^"']+)\1/g);
  return [...imports].map(([, , path = '']) => {
    const imported = join(dirname(file), path);
    return file.endsWith('.d.ts') ? imported.replace(/\.js$/, '.d.ts') : imported;
  });
}

/**
 * What package.json exports for those who import the package, types included, as absolute paths.
 *
 * @param {string} root the package's folder
 */
export function entriesOf(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.values(exports)
    .flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)))
    .map((path) => join(root, path));
}
