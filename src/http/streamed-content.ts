import { AbortError, ResponseTooLargeError } from '../errors.js';
import type { RequestMessage } from '../message.js';
import { decodeStream } from '../request/decoding.js';
import type { IncomingBody } from './incoming-body.js';

/** What is read as a whole has at most so many bytes, unless a limit was set: 128 MiB. */
export const DEFAULT_MAX_RESPONSE_SIZE = 128 * 1024 * 1024;

/** Frees the connections of bodies that were forgotten: whoever reads one holds its content. */
const FORGOTTEN = new FinalizationRegistry<BodyEnding>((ending) => ending.release());

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
 * The end of a body, whoever puts it. It knows no content, as a content that is known to what may
 * end it could never be forgotten.
 */
class BodyEnding {
  readonly phase = 'body';
  /** What ended it before its reader did. */
  error: Error | undefined;
  readonly #body: IncomingBody;
  readonly #done: () => void;

  constructor(body: IncomingBody, done: () => void) {
    this.#body = body;
    this.#done = done;
  }

  abort(error: Error): void {
    this.error ??= error;
    this.#end(error);
  }

  release(): void {
    this.#end();
  }

  /** The error's stack may know the content: it must not be held for one that is to be forgotten. */
  #end(error?: Error): void {
    FORGOTTEN.unregister(this);
    this.#body.destroy(error);
    this.#done();
  }
}

/**
 * The body of a response that was handed over at its head: decoded, to be read once, and as slowly as
 * one likes. Its connection is free again when it has been read, broken off or forgotten.
 */
export class StreamedContent {
  readonly #body: IncomingBody;
  readonly #options: StreamedContentOptions;
  /** Aborted, it ends whoever reads, and whoever would. */
  readonly ending: BodyEnding;
  #isUsed = false;

  constructor(body: IncomingBody, options: StreamedContentOptions) {
    this.#body = body;
    this.#options = options;
    this.ending = new BodyEnding(body, options.done);
    FORGOTTEN.register(this, this.ending, this.ending);
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
        cancel: async () => {
          this.cancel();
          await pieces?.return(undefined);
        },
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
    this.ending.abort(new AbortError(message, { phase: 'body', request }));
  }

  #open(limit: number): AsyncGenerator<Buffer, void, undefined> {
    if (this.#isUsed) throw new TypeError('the body of a streamed response can be read once');
    this.#isUsed = true;
    return this.#pieces(limit);
  }

  /** One generator: to pass each piece through another costs as much as to read it. */
  async *#pieces(limit: number): AsyncGenerator<Buffer, void, undefined> {
    let pieces: AsyncGenerator<Buffer> | undefined;
    try {
      pieces = this.#decoded()[Symbol.asyncIterator]() as AsyncGenerator<Buffer>;
      for (let size = 0; ; ) {
        this.#body.ref();
        const { done, value } = await pieces.next();
        this.#body.unref();
        if (this.ending.error !== undefined) throw this.ending.error;
        if (done) return;
        size += value.length;
        if (size > limit) throw this.#tooLarge(limit);
        yield value;
      }
    } finally {
      await this.#finish(pieces);
    }
  }

  async #finish(pieces: AsyncGenerator<Buffer> | undefined): Promise<void> {
    try {
      await pieces?.return(undefined);
    } finally {
      this.#body.unref();
      this.ending.release();
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
