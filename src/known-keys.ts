/** What is looked at of a key: no known one is as long. */
const LONGEST = 64;

/**
 * The first key of `object` that is not among `known`, as a sentence that names it and the
 * nearest known one; undefined if there is none.
 */
export function unknownKey(object: object, known: ReadonlySet<string>): string | undefined {
  for (const key in object) {
    if (known.has(key)) continue;
    const shown = key.slice(0, LONGEST);
    return `unknown key "${shown}"; did you mean "${nearest(shown, known)}"?`;
  }
  return undefined;
}

function nearest(key: string, known: Iterable<string>): string {
  const [first = ''] = [...known].sort((a, b) => unlikeness(a, key) - unlikeness(b, key));
  return first;
}

/** From 0 for the same to 1; in proportion to the length, or short names would be near to all. */
function unlikeness(a: string, b: string): number {
  return distance(a.toLowerCase(), b.toLowerCase()) / Math.max(a.length, b.length);
}

/** Levenshtein's distance, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
