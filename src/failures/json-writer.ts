import { kindOf } from '../kind-of.js';
import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import { hasMore, type JSONValue, partsOf, TAG } from './json-forms.js';

/** How deep values may lie in each other, far below what the stack and `JSON.stringify` can take. */
export const DEEPEST = 500;

/** What is written of one field of a record; undefined leaves it out. */
export type WriteField = (key: string, value: unknown, name: string) => JSONValue | undefined;
type Pair = readonly [key: string, value: unknown];

/**
 * Writes values so that JSON carries them as they are. What JSON lacks is an object with a tag:
 * undefined, NaN, bigints, bytes, URLs and others.
 */
export class JSONWriter {
  /** The objects that the value at hand lies in. */
  readonly #around = new Set<object>();
  /** Whether it lies in one that is sent as JSON. */
  #isBody = false;

  /**
   * @param name where the value stands, for the error
   * @param writeField writes what is in records and pairs, at any depth, if it passes itself on
   * @throws TypeError for what JSON cannot carry: functions, symbols, streams, instances of other
   * classes, cycles
   */
  write(value: unknown, name: string, writeField: WriteField = this.#field): JSONValue {
    if (value === null) return null;
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return isOfJSON(value)
          ? value
          : { [TAG]: 'number', value: Object.is(value, -0) ? '-0' : `${value}` };
      case 'bigint':
        return { [TAG]: 'bigint', value: `${value}` };
      case 'undefined':
        return { [TAG]: 'undefined' };
      case 'object':
        return this.#within(value, name, () => this.#object(value, name, writeField));
      default:
        return this.#other(value, name);
    }
  }

  /**
   * Writes a value that is sent as JSON: what cannot be carried is written as it is sent, by its
   * `toJSON()` or its own properties.
   */
  writeBody(value: unknown, name: string): JSONValue {
    this.#isBody = true;
    try {
      return this.write(value, name);
    } finally {
      this.#isBody = false;
    }
  }

  #object(value: object, name: string, writeField: WriteField): JSONValue {
    if (Array.isArray(value)) return this.#array(value, name, writeField);
    if (isPlainObject(value) && isCarried(value) && !(this.#isBody && 'toJSON' in value))
      return this.#record(value, name, writeField);
    const parts = partsOf(value);
    if (parts === undefined) return this.#other(value, name);
    const [tag, inner] = parts;
    return { [TAG]: tag, value: this.write(inner, name, writeField) };
  }

  #array(value: readonly unknown[], name: string, writeField: WriteField): JSONValue {
    if (!isWhole(value)) return this.#other(value, name);
    const written = value.map((item, i) =>
      isPair(item)
        ? this.#within(item, name, () => this.#pair(item, `${name}[${i}]`, writeField))
        : this.write(item, `${name}[${i}]`, writeField),
    );
    return written.filter((item) => item !== undefined);
  }

  /** A field of a Map, of Headers, or of a record that is an array of such. */
  #pair([key, value]: Pair, name: string, writeField: WriteField): JSONValue | undefined {
    const written = writeField(key, value, `${name}[1]`);
    return written === undefined ? undefined : [key, written];
  }

  #record(value: object, name: string, writeField: WriteField): JSONValue {
    const fields: [string, JSONValue][] = [];
    for (const [key, item] of Object.entries(value)) {
      const written = writeField(key, item, `${name}.${key}`);
      if (written !== undefined) fields.push([key, written]);
    }
    const record = Object.fromEntries(fields);
    if (Object.getPrototypeOf(value) === null) return { [TAG]: 'bare', value: record };
    return Object.hasOwn(record, TAG) ? { [TAG]: 'record', value: record } : record;
  }

  readonly #field: WriteField = (_, value, name) => this.write(value, name);

  #within<T>(value: object, name: string, write: () => T): T {
    if (this.#around.has(value))
      throw new TypeError(`${name} cannot be kept as JSON: it lies in itself`);
    if (this.#around.size === DEEPEST)
      throw new TypeError(
        `${name.slice(0, 60)}… cannot be kept as JSON: it lies more than ${DEEPEST} deep`,
      );
    this.#around.add(value);
    try {
      return write();
    } finally {
      this.#around.delete(value);
    }
  }

  #other(value: unknown, name: string): JSONValue {
    if (this.#isBody) return this.#asSent(value, name);
    throw new TypeError(`${name} cannot be kept as JSON, got ${described(value)}`);
  }

  #asSent(value: unknown, name: string): JSONValue {
    const text = sentText(value, name);
    return this.write(text === undefined ? undefined : JSON.parse(text), name);
  }
}

function isPair(value: unknown): value is Pair {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isWhole(value)
  );
}

/** Undefined for what is left out of the record that it lies in. */
function sentText(value: unknown, name: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`${name} cannot be kept as JSON: ${(cause as Error).message}`, { cause });
  }
}

function isOfJSON(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

/**
 * Whether it is of no class of the user's, has no holes and no names beside its numbers, which come
 * first among the keys.
 */
function isWhole(array: readonly unknown[]): boolean {
  const keys = Object.keys(array);
  const isDense = keys.length === array.length && (keys.at(-1) ?? '-1') === `${array.length - 1}`;
  return isDense && isCarried(array) && isPlainObject(Object.getPrototypeOf(array));
}

/** Symbols are no keys in JSON, and what is inherited is no field of a record. */
function isCarried(value: object): boolean {
  const inherited = Object.keys(Object.getPrototypeOf(value) ?? {});
  return inherited.length === 0 && Object.getOwnPropertySymbols(value).length === 0;
}

function described(value: unknown): string {
  if (typeof value !== 'object' || value === null) return show(value);
  if (Array.isArray(value)) return 'an array with holes, names or a class of its own';
  if (isPlainObject(value)) return 'a record with symbols as keys, or fields that it inherits';
  return hasMore(value) ? `${kindOf(value)} with properties of its own` : kindOf(value);
}
