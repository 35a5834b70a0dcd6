const MEGABYTE = 2 ** 20;
const INTERVAL = 10;

/** Looks time and again how large the process is. */
export class MemoryWatch {
  readonly #start = process.memoryUsage.rss();
  #most = this.#start;
  readonly #timer = setInterval(() => this.#look(), INTERVAL);

  /** By how many MB the process was larger at most than at the start. */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return (this.#most - this.#start) / MEGABYTE;
  }

  #look(): void {
    this.#most = Math.max(this.#most, process.memoryUsage.rss());
  }
}
