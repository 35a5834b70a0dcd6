import { Readable } from 'node:stream';

/** What brings a body. */
export interface Wire {
  /** Lets it go on, after a `push()` that returned false. */
  resume(): void;
  /** Gives it up, and its connection with it. Does nothing once it has ended. */
  cancel(): void;
  /** Whether more is awaited: only then may it keep the process from exiting. */
  ref(isAwaited: boolean): void;
}

/** What may have come before it is read, in bytes. */
const HIGH_WATER_MARK = 65_536;

/**
 * The body of a reply that was handed over at its head: its bytes as they are sent. It keeps the
 * process from exiting only between `ref()` and `unref()`, as one that nobody reads must not.
 */
export class IncomingBody extends Readable {
  readonly #wire: Wire;
  #isPaused = false;

  constructor(wire: Wire) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#wire = wire;
    wire.ref(false);
    // Whoever reads it is told; that nobody does is no reason to crash.
    this.on('error', () => {});
  }

  /** Whether there may be more at once; if not, the wire is told to resume later. */
  receive(chunk: Buffer): boolean {
    this.#isPaused = !this.push(chunk);
    return !this.#isPaused;
  }

  ref(): void {
    this.#wire.ref(true);
  }

  unref(): void {
    this.#wire.ref(false);
  }

  override _read(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wire.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#wire.cancel();
    callback(error);
  }
}
