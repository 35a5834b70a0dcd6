import { Fifo } from '../fifo.js';

/** What brings a body. */
export interface Wire {
  /** Lets it go on, after a `receive()` that returned false. */
  resume(): void;
  /** Gives it up, and its connection with it. Does nothing once it has ended. */
  cancel(): void;
  /** Whether more is awaited: only then may it keep the process from exiting. */
  ref(isAwaited: boolean): void;
}

/** From so many bytes on, no more are to come before some have been read. */
const HIGH_WATER_MARK = 65_536;

type Piece = IteratorResult<Buffer, undefined>;

/** Who waits for the next piece. */
interface Waiting {
  resolve(piece: Piece): void;
  reject(error: Error): void;
}

/**
 * The body of a reply that was handed over at its head: its bytes as they are sent, piece by piece for
 * one reader who asks for one at a time. It is no Node.js stream: one costs several times as much for
 * each piece, and pauses the connection after each, however quick its reader is.
 *
 * It keeps the process from exiting only between `ref()` and `unref()`, as one that nobody reads must
 * not.
 */
export class IncomingBody implements AsyncIterableIterator<Buffer, undefined> {
  readonly #wire: Wire;
  /** Those that were not read yet. */
  readonly #pieces = new Fifo<Buffer>();
  /** How many bytes they have. */
  #size = 0;
  #isPaused = false;
  #hasEnded = false;
  #isDestroyed = false;
  /** What it broke with, until its reader is told. */
  #error: Error | undefined;
  #waiting: Waiting | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.ref(false);
  }

  /** Takes a piece. @returns whether there may be more at once; if not, the wire is told to resume */
  receive(piece: Buffer): boolean {
    if (this.#isDestroyed) return true;
    const waiting = this.#takeWaiting();
    if (waiting !== undefined) {
      waiting.resolve({ value: piece, done: false });
      return true;
    }
    this.#pieces.push(piece);
    this.#size += piece.length;
    this.#isPaused = this.#size >= HIGH_WATER_MARK;
    return !this.#isPaused;
  }

  /** All of it has come. */
  end(): void {
    this.#hasEnded = true;
    this.#takeWaiting()?.resolve({ value: undefined, done: true });
  }

  /** Drops what was not read. @param error for its reader, if it is not the one who gives it up */
  destroy(error?: Error): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#pieces.drain();
    const waiting = this.#takeWaiting();
    if (error === undefined) waiting?.resolve({ value: undefined, done: true });
    else if (waiting !== undefined) waiting.reject(error);
    else this.#error = error;
    this.#wire.cancel();
  }

  next(): Promise<Piece> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#size -= piece.length;
      this.#resume();
      return Promise.resolve({ value: piece, done: false });
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    if (this.#hasEnded || this.#isDestroyed)
      return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Its reader gives it up. */
  async return(): Promise<Piece> {
    this.destroy();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  ref(): void {
    this.#wire.ref(true);
  }

  unref(): void {
    this.#wire.ref(false);
  }

  #takeWaiting(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #resume(): void {
    if (!this.#isPaused || this.#size >= HIGH_WATER_MARK) return;
    this.#isPaused = false;
    this.#wire.resume();
  }
}
