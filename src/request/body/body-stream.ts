import { Readable } from 'node:stream';
import { type Awaitable, isPromiseLike } from '../../awaitable.js';
import { InvalidJobError } from '../../errors.js';
import { kindOf } from '../../kind-of.js';
import type { RequestMessage } from '../../message.js';
import { ChunkReader } from './chunk-reader.js';
import {
  chunksOf,
  chunksOfPromised,
  isStreamSource,
  openSource,
  type StreamSource,
} from './stream-source.js';

/** A request's body as it goes on the wire: text as UTF-8, bytes, or a stream of them. */
export type Body = string | Uint8Array | BodyStream;

/** A body that is read as it is sent. */
export interface BodyStream {
  /** In bytes; undefined if only the end will tell, so that it is sent in chunks (RFC 9112 §7.1). */
  readonly size: number | undefined;
  /** Whether it can be opened again. */
  readonly isReplayable: boolean;
  /**
   * A stream of bytes, to be read from its beginning. Whoever opens it reads it to its end or
   * destroys it.
   *
   * @param request for the error
   * @throws UnrewindableBodyError if it is not replayable, and was opened before
   */
  open(request: RequestMessage): Readable;
}

export function isReplayable(body: Body | undefined): boolean {
  return typeof body !== 'object' || body instanceof Uint8Array || body.isReplayable;
}

/** Makes a body's stream anew each time that the body is sent. */
export type MakeStream = () => Awaitable<StreamSource>;

/** A body that can be sent once. */
export function bodyOfStream(source: StreamSource, size?: number): BodyStream {
  if (source instanceof Readable) holdErrors(source);
  return { size, isReplayable: false, open: (request) => openSource(source, request) };
}

/**
 * A body that is made when it is sent.
 *
 * @param name the job's field, for the message
 */
export function bodyOfFunction(make: MakeStream, name: string): BodyStream {
  const opened = (source: StreamSource, request: RequestMessage): Readable => {
    if (!isStreamSource(source))
      throw new InvalidJobError(
        `the function of ${name} must return a stream or an async iterable, got ${kindOf(source)}`,
        { request },
      );
    return openSource(source, request);
  };
  return {
    size: undefined,
    isReplayable: true,
    open(request) {
      const made = make();
      if (!isPromiseLike(made)) return opened(made, request);
      const chunks = made.then((source) => chunksOf(opened(source, request)));
      return new ChunkReader(chunksOfPromised(chunks));
    },
  };
}

export function bodyOfBlob(blob: Blob): BodyStream {
  return {
    size: blob.size,
    isReplayable: true,
    open: (request) => openSource(blob.stream(), request),
  };
}

/** One of another realm or library too, such as those that gave the class to Node 16. */
export function isBlob(value: unknown): value is Blob {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object Blob]' || tag === '[object File]';
}

/** An error that comes before the stream is opened is told then: until then nobody listens. */
function holdErrors(source: Readable): void {
  if (!source.listeners('error').includes(ignore)) source.on('error', ignore);
}

function ignore(): void {}
