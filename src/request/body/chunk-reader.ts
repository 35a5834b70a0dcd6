import { Readable } from 'node:stream';
import { InvalidJobError } from '../../errors.js';
import { kindOf } from '../../kind-of.js';
import { bytesOf } from './bytes.js';

/** An iterator that can be stopped while a `next()` is under way, as a generator cannot. */
export interface ChunkSource {
  next(): Promise<IteratorResult<unknown>>;
  /** Frees what it holds. Is called at most once, and not after its end. */
  stop(reason: Error | null): Promise<unknown>;
}

/**
 * The chunks of a source as a stream of bytes. It asks for nothing before it is read, and holds a
 * chunk or two in all. An error of the source comes out of it as it is.
 */
export class ChunkReader extends Readable {
  readonly #source: ChunkSource;
  #ended = false;

  constructor(source: ChunkSource) {
    super();
    this.#source = source;
  }

  override _read(): void {
    this.#pull().catch((error) => this.destroy(error));
  }

  /** Whoever destroys it does not wait for the source: it may be stuck. */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.#ended) this.#source.stop(error).catch(() => {});
    callback(error);
  }

  async #pull(): Promise<void> {
    const { done, value } = await this.#source.next();
    this.#ended = done === true;
    this.push(this.#ended ? null : toBytes(value));
  }
}

/** Text as UTF-8. */
function toBytes(chunk: unknown): Uint8Array {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : bytesOf(chunk);
  if (bytes === undefined)
    throw new InvalidJobError(`a chunk of a body must be a string or bytes, got ${kindOf(chunk)}`, {
      phase: 'firstByte',
    });
  return bytes;
}
