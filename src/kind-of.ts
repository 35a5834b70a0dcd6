/** What kind of value it is, for messages; nothing of what is in it, which may be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return value.constructor?.name || 'an object';
}
