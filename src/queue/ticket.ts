import type { AsyncResource } from 'node:async_hooks';
import type { JobMessage } from '../channels.js';
import { AbortError, type Phase } from '../errors.js';
import type { RequestContext } from '../http/request-context.js';
import type { RetryPolicy } from '../retry/retry-policy.js';
import type { Link } from '../ring.js';

/** The two ends of `submit()`'s promise. */
export interface Submission {
  resolve(response: unknown): void;
  reject(exception: unknown): void;
}

/** What jobs have in common that one session is to run. */
export type Key = string | number;

/** A job that was taken, and owes its outcome. */
export class Ticket<J> {
  readonly job: J;
  /** Unique among those of a scheduler; of one from the source its place there, else negative. */
  readonly id: number;
  /** Its place among all that were taken. */
  readonly order: number;
  /** Whom its outcome goes to, if not to the readers. */
  readonly submission: Submission | undefined;
  /** How often it was sent. */
  attempts = 0;
  /** When it was sent last, by `performance.now()`. */
  sentAt = 0;
  /** How many milliseconds it waited before it was sent last; 0 if it was sent as it was taken. */
  queued = 0;
  /** Since when it waits, or did last, by `performance.now()`. */
  waitsSince: number | undefined;
  /** What it has in common with others that are to be run where it is. */
  key: Key | undefined;
  /** Takes back what listens to the job's signal. */
  unlisten: (() => void) | undefined;
  /** Its place among those that have no outcome yet. */
  link: Link<Ticket<J>> | undefined;
  /** Lets the worker go that waits for the decision. */
  release: (() => void) | undefined;
  /** The one that runs it, or ran it last. */
  session: unknown;
  /** Whether a session has it. */
  isInFlight = false;
  /** Whether one ever had it. */
  hasStarted = false;
  /** What its attempts run in, once somebody listens who may have bound something to it. */
  scope: AsyncResource | undefined;
  /** What is published of it, once somebody listens. */
  message: JobMessage | undefined;
  /** Of the worker that has it, or had it last. */
  context: RequestContext | undefined;
  /** Decides whether it is sent again. */
  policy: RetryPolicy | undefined;
  /** Ends it early, if the job has one. */
  readonly signal: AbortSignal | undefined;
  /** @default 0 */
  readonly priority: number;
  /** Whether the job says how urgent it is. */
  readonly hasPriority: boolean;
  readonly #url: unknown;
  #origin: string | undefined | null = null;

  constructor(job: J, id: number, order: number, submission?: Submission) {
    this.job = job;
    this.id = id;
    this.order = order;
    this.submission = submission;
    const { url, priority, signal } = readFields(job);
    this.#url = url;
    this.hasPriority = priority !== undefined;
    this.priority = toPriority(priority);
    this.signal = signal;
  }

  /** The job's place in the source, from 0; -1 if it was submitted. */
  get index(): number {
    return Math.max(this.id, -1);
  }

  /** Where it is: if the session that has it does not tell, it is taken to have been sent. */
  get phase(): Phase {
    if (!this.isInFlight) return 'queued';
    return this.release === undefined ? (this.context?.phase ?? 'firstByte') : 'response';
  }

  /** Where the job goes, as far as that can be told before. */
  get origin(): string | undefined {
    if (this.#origin === null) this.#origin = originOf(this.#url);
    return this.#origin;
  }
}

/** What is looked at before a job is sent, if it has it. */
interface Fields {
  readonly url?: unknown;
  readonly priority?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** A job may be anything. What it throws now, it will throw to its session, which makes it the outcome. */
function readFields(job: unknown): Fields {
  try {
    const { url, priority, signal } = Object(job) as Record<keyof Fields, unknown>;
    return { url, priority, signal: isSignal(signal) ? signal : undefined };
  } catch {
    return {};
  }
}

/** What only looks like one throws when it is asked whether it was aborted. */
function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal && typeof value.aborted === 'boolean';
}

function toPriority(priority: unknown): number {
  return typeof priority === 'number' && !Number.isNaN(priority) ? priority : 0;
}

/** 0 for a job that says nothing, or nothing that can be compared. */
export function priorityOf(job: unknown): number {
  return toPriority(readFields(job).priority);
}

/** What a job ends in whose own signal was aborted before its session could say so. */
export function abortedBySignal(phase: Phase, reason: unknown): AbortError {
  return new AbortError('the job was aborted by its signal', { phase, cause: reason });
}

/** The origin that was told last, and what a URL of it begins with: most jobs go where one did before. */
let known: { readonly origin: string; readonly prefix: string } | undefined;

/** Undefined for what is no absolute http URL. */
export function originOf(url: unknown): string | undefined {
  if (typeof url !== 'string' && !(url instanceof URL)) return undefined;
  if (typeof url === 'string' && known !== undefined && url.startsWith(known.prefix))
    return known.origin;
  try {
    const { protocol, origin } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') return undefined;
    known = { origin, prefix: `${origin}/` };
    return origin;
  } catch {
    return undefined;
  }
}
