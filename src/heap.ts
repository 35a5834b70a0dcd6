/**
 * A binary heap: of all its items, the one that goes first is on top. An item is in it once, and
 * must be put again when its order has changed. Each call takes O(log n), a look constant time.
 */
export class Heap<T extends object> {
  readonly #isBefore: (one: T, other: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  /** @param isBefore whether `one` goes before `other` */
  constructor(isBefore: (one: T, other: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item, or moves it to where it belongs by now. */
  put(item: T): void {
    this.#settle(item, this.#places.get(item) ?? this.#items.length);
  }

  shift(): T | undefined {
    const top = this.#items[0];
    if (top !== undefined) this.delete(top);
    return top;
  }

  /** @returns whether the item was there */
  delete(item: T): boolean {
    const at = this.#places.get(item);
    if (at === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop() as T;
    if (last !== item) this.#settle(last, at);
    return true;
  }

  /** Empties the heap and returns what was in it, in no order. */
  drain(): T[] {
    this.#places.clear();
    return this.#items.splice(0);
  }

  /** Lets an item into the gap at `at`, which moves to where the item belongs. */
  #settle(item: T, at: number): void {
    this.#set(item, this.#sink(item, this.#rise(item, at)));
  }

  #rise(item: T, from: number): number {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#items[above] as T;
      if (!this.#isBefore(item, parent)) break;
      this.#set(parent, at);
      at = above;
    }
    return at;
  }

  #sink(item: T, from: number): number {
    let at = from;
    for (;;) {
      const below = this.#firstBelow(at);
      const child = this.#items[below];
      if (child === undefined || !this.#isBefore(child, item)) return at;
      this.#set(child, at);
      at = below;
    }
  }

  /** The place of the child that goes first. */
  #firstBelow(at: number): number {
    const left = 2 * at + 1;
    const [one, other] = [this.#items[left], this.#items[left + 1]];
    return one !== undefined && other !== undefined && this.#isBefore(other, one) ? left + 1 : left;
  }

  #set(item: T, at: number): void {
    this.#items[at] = item;
    this.#places.set(item, at);
  }
}
