const WAITERS = new WeakMap<AbortSignal, Waiter>();

/**
 * Calls back when `signal` is aborted, in the order in which they came. However many wait for one
 * signal, it has one listener: Node warns at the eleventh.
 *
 * @returns what takes the callback back
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiters = waitersOf(signal);
  // Not longer than it is needed: Node keeps a signal that depends on others while it has one.
  if (waiters.isAlone) signal.addEventListener('abort', callAll);
  const waiter = new Waiter(callback);
  waiter.join(waiters);
  return () => {
    waiter.leave();
    if (waiters.isAlone) signal.removeEventListener('abort', callAll);
  };
}

/**
 * A link of a ring, whose first stands for the signal itself. A Set would do but for its memory: it
 * moves to another table again and again, and each one that it left, once it is old, keeps what it
 * held until the next full collection; half of a request's time went into that.
 */
class Waiter {
  /** The first has none. */
  readonly callback: (() => void) | undefined;
  #next: Waiter = this;
  #previous: Waiter = this;

  constructor(callback?: () => void) {
    this.callback = callback;
  }

  get next(): Waiter {
    return this.#next;
  }

  get isAlone(): boolean {
    return this.#next === this;
  }

  /** As the last of a ring that begins with `first`. */
  join(first: Waiter): void {
    this.#next = first;
    this.#previous = first.#previous;
    first.#previous.#next = this;
    first.#previous = this;
  }

  /** It points to no other then, so that it keeps none. */
  leave(): void {
    this.#previous.#next = this.#next;
    this.#next.#previous = this.#previous;
    this.#next = this.#previous = this;
  }
}

function waitersOf(signal: AbortSignal): Waiter {
  const known = WAITERS.get(signal);
  if (known !== undefined) return known;
  const waiters = new Waiter();
  WAITERS.set(signal, waiters);
  return waiters;
}

function callAll(this: AbortSignal): void {
  const waiters = WAITERS.get(this) as Waiter;
  while (!waiters.isAlone) {
    const { next } = waiters;
    next.leave();
    (next.callback as () => void)();
  }
}
