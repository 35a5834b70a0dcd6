import { InvalidJobError } from '../errors.js';
import { pairsOf } from './pairs.js';

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
  for (const [key, text] of fieldsOf(fields, name)) encoded.append(key, text);
  return encoded.toString();
}

/**
 * Each field and its text.
 *
 * @throws InvalidJobError as `encodeForm` does
 */
export function* fieldsOf(
  fields: FormFields,
  name: string,
): Iterable<readonly [name: string, text: string]> {
  for (const [key, values] of pairsOf(fields, name)) {
    for (const value of Array.isArray(values) ? values : [values])
      if (value !== null && value !== undefined) yield [key, fieldText(value, key, name)];
  }
}

function fieldText(value: unknown, key: string, name: string): string {
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol')
    throw new InvalidJobError(`${name}.${key} must be a string, a number or an array of those`);
  return String(value);
}
