/**
 * A page with its generated parts made anew. Each stands between two comments, `<!-- bench: name -->` and
 * `<!-- /bench -->`.
 *
 * @param {string} page
 * @param {(name: string) => string} make what stands in a part
 * @returns {string}
 * @throws {Error} if a part has no end
 */
export function renewed(page, make) {
  const begins = page.match(/^<!-- bench: /gm)?.length ?? 0;
  const parts = /^(<!-- bench: (\w+) -->\n)(?:(?!<!-- bench: )[\s\S])*?^(<!-- \/bench -->)$/gm;
  let count = 0;
  const made = page.replace(parts, (_, begin, name, end) => {
    count++;
    return `${begin}\n${make(name)}\n\n${end}`;
  });
  if (count !== begins)
    throw new Error(`of ${begins} parts only ${count} have an end: <!-- /bench -->`);
  return made;
}
