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
  return Symbol.asyncIterator in items ? mapAsync(items, map) : mapSync(items, map);
}

function* mapSync<T, J>(items: Iterable<T>, map: (item: T) => J): Generator<J> {
  for (const item of items) yield map(item);
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

/**
 * Pulls an iterator, an item for each `get()`. An item that is undefined comes out as null. An
 * async iterator is asked again when it has answered, as `for await` does: not all can do more.
 */
class IterableSource<J> implements JobSource<J> {
  readonly #iterator: Iterator<J> | AsyncIterator<J>;
  /** The last answer of an async iterator. */
  #answer: Promise<unknown> | undefined;
  #ended = false;

  constructor(items: Iterable<J> | AsyncIterable<J>) {
    const isAsync = Symbol.asyncIterator in items;
    this.#iterator = isAsync ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    if (isAsync) this.#answer = Promise.resolve();
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
    return isPromiseLike(result)
      ? result.then((settled) => this.#unwrap(settled))
      : this.#unwrap(result);
  }

  #unwrap(result: IteratorResult<J>): J | undefined {
    if (result.done) this.#ended = true;
    return result.done ? undefined : (result.value ?? (null as J));
  }
}
