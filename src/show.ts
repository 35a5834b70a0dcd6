import { inspect } from 'node:util';

/** A value as messages show it: a string in quotes, the head of an array, of an object its class. */
export function show(value: unknown): string {
  return inspect(value, {
    depth: Array.isArray(value) ? 0 : -1,
    maxArrayLength: 3,
    maxStringLength: 100,
    breakLength: Infinity,
  });
}
