/** Slots to begin with: a power of two, as it is ever after. */
const FEW = 16;
/** Slots that are kept, though most of them are free. */
const MANY = 1024;

/** A first-in, first-out list. All operations take constant time, amortized, but where it is said. */
export class Fifo<T> {
  /** A ring: the items follow each other from the head on, and from the last slot to the first. */
  #slots: (T | undefined)[] = slots(FEW);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#resize(2 * this.#size);
    this.#slots[this.#at(this.#size++)] = item;
  }

  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = this.#at(1);
    this.#size--;
    if (this.#slots.length > MANY && this.#size <= this.#slots.length / 8)
      this.#resize(this.#slots.length / 4);
    return item;
  }

  /** Whether it has an item of which `holds` is true, in linear time. */
  some(holds: (item: T) => boolean): boolean {
    for (let i = 0; i < this.#size; i++) if (holds(this.#slots[this.#at(i)] as T)) return true;
    return false;
  }

  /** Removes the oldest item that `accepts`, in linear time. */
  take(accepts: (item: T) => boolean): T | undefined {
    let taken: T | undefined;
    let isTaken = false;
    for (let left = this.#size; left > 0; left--) {
      const item = this.shift() as T;
      if (isTaken || !accepts(item)) this.push(item);
      else {
        taken = item;
        isTaken = true;
      }
    }
    return taken;
  }

  /** What is in it, oldest first, in linear time. */
  items(): T[] {
    return Array.from({ length: this.#size }, (_, i) => this.#slots[this.#at(i)] as T);
  }

  /** Empties the list and returns what was in it, oldest first. */
  drain(): T[] {
    const items = this.items();
    this.#slots = slots(FEW);
    this.#head = this.#size = 0;
    return items;
  }

  /** The slot of the item that so many go before. */
  #at(place: number): number {
    return (this.#head + place) & (this.#slots.length - 1);
  }

  #resize(length: number): void {
    const items = this.items();
    this.#slots = slots(length);
    this.#head = 0;
    for (const [i, item] of items.entries()) this.#slots[i] = item;
  }
}

function slots<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}
