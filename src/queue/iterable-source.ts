import { type Awaitable, isPromiseLike } from '../awaitable.js';
import { show } from '../show.js';
import type { JobSource } from './job-source.js';

/** What a pool takes its jobs from. */
export type Jobs<J> = JobSource<J> | Iterable<J> | AsyncIterable<J>;

/** @throws TypeError if `jobs` is neither a queue nor iterable; a string is neither */
export function toJobSource<J>(jobs: Jobs<J>, name: string): JobSource<J> {
  if (isQueue(jobs)) return jobs;
  if (isIterable(jobs)) return new IterableSource(jobs);
  throw new TypeError(
    `${name} must be an iterable, an async iterable or a queue, got ${show(jobs)}`,
  );
}

/** Whether a source is an iterable that was made into one, and so has no order but its own. */
export function isIterableSource(source: unknown): boolean {
  return source instanceof IterableSource;
}

/**
 * What the items are mapped to, each as it is asked for.
 *
 * @throws TypeError if they are not iterable; a string is not
 */
export function mapIterable<T, J>(
  items: Iterable<T> | AsyncIterable<T>,
  name: string,
  map: (item: T) => J,
): Iterable<J> | AsyncIterable<J> {
  if (!isIterable(items))
    throw new TypeError(`${name} must be an iterable or an async iterable, got ${show(items)}`);
  return Symbol.asyncIterator in items ? mapAsync(items, map) : new Mapped(items, map);
}

/** Tells how many there are, if the items do. */
class Mapped<T, J> implements Iterable<J> {
  readonly #items: Iterable<T>;
  readonly #map: (item: T) => J;

  constructor(items: Iterable<T>, map: (item: T) => J) {
    this.#items = items;
    this.#map = map;
  }

  get length(): number | undefined {
    return lengthOf(this.#items);
  }

  *[Symbol.iterator](): Generator<J> {
    for (const item of this.#items) yield this.#map(item);
  }
}

async function* mapAsync<T, J>(items: AsyncIterable<T>, map: (item: T) => J): AsyncGenerator<J> {
  for await (const item of items) yield map(item);
}

/** A `Map`, and what is like one, has a `get` too. */
function isQueue<J>(jobs: Jobs<J>): jobs is JobSource<J> {
  const { get, entries } = Object(jobs) as { get?: unknown; entries?: unknown };
  return typeof get === 'function' && typeof entries !== 'function';
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

/** As arrays have it, or sets. */
function lengthOf(items: unknown): number | undefined {
  const { length, size } = items as { readonly length?: unknown; readonly size?: unknown };
  const count = length ?? size;
  return typeof count === 'number' ? count : undefined;
}

/**
 * Pulls an iterator, an item for each `get()`. An item that is undefined comes out as null. An
 * async iterator is asked again when it has answered, as `for await` does: not all can do more.
 */
class IterableSource<J> implements JobSource<J> {
  readonly #items: Iterable<J> | AsyncIterable<J>;
  readonly #iterator: Iterator<J> | AsyncIterator<J>;
  #given = 0;
  /** The last answer of an async iterator. */
  #answer: Promise<unknown> | undefined;
  #ended = false;

  constructor(items: Iterable<J> | AsyncIterable<J>) {
    this.#items = items;
    const isAsync = Symbol.asyncIterator in items;
    this.#iterator = isAsync ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    if (isAsync) this.#answer = Promise.resolve();
  }

  /** Of an array or a set, and of what else has a length; none that is on its way may be missing. */
  get size(): number | undefined {
    const length = this.#answer === undefined ? lengthOf(this.#items) : undefined;
    return length === undefined ? undefined : Math.max(length - this.#given, 0);
  }

  get(): Awaitable<J | undefined> {
    if (this.#answer === undefined) return this.#next();
    const answer = this.#answer.then(() => this.#next());
    this.#answer = answer;
    return answer;
  }

  return(): unknown {
    this.#ended = true;
    return this.#iterator.return?.();
  }

  #next(): Awaitable<J | undefined> {
    if (this.#ended) return undefined;
    const result = this.#iterator.next();
    if (!isPromiseLike(result)) return this.#unwrap(result);
    this.#answer ??= Promise.resolve(); // an iterator that should be of the other kind
    return result.then((settled) => this.#unwrap(settled));
  }

  #unwrap(result: IteratorResult<J>): J | undefined {
    if (result.done) this.#ended = true;
    else this.#given++;
    return result.done ? undefined : (result.value ?? (null as J));
  }
}
