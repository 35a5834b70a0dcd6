/** What is longer than this, in characters, is not a line: 128 Mi. */
const MAX_LINE = 128 * 1024 * 1024;

/**
 * The lines of a text that comes in pieces, without their ends: `\n`, `\r\n` or `\r`.
 *
 * @throws RangeError for a line of more than 134,217,728 characters
 */
export async function* linesOf(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string, void, undefined> {
  const line = new Line();
  let held = '';
  for await (const piece of pieces) {
    const text = held + piece;
    // It may be the first half of a line's end.
    held = text.endsWith('\r') ? '\r' : '';
    const parts = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/);
    const begun = parts.pop() as string;
    for (const part of parts) yield line.end(part);
    line.add(begun);
  }
  const last = line.end('');
  if (held !== '' || last !== '') yield last;
}

/** A line, in the parts in which it comes. */
class Line {
  #parts: string[] = [];
  #length = 0;

  add(part: string): void {
    this.#length += part.length;
    if (this.#length > MAX_LINE)
      throw new RangeError(`a line has more than ${MAX_LINE} characters`);
    this.#parts.push(part);
  }

  end(part: string): string {
    this.add(part);
    const line = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
