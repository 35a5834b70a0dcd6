/** A table. All columns but the first are numbers. @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
export function table(head, rows) {
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {readonly string[]} items */
export function list(items) {
  return items.map((item) => `- ${item}`).join('\n');
}
