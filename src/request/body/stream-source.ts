import { Readable } from 'node:stream';
import { InvalidJobError, UnrewindableBodyError } from '../../errors.js';
import type { RequestMessage } from '../../message.js';
import type { Bytes } from './bytes.js';
import { ChunkReader, type ChunkSource } from './chunk-reader.js';

/** What can be read once: a stream of Node or of the web, or any async iterable of text or bytes. */
export type StreamSource =
  | NodeJS.ReadableStream
  | ReadableStream<string | Bytes>
  | AsyncIterable<string | Bytes>;

/** What has been opened here. A generator does not tell. */
const opened = new WeakSet<object>();

/** Whether it was taken hold of here, so that it cannot be sent again. */
export function wasOpened(value: unknown): boolean {
  return typeof value === 'object' && value !== null && opened.has(value);
}

export function isStreamSource(value: unknown): value is StreamSource {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || isWebStream(value))
  );
}

/**
 * Takes hold of `source`, for good. What is read from it are bytes, whatever its chunks were;
 * destroyed, it destroys the source.
 *
 * @param request for the errors
 * @throws UnrewindableBodyError if the source was read or closed before
 * @throws InvalidJobError if it failed before
 */
export function openSource(source: StreamSource, request: RequestMessage): Readable {
  const subject = `${request.method} ${request.url}: the body's stream`;
  const { errored: cause } = source as Readable;
  const wasOpened = opened.has(source);
  if (cause && !wasOpened)
    throw new InvalidJobError(`${subject} failed before it was sent`, { cause, request });
  if (wasOpened || isUsed(source))
    throw new UnrewindableBodyError(
      `${subject} was read or closed before, and cannot be read again; ` +
        'pass a function that makes the stream',
      { phase: 'prepare', request },
    );
  opened.add(source);
  return givesBytes(source) ? source : new ChunkReader(chunksOf(source));
}

/** The chunks of a stream that nobody else reads. */
export function chunksOf(source: StreamSource): ChunkSource {
  if (isWebStream(source)) {
    const reader = source.getReader();
    return { next: () => reader.read(), stop: (reason) => reader.cancel(reason) };
  }
  const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return { next: async () => iterator.next(), stop: async () => stop(source, iterator) };
}

/** As `chunksOf`, of a source that is still to come. */
export function chunksOfPromised(promise: PromiseLike<ChunkSource>): ChunkSource {
  const source = Promise.resolve(promise);
  // Whoever reads is told. Nobody may come to read.
  source.catch(() => {});
  return {
    next: async () => (await source).next(),
    stop: async (reason) => (await source).stop(reason),
  };
}

/** A stream of Node is destroyed: its iterator would wait for the chunk that is under way. */
function stop(source: object, iterator: AsyncIterator<unknown>): unknown {
  const { destroy } = source as Partial<Readable>;
  return typeof destroy === 'function' ? destroy.call(source) : iterator.return?.();
}

function isUsed(source: StreamSource): boolean {
  const { destroyed, readableEnded } = source as Readable;
  return (
    Readable.isDisturbed(source as Readable) ||
    readableEnded ||
    destroyed ||
    (source as ReadableStream).locked
  );
}

function givesBytes(source: StreamSource): source is Readable {
  return (
    source instanceof Readable && !source.readableObjectMode && source.readableEncoding === null
  );
}

function isWebStream(source: object): source is ReadableStream<unknown> {
  return typeof (source as Partial<ReadableStream>).getReader === 'function';
}
