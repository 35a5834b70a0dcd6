import { inspect } from 'node:util';

/**
 * A value as messages show it: a string in quotes, the head of an array, of an object its class.
 * Messages are logged: what may be the credentials of a URL is left out.
 */
export function show(value: unknown): string {
  const shown = inspect(value, {
    depth: Array.isArray(value) ? 0 : -1,
    maxArrayLength: 3,
    maxStringLength: 100,
    breakLength: Infinity,
  });
  return shown.replace(/\/\/[^\s'"`]*@/g, '//***@');
}
