/**
 * A package of bench/package.json, which the root of the project is checked without.
 *
 * @param {string} name
 * @returns {Promise<any>} its exports
 * @throws {Error} if the peers are not installed
 */
export async function importPeer(name) {
  return import(name);
}
