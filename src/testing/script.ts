import { RequestError } from '../errors.js';
import type { Job } from '../job.js';
import { prepareURL } from '../request/url.js';
import { Route } from './route.js';
import {
  type Reply,
  type Respond,
  ScriptedFailure,
  type ScriptedRequest,
} from './scripted-dispatcher.js';
import { ScriptedSession } from './scripted-session.js';

/** How many of its routes a script names to whoever asked for none of them. */
const NAMED = 5;

interface Matched {
  readonly route: Route;
  readonly pattern: string;
  matches(request: ScriptedRequest): boolean;
}

/**
 * Sessions that answer, fail and stall on command, and what was asked of them: so that code which
 * runs batches is tested without a server. A request that the script does not know fails.
 */
export class Script {
  /** Those that were made, in their order. */
  readonly sessions: ScriptedSession[] = [];
  /** The jobs of all sessions, in the order in which they came; the very objects. */
  readonly jobs: Job[] = [];
  /** What was sent for them, in its order. */
  readonly requests: ScriptedRequest[] = [];
  /** For the requests that no `on()` matches. As long as it is told nothing, they fail. */
  readonly otherwise: Route = new Route();
  readonly #routes: Matched[] = [];
  #inFlight = 0;
  #maxInFlight = 0;
  /** Those who wait for a number of requests in flight. */
  #awaiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #isHolding = false;
  /** What lets go each request that is held, the one that came first at the front. */
  readonly #held = new Set<() => void>();

  /** Makes a session: what a pool takes for its option `session`. */
  readonly session = (): ScriptedSession => {
    const session = new ScriptedSession((job) => this.jobs.push(job), this.#respond);
    this.sessions.push(session);
    return session;
  };

  /** How many requests have come and were not answered yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The most that were in flight at a time. */
  get maxInFlight(): number {
    return this.#maxInFlight;
  }

  /**
   * The requests for a URL, to be told what becomes of them. Of several routes that match a request,
   * the one that was made last has it.
   *
   * @param url all of it, query included; or an expression that is looked for in it
   * @param options.method in any case @default every method
   * @throws InvalidURLError if it is a string and no absolute URL
   */
  on(url: string | URL | RegExp, { method }: { readonly method?: string } = {}): Route {
    const route = new Route();
    const matchesURL = matcherOf(url);
    const wanted = method?.toUpperCase();
    this.#routes.unshift({
      route,
      pattern: `${wanted === undefined ? '' : `${wanted} `}${url}`,
      matches: (request) =>
        (wanted ?? request.method) === request.method && matchesURL(request.url),
    });
    return route;
  }

  /** Keeps every request that comes from now on from its answer, until it is released. */
  hold(): void {
    this.#isHolding = true;
  }

  /**
   * Lets requests go that are held, those first that came first.
   *
   * @param count how many; those that come later are held then too @default all, later ones included
   */
  release(count?: number): void {
    if (count === undefined) this.#isHolding = false;
    for (const go of [...this.#held].slice(0, count)) go();
  }

  /** Waits until at least so many requests are in flight. */
  untilInFlight(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaiting.push({ count, resolve });
      this.#tellInFlight();
    });
  }

  readonly #respond: Respond = async (request, signal) => {
    this.requests.push(request);
    this.#maxInFlight = Math.max(this.#maxInFlight, ++this.#inFlight);
    this.#tellInFlight();
    try {
      return await unlessAborted(signal, this.#reply(request, signal));
    } catch (error) {
      // A session passes on what is a RequestError, and may retry it.
      throw error instanceof RequestError ? error : new ScriptedFailure(error);
    } finally {
      this.#inFlight--;
    }
  };

  async #reply(request: ScriptedRequest, signal: AbortSignal): Promise<Reply> {
    if (this.#isHolding) await this.#untilReleased(signal);
    const matched = this.#routes.find(({ matches }) => matches(request));
    const step = (matched?.route ?? this.otherwise).take();
    if (step === undefined) throw this.#unscripted(request);
    return step(request);
  }

  /** A request that was given up is not held any more: `release(1)` is for another. */
  #untilReleased(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#held.delete(go);
        resolve();
      };
      this.#held.add(go);
      signal.addEventListener('abort', () => this.#held.delete(go));
    });
  }

  #tellInFlight(): void {
    const [reached, others] = [
      this.#awaiting.filter(({ count }) => count <= this.#inFlight),
      this.#awaiting.filter(({ count }) => count > this.#inFlight),
    ];
    this.#awaiting = others;
    for (const { resolve } of reached) resolve();
  }

  #unscripted({ method, url }: ScriptedRequest): Error {
    const patterns = this.#routes.map(({ pattern }) => pattern).reverse();
    const known = patterns.length === 0 ? 'nothing' : patterns.slice(0, NAMED).join(', ');
    const more = patterns.length > NAMED ? `, and ${patterns.length - NAMED} more` : '';
    return new Error(`no answer is scripted for ${method} ${url}; the script has ${known}${more}`);
  }
}

function matcherOf(wanted: string | URL | RegExp): (url: URL) => boolean {
  // Not test(): that of an expression with the flag g goes on where it has left off.
  if (wanted instanceof RegExp) return (url) => url.href.search(wanted) !== -1;
  const { href } = withoutFragment(prepareURL(wanted, undefined).url);
  return (url) => url.href === href;
}

/** No request has one. */
function withoutFragment(url: URL): URL {
  const bare = new URL(url);
  bare.hash = '';
  return bare;
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    work.then(resolve, reject);
  });
}
