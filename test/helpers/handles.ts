import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** A timer, a socket, a server, a process: what can keep this one from exiting. */
interface Handle {
  hasRef(): boolean | null;
}

/** Knows the handles that a piece of work opened, or that what it began did. */
export class HandleWatch {
  readonly #isWatched = new AsyncLocalStorage<true>();
  readonly #open = new Map<number, Handle>();
  readonly #hook = createHook({
    init: (id, _type, _trigger, resource) => {
      if (this.#isWatched.getStore() && 'hasRef' in resource)
        this.#open.set(id, resource as Handle);
    },
    destroy: (id) => {
      this.#open.delete(id);
    },
  });

  run<T>(work: () => T): T {
    this.#hook.enable();
    return this.#isWatched.run(true, work);
  }

  /** How many of them would keep the process from exiting now. */
  get count(): number {
    return [...this.#open.values()].filter((handle) => handle.hasRef()).length;
  }

  stop(): void {
    this.#hook.disable();
  }
}
