import { AbortError, ResponseTooLargeError } from '../errors.js';
import type { RequestMessage } from '../message.js';
import { decodeStream } from '../request/decoding.js';
import type { IncomingBody } from './incoming-body.js';

/** What is read as a whole has at most so many bytes, unless a limit was set: 128 MiB. */
export const DEFAULT_MAX_RESPONSE_SIZE = 128 * 1024 * 1024;

/** Frees the connections of bodies that were forgotten: whoever reads one holds its content. */
const FORGOTTEN = new FinalizationRegistry<() => void>((release) => release());

export interface StreamedContentOptions {
  /** The response's Content-Encoding, '' for none. */
  readonly contentEncoding: string;
  /** Of the body decoded, in bytes; undefined for none but when it is read as a whole. */
  readonly maxResponseSize: number | undefined;
  /** For the errors. */
  readonly request: RequestMessage;
  /** Is called when nothing more will be read. */
  readonly done: () => void;
}

/**
 * The body of a response that was handed over at its head: decoded, to be read once, and as slowly as
 * one likes. Its connection is free again when it has been read, broken off or forgotten.
 */
export class StreamedContent {
  readonly #body: IncomingBody;
  readonly #options: StreamedContentOptions;
  #isUsed = false;
  /** What put an end to it before its own. */
  #ending: Error | undefined;

  constructor(body: IncomingBody, options: StreamedContentOptions) {
    this.#body = body;
    this.#options = options;
    const { done } = options;
    FORGOTTEN.register(this, () => {
      body.destroy();
      done();
    });
  }

  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** To look at it is not yet to use it: if it was used before, its reader is told. */
  stream(): ReadableStream<Uint8Array> {
    let pieces: AsyncGenerator<Buffer, void, undefined> | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          pieces ??= this.pieces();
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 }, // nothing is read before somebody reads it
    );
  }

  /** @throws TypeError if it was used before */
  pieces(): AsyncGenerator<Buffer, void, undefined> {
    return this.#open(this.#options.maxResponseSize ?? Infinity);
  }

  /** The rest at once. @throws ResponseTooLargeError; TypeError if it was used before */
  async read(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const limit = this.#options.maxResponseSize ?? DEFAULT_MAX_RESPONSE_SIZE;
    for await (const piece of this.#open(limit)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Gives up what has not been read; whoever waits for it has an `AbortError`. */
  cancel(): void {
    const { request } = this.#options;
    const message = `${request.method} ${request.url}: the response was closed before it was read`;
    this.abort(new AbortError(message, { request }));
  }

  /** Whoever reads it has `error`, and so has who would. */
  abort(error: Error): void {
    this.#ending ??= error;
    this.#body.destroy(error);
    this.#options.done();
  }

  #open(limit: number): AsyncGenerator<Buffer, void, undefined> {
    if (this.#isUsed) throw new TypeError('the body of a streamed response can be read once');
    this.#isUsed = true;
    return this.#pieces(limit);
  }

  async *#pieces(limit: number): AsyncGenerator<Buffer, void, undefined> {
    const body = this.#body;
    try {
      const pieces = this.#decoded()[Symbol.asyncIterator]();
      for (let size = 0; ; ) {
        body.ref();
        const { done, value } = await pieces.next();
        body.unref();
        if (this.#ending !== undefined) throw this.#ending;
        if (done) return;
        size += value.length;
        if (size > limit) throw this.#tooLarge(limit);
        yield value;
      }
    } finally {
      body.unref();
      body.destroy();
      this.#options.done();
    }
  }

  #decoded(): AsyncIterable<Buffer> {
    const { contentEncoding, request } = this.#options;
    return contentEncoding === '' ? this.#body : decodeStream(this.#body, contentEncoding, request);
  }

  #tooLarge(limit: number): ResponseTooLargeError {
    const { request } = this.#options;
    const message = `${request.method} ${request.url}: the body has more than ${limit} bytes decoded`;
    return new ResponseTooLargeError(message, { request });
  }
}
