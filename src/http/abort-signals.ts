import { Ring } from '../ring.js';

const WAITING = new WeakMap<AbortSignal, Ring<() => void>>();

/**
 * Calls back when `signal` is aborted, in the order in which they came. However many wait for one
 * signal, it has one listener: Node warns at the eleventh.
 *
 * @returns what takes the callback back
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingFor(signal);
  // Not longer than it is needed: Node keeps a signal that depends on others while it has one.
  if (waiting.isEmpty) signal.addEventListener('abort', callAll);
  const link = waiting.add(callback);
  return () => {
    waiting.delete(link);
    if (waiting.isEmpty) signal.removeEventListener('abort', callAll);
  };
}

function waitingFor(signal: AbortSignal): Ring<() => void> {
  const known = WAITING.get(signal);
  if (known !== undefined) return known;
  const waiting = new Ring<() => void>();
  WAITING.set(signal, waiting);
  return waiting;
}

function callAll(this: AbortSignal): void {
  const waiting = WAITING.get(this) as Ring<() => void>;
  for (let callback = waiting.shift(); callback !== undefined; callback = waiting.shift())
    callback();
}
