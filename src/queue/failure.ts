/** What broke that is no job's: the source, an initializer, the closing of a session. */
export class Failure {
  #first: { readonly reason: unknown } | undefined;
  #isTold = false;

  /** Whether somebody was thrown it. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The first one is the one that is told. */
  set(reason: unknown): void {
    this.#first ??= { reason };
  }

  /** @throws what broke, if something did */
  throw(): void {
    if (this.#first === undefined) return;
    this.#isTold = true;
    throw this.#first.reason;
  }
}
