import type { IncomingBody } from './incoming-body.js';
import { isBodiless, type Reply, shortfallOf } from './reply.js';

/** A response as it comes. State: its head, and its body so far. */
export class Reception {
  readonly reply: Reply;
  /** What its body may have, as it is sent, in bytes. */
  #maxSize: number;
  #size = 0;
  readonly #chunks: Buffer[] = [];
  /** Where the body goes in place of the chunks. */
  #stream: IncomingBody | undefined;

  constructor(reply: Reply, maxSize: number) {
    this.reply = reply;
    this.#maxSize = maxSize;
  }

  /** What came after the head: whole, or as it comes. */
  get body(): Buffer | IncomingBody {
    return this.#stream ?? joined(this.#chunks);
  }

  get isStreamed(): boolean {
    return this.#stream !== undefined;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Has the body go there, with a limit of its own. To be called before any of it has come. */
  streamTo(stream: IncomingBody, maxSize: number): void {
    this.#stream = stream;
    this.#maxSize = maxSize;
  }

  /** Counts a piece of the body. @returns whether the body has no more than it may have */
  count(chunk: Buffer): boolean {
    this.#size += chunk.length;
    return this.#size <= this.#maxSize;
  }

  /** Takes a piece of the body. @returns whether there may be more at once */
  take(chunk: Buffer): boolean {
    if (this.#stream !== undefined) return this.#stream.receive(chunk);
    this.#chunks.push(chunk);
    return true;
  }

  /** The body has ended. @param error what it broke off with, if it did */
  end(error?: Error): void {
    if (error === undefined) this.#stream?.end();
    else this.#stream?.destroy(error);
  }

  /** undici misses the body that a 204 or a 304 with a Content-Length never has. */
  isWholeDespite({ name }: Error): boolean {
    return name === 'ResponseContentLengthMismatchError' && isBodiless(this.reply);
  }

  /** What is wrong with a body that has ended, if it is not as long as its head says. */
  get shortfall(): Error | undefined {
    return shortfallOf(this.reply, this.#size);
  }
}

/** A body that came in one piece, as most do, is not copied. */
function joined(chunks: Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
