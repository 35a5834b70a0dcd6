/** An outcome, as far as what it wraps goes. */
interface Wrapper {
  readonly kind: 'response' | 'exception';
  readonly response?: unknown;
  readonly exception?: unknown;
}

/**
 * Shows the wrapped object's properties behind the wrapper's own, and makes the wrapper an instance
 * of its class too. Its methods are bound to it, since those of a class with private fields work on
 * nothing else. Never a thenable, or `await` would take the wrapper apart.
 */
export const showThrough: ProxyHandler<Wrapper> = {
  getPrototypeOf(wrapper) {
    // One that was frozen has to show its own.
    return Object.getPrototypeOf(Object.isExtensible(wrapper) ? wrappedBy(wrapper) : wrapper);
  },
  get(wrapper, key) {
    if (key === 'then') return undefined; // first: whatever is awaited is asked for it
    if (isOwn(wrapper, key)) return Reflect.get(wrapper, key);
    const inner = wrappedBy(wrapper);
    const value = Reflect.get(inner, key, inner);
    return typeof value === 'function' ? value.bind(inner) : value;
  },
  has(wrapper, key) {
    return isOwn(wrapper, key) || (key !== 'then' && key in wrappedBy(wrapper));
  },
  set(wrapper, key, value) {
    if (isOwn(wrapper, key)) return false;
    const inner = wrappedBy(wrapper);
    return Reflect.set(inner, key, value, inner);
  },
};

function isOwn(wrapper: Wrapper, key: PropertyKey): boolean {
  return Object.hasOwn(wrapper, key) || Object.hasOwn(Object.getPrototypeOf(wrapper), key);
}

/** What was thrown, or returned by a custom session, need not be an object. */
function wrappedBy(wrapper: Wrapper): object {
  return Object(wrapper.kind === 'response' ? wrapper.response : wrapper.exception);
}
