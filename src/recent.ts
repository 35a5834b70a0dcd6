/** The values that were asked for last, by key. */
export class Recent<V> {
  readonly #limit: number;
  readonly #dropped: (value: V) => void;
  /** The one that was asked for last at the end. */
  readonly #values = new Map<string, V>();

  /**
   * @param limit how many are kept
   * @param dropped is called with each that gives way to another
   */
  constructor(limit: number, dropped: (value: V) => void = () => {}) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  /** The key's value, made if it is not there. */
  get(key: string, make: () => V): V {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#limit) this.#dropOldest();
    return value;
  }

  values(): Iterable<V> {
    return this.#values.values();
  }

  clear(): void {
    this.#values.clear();
  }

  #dropOldest(): void {
    const [[key, value]] = this.#values as unknown as [[string, V]];
    this.#values.delete(key);
    this.#dropped(value);
  }
}
