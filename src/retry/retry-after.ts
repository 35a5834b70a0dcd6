import { parseHttpDate } from './http-date.js';

/** `1.5` is not allowed (RFC 9110 §10.2.3), but means what it says. */
const SECONDS = /^\d+(?:\.\d+)?$/;

/** The commas between the lines of a header, but not the one that is in a date. */
const COMMA = /(?<!day|Mon|Tue|Wed|Thu|Fri|Sat|Sun),/;

/**
 * How long a response asks to be left alone, in milliseconds from `now`, by its Retry-After
 * (RFC 9110 §10.2.3): seconds, or a date. Of several the longest; what is neither is none, and so
 * are 0 and a date that is past.
 *
 * @param response anything; its `headers` may have a `get()`, as fetch's, or be a record by names, as
 * undici's
 * @param now in milliseconds since 1970
 */
export function retryAfterOf(response: unknown, now: number): number | undefined {
  let longest = 0;
  for (const line of headerOf(response)?.split(COMMA) ?? [])
    longest = Math.max(longest, waitOf(line.trim(), now));
  return longest > 0 ? longest : undefined;
}

function waitOf(line: string, now: number): number {
  if (SECONDS.test(line)) return Math.round(Number(line) * 1000);
  return (parseHttpDate(line, now) ?? now) - now;
}

function headerOf(response: unknown): string | undefined {
  const headers = (response as { headers?: unknown } | null | undefined)?.headers;
  const value = isGetter(headers) ? headers.get('retry-after') : fieldOf(headers);
  if (Array.isArray(value)) return value.join();
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Of a record, whose names may be in any case. */
function fieldOf(headers: unknown): unknown {
  const fields = Object.entries(Object(headers) as object);
  return fields.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
}

function isGetter(headers: unknown): headers is { get(name: string): unknown } {
  return typeof (headers as { get?: unknown } | null | undefined)?.get === 'function';
}
