/** A value, or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>;

/** What a callback returns that may return nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement returns void
export type OrNothing<T> = T | void | undefined;

export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return (
    value instanceof Promise || typeof (value as { then?: unknown } | null)?.then === 'function'
  );
}
