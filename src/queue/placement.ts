import { isPromiseLike } from '../awaitable.js';
import { InvalidJobError } from '../errors.js';
import { show } from '../show.js';
import type { Key, Ticket } from './ticket.js';

/**
 * What jobs have in common that go to one session: their URL's origin, or what a function of the job
 * returns. Those for which that is undefined go to any.
 */
export type Affinity<J> = 'origin' | ((job: J) => string | number | undefined);

/** How many keys are remembered, each with its slot. */
const MOST_BOUND = 65_536;

/**
 * Which of a pool's slots, numbered from 0, is to run the jobs of a key. It is the one that runs the
 * first of them, for as long as the pool lives. When 65,536 keys are bound so, any further one goes to
 * a slot that its hash says, and takes no memory.
 */
export class Placement<J> {
  readonly #affinity: Affinity<J>;
  readonly #slots: number;
  readonly #bound = new Map<Key, number>();

  constructor(affinity: Affinity<J>, slots: number) {
    this.#affinity = affinity;
    this.#slots = slots;
  }

  /**
   * Gives a ticket its key.
   *
   * @throws InvalidJobError for a key of another type, and whatever the function throws
   */
  read(ticket: Ticket<J>): void {
    const key: unknown =
      this.#affinity === 'origin' ? ticket.origin : this.#affinity.call(undefined, ticket.job);
    if (!isKey(key) && key !== undefined) throw invalidKey(key);
    ticket.key = key;
  }

  /** Undefined if any may run it. Once it is a slot, it is that one for good. */
  slotOf({ key }: Ticket<J>): number | undefined {
    if (key === undefined) return undefined;
    return this.#bound.get(key) ?? (this.#isFull ? hash(key) % this.#slots : undefined);
  }

  /** A slot runs the ticket. If it is the first of its key, the others are to follow. */
  bind({ key }: Ticket<J>, slot: number): void {
    if (key === undefined || this.#isFull || this.#bound.has(key)) return;
    this.#bound.set(typeof key === 'string' ? copyOf(key) : key, slot);
  }

  get #isFull(): boolean {
    return this.#bound.size >= MOST_BOUND;
  }
}

function isKey(key: unknown): key is Key {
  return typeof key === 'string' || (typeof key === 'number' && !Number.isNaN(key));
}

function invalidKey(key: unknown): InvalidJobError {
  // What an async function rejects with is told by nobody else, and is not what is wrong here.
  if (isPromiseLike(key)) Promise.resolve(key).catch(() => {});
  return new InvalidJobError(
    `affinity must give a string, a number or undefined, got ${show(key)}`,
  );
}

/** A string that was cut out of another, an origin out of its URL, keeps that one in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** FNV-1a, of 32 bits, folded: its last bit alone is that of the sum of all characters. */
function hash(key: Key): number {
  let bits = 0x811c9dc5;
  for (const character of String(key))
    bits = Math.imul(bits ^ (character.codePointAt(0) as number), 0x01000193);
  return (bits ^ (bits >>> 16)) >>> 0;
}
