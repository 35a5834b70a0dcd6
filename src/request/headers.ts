import { InvalidHeaderError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import { checkUnread } from './pairs.js';

/** A record, pairs, or another `Headers`. In a job, a null value removes the session's header. */
export type HeadersInit =
  | Iterable<readonly [name: string, value: string | number | null]>
  | Readonly<Record<string, string | number | null | undefined>>;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NO_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
/** RFC 9110 §5.5: no control character but the tab, so no line break; latin1 at most. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;
/** What is no part of a value at its ends (WHATWG Fetch, "normalize"); less than `trim()` takes. */
const SPACE = '\t\n\r ';
const NO_VALUES: readonly string[] = [];

/**
 * fetch's `Headers`, but names and order stay as they were set, and so they go on the wire.
 * Look-up ignores the case, as ever. Iteration yields each line by itself.
 *
 * @throws InvalidHeaderError for a name that is no token, or a value with a line break or another
 * character that no header may have
 */
export class Headers implements globalThis.Headers {
  /** Names and values in turn. */
  #lines: string[] = [];

  constructor(init?: HeadersInit) {
    if (init !== undefined) this.merge(init);
  }

  /** Of headers as undici hands them over: names and values in turn, latin1 (RFC 9110 §5.5). */
  static fromRaw(rawHeaders: readonly Buffer[]): Headers {
    const headers = new Headers();
    headers.#lines = rawHeaders.map((part) => part.toString('latin1'));
    return headers;
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#lines = this.#lines.slice();
    return copy;
  }

  /** Names and values in turn, as `undici` takes them. Not a copy: not to be changed. */
  toRaw(): readonly string[] {
    return this.#lines;
  }

  /** Sets each header of `init`, repeated ones too; null removes one, undefined leaves it. */
  merge(init: HeadersInit): void {
    if (init instanceof Headers && this.#lines.length === 0) {
      this.#lines = init.#lines.slice();
      return;
    }
    const seen = new Set<string>();
    for (const [name, value] of entriesOf(init)) {
      const key = checkName(name).toLowerCase();
      if (value === null) this.delete(name);
      else if (value !== undefined && seen.has(key)) this.append(name, value);
      else if (value !== undefined) this.set(name, value);
      seen.add(key);
    }
  }

  append(name: string, value: string | number): void {
    this.#lines.push(checkName(name), checkValue(name, value));
  }

  delete(name: string): void {
    for (let i = this.#find(name, 0); i !== -1; i = this.#find(name, i)) this.#lines.splice(i, 2);
  }

  /** All values of the name, joined by a comma and a space; null if there is none. */
  get(name: string): string | null {
    const first = this.#find(name, 0);
    if (first === -1) return null;
    let value = this.#lines[first + 1] as string;
    for (let i = this.#find(name, first + 2); i !== -1; i = this.#find(name, i + 2))
      value += `, ${this.#lines[i + 1]}`;
    return value;
  }

  getSetCookie(): string[] {
    return [...this].filter(([name]) => sameName(name, 'set-cookie')).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  /** Replaces the header in its place, or adds it at the end. */
  set(name: string, value: string | number): void {
    const at = this.#find(checkName(name), 0);
    const checked = checkValue(name, value);
    if (at === -1) {
      this.#lines.push(name, checked);
      return;
    }
    this.#lines.splice(at, 2, name, checked);
    for (let i = this.#find(name, at + 2); i !== -1; i = this.#find(name, i))
      this.#lines.splice(i, 2);
  }

  forEach(
    callback: (value: string, name: string, parent: globalThis.Headers) => void,
    thisArg?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  *entries(): Generator<[string, string], undefined> {
    for (let i = 0; i < this.#lines.length; i += 2)
      yield [this.#lines[i] as string, this.#lines[i + 1] as string];
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): Generator<[string, string], undefined> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return Object.fromEntries([...this].map(([name]) => [name, this.get(name)]));
  }

  #find(name: string, from: number): number {
    for (let i = from; i < this.#lines.length; i += 2)
      if (sameName(this.#lines[i] as string, name)) return i;
    return -1;
  }
}

/** The values of one header, given in lower case, in headers as undici hands them over. */
export function rawValues(rawHeaders: readonly Buffer[], name: string): readonly string[] {
  let values: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (isNamed(rawHeaders[i] as Buffer, name)) {
      values ??= [];
      values.push((rawHeaders[i + 1] as Buffer).toString('latin1'));
    }
  return values ?? NO_VALUES;
}

/** Byte by byte, from the end, where most names differ: a string for each would be dear. */
function isNamed(candidate: Buffer, name: string): boolean {
  if (candidate.length !== name.length) return false;
  for (let i = name.length - 1; i >= 0; i--)
    if (lowerCased(candidate[i] as number) !== name.charCodeAt(i)) return false;
  return true;
}

function lowerCased(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/**
 * Names and values in turn, a line each. A dispatcher that is composed of others has a list of values
 * where a name is repeated.
 */
export function flattenRaw(rawHeaders: readonly (Buffer | readonly Buffer[])[]): readonly Buffer[] {
  if (!rawHeaders.some(Array.isArray)) return rawHeaders as readonly Buffer[];
  const lines: Buffer[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    for (const value of [rawHeaders[i + 1]].flat())
      lines.push(rawHeaders[i] as Buffer, value as Buffer);
  return lines;
}

function entriesOf(
  init: HeadersInit,
): Iterable<readonly [string, string | number | null | undefined]> {
  if (typeof init !== 'object' || init === null)
    throw new InvalidHeaderError(`headers must be a record or pairs, got ${kindOf(init)}`);
  return Symbol.iterator in init ? pairsOf(init) : Object.entries(init);
}

function* pairsOf<P>(pairs: Iterable<P>): Iterable<P> {
  checkUnread(pairs, 'headers');
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new InvalidHeaderError(
        `headers must be a record or pairs, got a ${typeof pair} in them`,
      );
    yield pair;
  }
}

function sameName(a: string, b: string): boolean {
  return a.length === b.length && (a === b || a.toLowerCase() === b.toLowerCase());
}

function checkName(name: string): string {
  if (typeof name !== 'string' || !TOKEN.test(name))
    throw new InvalidHeaderError(`header name ${nameForMessage(name)} is not a token (RFC 9110)`);
  return name;
}

/** Outer white space is no part of a value (RFC 9110 §5.5). Values are in no message: some are keys. */
function checkValue(name: string, value: string | number): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new InvalidHeaderError(`header ${name} must be a string, got ${typeof value}`);
  const text = withoutOuterSpace(String(value));
  if (!FIELD_VALUE.test(text))
    throw new InvalidHeaderError(
      `header ${name} has a character that no header may have, at ${text.search(FORBIDDEN)}`,
    );
  return text;
}

/** No more of it than could be a name: "Authorization: Bearer …" has a secret after that. */
function nameForMessage(name: unknown): string {
  if (typeof name !== 'string') return kindOf(name);
  const end = name.search(NO_TOKEN);
  return end < 0 ? '""' : `${JSON.stringify(name.slice(0, end + 1))}…`;
}

function withoutOuterSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.includes(text.charAt(start))) start++;
  while (end > start && SPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
