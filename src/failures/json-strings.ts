import { type JSONValue, TAG } from './json-forms.js';

/** A value of JSON, with each of its strings changed, keys too, but for tags. */
export function mapStrings(value: JSONValue, change: (text: string) => string): JSONValue {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === TAG ? [key, item] : [change(key), mapStrings(item, change)],
    ),
  );
}
