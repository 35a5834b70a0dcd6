import { type Awaitable, isPromiseLike, type OrNothing } from './awaitable.js';
import { Session } from './session.js';
import type { SessionLike } from './session-like.js';
import { show } from './show.js';

/** How a pool comes by its sessions. */
export interface WorkerSessionOptions<S extends SessionLike> {
  /** A class, or a function that returns a session. @default Session */
  session?: (new () => S) | (() => Awaitable<S>);
  /** Called with each new session. May change it, or return another to use in its place. */
  // biome-ignore lint/suspicious/noExplicitAny: initargs are whatever the initializer takes
  initializer?: (session: S, ...initargs: any[]) => Awaitable<OrNothing<S>>;
  /** Passed to the initializer after the session. */
  initargs?: readonly unknown[];
  /** Called after the initializer, likewise. */
  authGenerator?: (session: S) => Awaitable<OrNothing<S>>;
  /** Whether the pool closes the sessions when it is done with them. @default true */
  closeSessions?: boolean;
}

const CLOSED_AT_ONCE = 100;

/** The sessions of a pool: made together, closed together. */
export class WorkerSessions<S extends SessionLike> {
  /** One for each worker; a promise if making one took one. */
  readonly ready: readonly S[] | Promise<readonly S[]>;
  readonly #options: WorkerSessionOptions<S>;
  /** All that were made or returned on the way, each once. */
  readonly #sessions = new Set<S>();
  #isOpen = true;
  #closing: Promise<void> = Promise.resolve();

  /** Makes them all. If one cannot be made, the others are closed. */
  constructor(count: number, options: WorkerSessionOptions<S>) {
    this.#options = options;
    const made: Awaitable<S>[] = [];
    try {
      while (made.length < count) made.push(this.#make());
    } catch (error) {
      void Promise.allSettled(made).then(() => this.#closeAll());
      throw error;
    }
    this.ready = made.some(isPromiseLike) ? this.#all(made) : (made as S[]);
  }

  /** Whether one may have connections that `close()` has not seen yet. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** They are used again. */
  open(): void {
    this.#isOpen = true;
  }

  /**
   * Closes each, unless they are to be kept; once for what has been opened. Rejects as the first that
   * failed did.
   */
  close(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#closing = this.#closeAll().then(throwFirst);
    }
    return this.#closing;
  }

  #make(): Awaitable<S> {
    const {
      session = Session as unknown as new () => S,
      initializer,
      authGenerator,
    } = this.#options;
    const made = after(construct(session), (each) => this.#keep('session', each));
    const initialized = after(made, (each) =>
      after(initializer?.(each, ...(this.#options.initargs ?? [])), (other) =>
        this.#keep('initializer', other ?? each),
      ),
    );
    return after(initialized, (each) =>
      after(authGenerator?.(each), (other) => this.#keep('authGenerator', other ?? each)),
    );
  }

  #keep(by: string, session: S): S {
    if (typeof (session as Partial<S> | null)?.request !== 'function')
      throw new TypeError(
        `${by} must return a session, with a method request, got ${show(session)}`,
      );
    this.#sessions.add(session);
    return session;
  }

  async #all(made: readonly Awaitable<S>[]): Promise<readonly S[]> {
    const settled = await Promise.allSettled(made);
    if (settled.some(({ status }) => status === 'rejected')) {
      this.#isOpen = false;
      await this.#closeAll();
    }
    throwFirst(settled);
    return settled.map((each) => (each as PromiseFulfilledResult<S>).value);
  }

  /** A few at a time: thousands take a while, in which nothing else would run. */
  async #closeAll(): Promise<PromiseSettledResult<unknown>[]> {
    if (this.#options.closeSessions === false) return [];
    const closing: Promise<unknown>[] = [];
    for (const session of [...this.#sessions]) {
      closing.push((async () => session.close?.())());
      if (closing.length % CLOSED_AT_ONCE === 0) await new Promise(setImmediate);
    }
    return Promise.allSettled(closing);
  }
}

/** `next(value)`, at once if the value is there, else when it is. */
function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromiseLike(value) ? Promise.resolve(value).then(next) : next(value);
}

function construct<S>(session: (new () => S) | (() => Awaitable<S>)): Awaitable<S> {
  return isClass(session) ? new session() : session();
}

/** A class, or a constructor function as they were written before there were classes. */
function isClass<S>(session: (new () => S) | (() => Awaitable<S>)): session is new () => S {
  return (
    /^class\b/.test(Function.prototype.toString.call(session)) ||
    typeof session.prototype?.request === 'function'
  );
}

function throwFirst(settled: readonly PromiseSettledResult<unknown>[]): void {
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}
