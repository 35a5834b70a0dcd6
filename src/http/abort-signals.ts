const CALLBACKS = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when `signal` is aborted. However many wait for one signal, it has one listener:
 * Node warns at the eleventh.
 *
 * @returns what takes the callback back
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = callbacksOf(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) signal.removeEventListener('abort', callAll);
  };
}

function callbacksOf(signal: AbortSignal): Set<() => void> {
  const callbacks = CALLBACKS.get(signal) ?? new Set();
  CALLBACKS.set(signal, callbacks);
  // Not longer than it is needed: Node keeps a signal that depends on others while it has one.
  if (callbacks.size === 0) signal.addEventListener('abort', callAll);
  return callbacks;
}

function callAll(this: AbortSignal): void {
  for (const callback of CALLBACKS.get(this) as Set<() => void>) callback();
}
