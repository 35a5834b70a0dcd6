import { InvalidJobError } from '../errors.js';
import { show } from '../show.js';

export type FormValue = string | number | boolean | bigint | null | undefined;

/** A form's fields, or a query's. An array repeats its key; null and undefined drop it. */
export type FormFields =
  | URLSearchParams
  | Iterable<readonly [name: string, value: FormValue | readonly FormValue[]]>
  | Readonly<Record<string, FormValue | readonly FormValue[]>>;

/**
 * `application/x-www-form-urlencoded` (WHATWG URL §5.2); requests' `_encode_params`.
 *
 * @param name the job's field, for the message
 * @throws InvalidJobError if `fields` is no record and no iterable of pairs
 */
export function encodeForm(fields: FormFields, name: string): string {
  if (fields instanceof URLSearchParams) return fields.toString();
  const encoded = new URLSearchParams();
  for (const [key, values] of pairsOf(fields, name)) {
    for (const value of Array.isArray(values) ? values : [values])
      if (value !== null && value !== undefined) encoded.append(key, fieldText(value, key, name));
  }
  return encoded.toString();
}

function* pairsOf(
  fields: Exclude<FormFields, URLSearchParams>,
  name: string,
): Iterable<readonly [string, unknown]> {
  if (typeof fields !== 'object' || fields === null)
    throw new InvalidJobError(`${name} must be a record or pairs, got ${show(fields)}`);
  if (!(Symbol.iterator in fields)) return yield* Object.entries(fields);
  for (const pair of fields) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new InvalidJobError(`${name} must be a record or pairs, got ${show(pair)} in it`);
    yield pair as unknown as readonly [string, unknown];
  }
}

function fieldText(value: unknown, key: string, name: string): string {
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
    throw new InvalidJobError(`${name}.${key} must be a string, a number or an array of those`);
  return String(value);
}
