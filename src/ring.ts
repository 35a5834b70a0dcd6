/** A place in a ring. */
export interface Link<T> {
  readonly value: T;
}

interface Node<T> extends Link<T> {
  next: Node<T>;
  previous: Node<T>;
}

/**
 * A list from which any item can be taken out in constant time. A Set would do but for its memory:
 * it moves to another table again and again, and each one that it left, once it is old, keeps what it
 * held until the next full collection.
 */
export class Ring<T> {
  /** Stands for the ring itself, between the last and the first. */
  readonly #end: Node<T>;

  constructor() {
    const end = { value: undefined } as unknown as Node<T>;
    end.next = end.previous = end;
    this.#end = end;
  }

  get isEmpty(): boolean {
    return this.#end.next === this.#end;
  }

  /** As the last one. @returns what takes it out again */
  add(value: T): Link<T> {
    const { previous } = this.#end;
    const link = { value, next: this.#end, previous };
    this.#end.previous = previous.next = link;
    return link;
  }

  /** Takes an item out; one that is out stays so. It points to no other then, and keeps none. */
  delete(link: Link<T>): void {
    const node = link as Node<T>;
    node.previous.next = node.next;
    node.next.previous = node.previous;
    node.next = node.previous = node;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const first = this.#end.next;
    if (first === this.#end) return undefined;
    this.delete(first);
    return first.value;
  }

  /** All of them, the oldest first. */
  items(): T[] {
    const items: T[] = [];
    for (let node = this.#end.next; node !== this.#end; node = node.next) items.push(node.value);
    return items;
  }
}
