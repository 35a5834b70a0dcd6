import { type Awaitable, isPromiseLike, type OrNothing } from './awaitable.js';
import { Session } from './session.js';
import type { SessionLike } from './session-like.js';
import { show } from './show.js';

/** How a pool comes by its sessions. */
export interface SessionMakerOptions<S extends SessionLike> {
  /** A class, or a function that returns a session. @default Session */
  session?: (new () => S) | (() => Awaitable<S>);
  /** Called with each new session. May change it, or return another to use in its place. */
  // biome-ignore lint/suspicious/noExplicitAny: initargs are whatever the initializer takes
  initializer?: (session: S, ...initargs: any[]) => Awaitable<OrNothing<S>>;
  /** Passed to the initializer after the session. */
  initargs?: readonly unknown[];
  /** Called after the initializer, likewise. */
  authGenerator?: (session: S) => Awaitable<OrNothing<S>>;
}

/**
 * Makes one session, at once if nothing on the way takes its time.
 *
 * @param keep is given each that is made or returned on the way, the one to use at the end
 * @throws TypeError for what is no session; what `session`, `initializer` or `authGenerator` throws
 */
export function makeSession<S extends SessionLike>(
  options: SessionMakerOptions<S>,
  keep: (session: S) => void,
): Awaitable<S> {
  const { session = Session as unknown as new () => S, initializer, authGenerator } = options;
  const checked = (by: string, made: S) => {
    checkSession(by, made);
    keep(made);
    return made;
  };
  const made = after(construct(session), (each) => checked('session', each));
  const initialized = after(made, (each) =>
    after(initializer?.(each, ...(options.initargs ?? [])), (other) =>
      other == null ? each : checked('initializer', other),
    ),
  );
  return after(initialized, (each) =>
    after(authGenerator?.(each), (other) =>
      other == null ? each : checked('authGenerator', other),
    ),
  );
}

function checkSession(by: string, session: SessionLike): void {
  if (typeof (session as Partial<SessionLike> | null)?.request !== 'function')
    throw new TypeError(`${by} must return a session, with a method request, got ${show(session)}`);
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
