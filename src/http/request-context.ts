import { setMaxListeners } from 'node:events';
import { AbortError, type Phase } from '../errors.js';
import type { RequestMessage } from '../message.js';
import type { Abortable } from './abortable.js';

/** What whoever runs a job has to say of it, beside the job itself. */
export interface RequestOptions {
  /**
   * Ends the request at once when it is aborted, as the job's own does; but a pool's leaves a streamed
   * body, once it was handed over, to its reader.
   */
  readonly signal?: AbortSignal | undefined;
  /** For jobs that do not say it themselves. @default false */
  readonly raiseForStatus?: boolean | undefined;
  /** How long the job has waited for this attempt, in milliseconds. @default 0 */
  readonly queued?: number | undefined;
  /** False if the job's `retry` is honoured by whoever runs it, as by a pool. */
  readonly retry?: false | undefined;
}

/** What a request waits for that is not to be sent yet. */
export interface Turn {
  readonly granted: Promise<void>;
  /** It is not waited for any longer: `granted` resolves. */
  cancel(): void;
}

/** May have a request wait for its turn. */
export type Admit = (url: URL) => Turn | undefined;

type RequestContextOptions = Partial<Pick<RequestContext, 'raiseForStatus' | 'admit'>>;

/**
 * What a pool says of the jobs that one of its workers runs, one after the other: it ends what is
 * under way, and every later request as it begins. A signal would be listened to anew for each of
 * them; this costs a request next to nothing.
 */
export class RequestContext implements RequestOptions {
  readonly retry = false;
  readonly raiseForStatus: boolean | undefined;
  /** Asked before each request of a job beyond its first: may have it wait for its turn. */
  readonly admit: Admit | undefined;
  /** Set before each attempt. */
  queued = 0;
  /** For sessions that know of signals alone; it stays the same from job to job. */
  declare readonly signal: AbortSignal;
  /** The request under way: there is one, unless a session makes several for a job. */
  #watch: RequestWatch | undefined;
  readonly #others = new Set<RequestWatch>();
  #aborted: { readonly reason: unknown } | undefined;
  /** Made when somebody asks for its signal. */
  #controller: AbortController | undefined;

  constructor({ raiseForStatus, admit }: RequestContextOptions = {}) {
    this.raiseForStatus = raiseForStatus;
    this.admit = admit;
    // Its own, so that a copy of it has it too.
    Object.defineProperty(this, 'signal', { enumerable: true, get: () => this.#signal() });
  }

  /** To be told when the request is done. */
  begin(): RequestWatch {
    const watch = new RequestWatch(this);
    if (this.#watch === undefined) this.#watch = watch;
    else this.#others.add(watch);
    return watch;
  }

  end(watch: RequestWatch): void {
    if (this.#watch === watch) this.#watch = undefined;
    else this.#others.delete(watch);
  }

  /** Ends what is under way with an `AbortError`, now. @param reason that error's `cause` */
  abort(reason: unknown): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = { reason };
    for (const watch of [this.#watch, ...this.#others]) watch?.abort(reason);
    this.#controller?.abort(reason);
  }

  /** @throws AbortError if it is aborted already */
  check(request: RequestMessage, phase: Phase): void {
    if (this.#aborted !== undefined) throw abortError(request, phase, this.#aborted.reason);
  }

  /** Where the request under way is, if there is one. */
  get phase(): Phase | undefined {
    return this.#watch?.phase;
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      // As many jobs as a worker has; fetch for one takes its listener back when it is collected.
      setMaxListeners(0, this.#controller.signal);
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }
}

/** One request that a context can end, and the step that it is at. */
export class RequestWatch {
  readonly #context: RequestContext;
  #step: Abortable | undefined;
  /** The one that the step is for. */
  #request: RequestMessage | undefined;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get phase(): Phase {
    return this.#step?.phase ?? 'prepare';
  }

  /** In place of the step before it. @throws AbortError if the context is aborted already */
  watch(step: Abortable, request: RequestMessage): void {
    this.#context.check(request, this.phase);
    this.#step = step;
    this.#request = request;
  }

  /** The request is done. */
  done(): void {
    this.#context.end(this);
  }

  abort(reason: unknown): void {
    this.#step?.abort(abortError(this.#request as RequestMessage, this.phase, reason));
  }
}

function abortError(request: RequestMessage, phase: Phase, cause: unknown): AbortError {
  const message = `${request.method} ${request.url}: aborted by its pool`;
  return new AbortError(message, { phase, request, cause });
}
