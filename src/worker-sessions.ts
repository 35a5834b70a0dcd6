import { type Awaitable, isPromiseLike } from './awaitable.js';
import type { SessionLike } from './session-like.js';
import { makeSession, type SessionMakerOptions } from './session-maker.js';
import { show } from './show.js';

export interface WorkerSessionOptions<S extends SessionLike> extends SessionMakerOptions<S> {
  /** Whether the pool closes the sessions when it is done with them. @default true */
  closeSessions?: boolean;
}

const CLOSED_AT_ONCE = 100;

/** A worker's session is replaced by a fresh one no more often than that, in ms. */
const REPLACEMENT_INTERVAL = 1000;

/** What was made for one worker. */
interface Seat<S> {
  /** All that were made or returned on the way, the one to use at the end; none once it is retired. */
  readonly sessions: S[];
  /** When the session was replaced last. */
  replacedAt: number;
}

/** The sessions of a pool: made together, closed together, and replaced one by one. */
export class WorkerSessions<S extends SessionLike> {
  /** One for each worker; a promise if making one took one. */
  readonly ready: readonly S[] | Promise<readonly S[]>;
  readonly #options: WorkerSessionOptions<S>;
  /** Told of what the closing of a retired session throws. */
  readonly #failed: (error: unknown) => void;
  /** By worker. */
  readonly #seats: Seat<S>[] = [];
  /** Of how many seats each session is. */
  readonly #uses = new Map<S, number>();
  /** Those that are being made in place of others. */
  readonly #making = new Set<Promise<S>>();
  /** What has not been closed yet, though that was begun. */
  readonly #closings = new Set<Promise<void>>();
  /** Workers that wait until their session may be replaced. */
  readonly #resting = new Set<() => void>();
  #isOpen = true;
  /** Whether all that there are have been closed, or are about to be, since they were open. */
  #isClosed = false;
  #closing: Promise<void> = Promise.resolve();

  /** Makes them all. If one cannot be made, the others are closed. */
  constructor(count: number, options: WorkerSessionOptions<S>, failed: (error: unknown) => void) {
    this.#options = options;
    this.#failed = failed;
    const made: Awaitable<S>[] = [];
    try {
      while (made.length < count) made.push(this.#make(this.#seatOf(made.length)));
    } catch (error) {
      this.#isOpen = false;
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
    this.#isClosed = false;
  }

  /** Gives up a worker's session, which is closed unless another worker has it too. */
  retire(worker: number): void {
    this.#empty(this.#seatOf(worker));
  }

  /** Waits until a worker's session may be replaced, or `wake()` is called; not if it may be now. */
  rest(worker: number): Promise<void> | undefined {
    const delay = this.#seatOf(worker).replacedAt + REPLACEMENT_INTERVAL - performance.now();
    if (delay <= 0) return undefined;
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#resting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, delay);
      this.#resting.add(wake);
    });
  }

  /** Nobody is to wait any longer: there is nothing to do. */
  wake(): void {
    for (const wake of this.#resting) wake();
  }

  /** A fresh session for a worker whose own was retired. @throws as the making of any */
  async replace(worker: number): Promise<S> {
    const seat = this.#seatOf(worker);
    seat.replacedAt = performance.now();
    try {
      return await track(
        this.#making,
        Promise.resolve().then(() => this.#make(seat)),
      );
    } catch (error) {
      this.#empty(seat);
      throw error;
    }
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

  #seatOf(worker: number): Seat<S> {
    this.#seats[worker] ??= { sessions: [], replacedAt: -Infinity };
    return this.#seats[worker];
  }

  #make({ sessions }: Seat<S>): Awaitable<S> {
    return makeSession(this.#options, (session) => {
      if (sessions.includes(session)) return;
      sessions.push(session);
      this.#uses.set(session, (this.#uses.get(session) ?? 0) + 1);
    });
  }

  /** Closes what no other seat has, unless it is closed already with all the others. */
  #empty({ sessions }: Seat<S>): void {
    for (const session of sessions.splice(0)) {
      const uses = this.#uses.get(session) as number;
      if (uses > 1) this.#uses.set(session, uses - 1);
      else {
        this.#uses.delete(session);
        if (!this.#isClosed) this.#close(session).catch(this.#failed);
      }
    }
  }

  #close(session: S): Promise<void> {
    if (this.#options.closeSessions === false) return Promise.resolve();
    return track(this.#closings, close(session));
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

  /**
   * A few at a time: thousands take a while, in which nothing else would run. Not those that are
   * used again meanwhile.
   */
  async #closeAll(): Promise<PromiseSettledResult<void>[]> {
    while (this.#making.size > 0) await Promise.allSettled(this.#making);
    if (this.#isOpen || this.#isClosed) return Promise.allSettled(this.#closings);
    this.#isClosed = true;
    const closing: Promise<void>[] = [];
    for (const session of [...this.#uses.keys()]) {
      closing.push(this.#close(session));
      if (closing.length % CLOSED_AT_ONCE === 0) await new Promise(setImmediate);
      if (this.#isOpen) break;
    }
    return Promise.allSettled([...closing, ...this.#closings]);
  }
}

async function close(session: SessionLike): Promise<void> {
  await session.close?.();
}

/** Keeps what is under way among the others as long as it is. */
function track<T>(pending: Set<Promise<T>>, work: Promise<T>): Promise<T> {
  const done = () => pending.delete(work);
  pending.add(work);
  work.then(done, done);
  return work;
}

function throwFirst(settled: readonly PromiseSettledResult<unknown>[]): void {
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}

/** What `retireWhen` said. @throws TypeError if it is neither a boolean nor undefined */
export function isRetired(verdict: unknown): boolean {
  if (verdict !== undefined && typeof verdict !== 'boolean')
    throw new TypeError(`retireWhen must return true, false or undefined, got ${show(verdict)}`);
  return verdict === true;
}
