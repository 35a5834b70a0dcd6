import { isPlainObject } from '../plain-object.js';
import { show } from '../show.js';
import { type JSONValue, madeOf, TAG } from './json-forms.js';
import { DEEPEST } from './json-writer.js';

type JSONRecord = { readonly [key: string]: JSONValue };

/**
 * The value that a `JSONWriter` wrote.
 *
 * @throws TypeError for what it writes never: a tag that is not known, values that are not of JSON
 */
export function readJSON(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw new TypeError(`values lie at most ${DEEPEST} deep in each other`);
  if (value === null || ['string', 'boolean', 'number'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map((item) => readJSON(item, depth + 1));
  if (!isPlainObject(value)) throw new TypeError(`a value of JSON is expected, got ${show(value)}`);
  const record = value as JSONRecord;
  return Object.hasOwn(record, TAG) ? readTagged(record, depth) : readRecord(record, depth);
}

/** A key such as `__proto__` becomes a property as any other. */
function readRecord(record: JSONRecord, depth: number): object {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, readJSON(value, depth + 1)]),
  );
}

function readTagged({ [TAG]: tag, value, ...rest }: JSONRecord, depth: number): unknown {
  const [beside] = Object.keys(rest);
  if (beside !== undefined)
    throw new TypeError(`only value is expected beside ${TAG}, got ${show(beside)}`);
  switch (tag) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(matching(value, /^(?:NaN|-?Infinity|-0)$/));
    case 'bigint':
      return BigInt(matching(value, /^-?\d+$/));
    case 'record':
      return readRecord(checkedRecord(value), depth);
    case 'bare':
      return Object.setPrototypeOf(readRecord(checkedRecord(value), depth), null);
    default:
      return madeOf(tag, readJSON(value, depth + 1));
  }
}

function matching(value: unknown, form: RegExp): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new TypeError(`a number as text is expected, got ${show(value)}`);
}

function checkedRecord(value: unknown): JSONRecord {
  if (isPlainObject(value)) return value as JSONRecord;
  throw new TypeError(`a record is expected, got ${show(value)}`);
}
