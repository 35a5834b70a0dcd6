/** Dead slots at the front of the array that are worth a copy of the rest. */
const COMPACT_AT = 1024;

/** A first-in, first-out list. All operations take constant time, amortized. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.size === 0) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.#reset([]);
    else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length)
      this.#reset(this.#items.slice(this.#head));
    return item;
  }

  /** Whether it has an item of which `holds` is true, in linear time. */
  some(holds: (item: T) => boolean): boolean {
    return this.#items.some((item, i) => i >= this.#head && holds(item as T));
  }

  /** Removes the oldest item that `accepts`, in linear time. */
  take(accepts: (item: T) => boolean): T | undefined {
    const at = this.#items.findIndex((item, i) => i >= this.#head && accepts(item as T));
    return at === -1 ? undefined : this.#items.splice(at, 1)[0];
  }

  /** What is in it, oldest first. */
  items(): T[] {
    return this.#items.slice(this.#head) as T[];
  }

  /** Empties the list and returns what was in it, oldest first. */
  drain(): T[] {
    const items = this.items();
    this.#reset([]);
    return items;
  }

  #reset(items: (T | undefined)[]): void {
    this.#items = items;
    this.#head = 0;
  }
}
