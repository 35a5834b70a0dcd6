import type { Retry } from '../../src/index.js';
import { Gate } from './gate.js';

/** A job that says itself what becomes of it. */
export interface ScriptedJob {
  readonly url: string;
  /** Thrown in place of an answer; by the first so many attempts alone. @default all */
  readonly failure?: { readonly thrown: unknown; readonly times?: number | undefined };
  /**
   * When it is answered: in the call itself, in a microtask, in a later turn of the event loop, or
   * when the test opens the gate. @default 'soon'
   */
  readonly when?: 'now' | 'soon' | 'later' | Gate;
  /** Whether its session takes no notice of the pool's signal. */
  readonly isDeaf?: boolean;
  readonly retry?: Retry;
  readonly priority?: number;
  readonly signal?: AbortSignal;
  readonly context?: unknown;
}

export interface ScriptedAnswer {
  readonly url: string;
  /** The session's number. */
  readonly by: number;
}

/** A job that fails with what is given, if only undefined, else with an error. */
export function failing(url: string, ...thrown: [unknown?]): ScriptedJob {
  return { url, failure: { thrown: thrown.length > 0 ? thrown[0] : new Error(`no ${url}`) } };
}

/** A job whose first attempts fail, and that is tried again at once. */
export function flaky(url: string, times = 1): ScriptedJob {
  const thrown = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  return { url, failure: { thrown, times }, retry: { backoffBase: 0 } };
}

/** `count` jobs of which one is as good as the other. */
export function jobs(count: number, fields: Omit<ScriptedJob, 'url'> = {}): ScriptedJob[] {
  return Array.from({ length: count }, (_, i) => ({ url: `job ${i}`, ...fields }));
}

/** The same, of which every other one fails. */
export function mixedJobs(count: number): ScriptedJob[] {
  return jobs(count).map((job, i) => (i % 2 === 0 ? job : failing(job.url)));
}

const NEVER = new Gate();

/** `count` jobs that are not answered unless they are aborted. */
export function hanging(count: number): ScriptedJob[] {
  return jobs(count, { when: NEVER });
}

/** Lets everything run that can run without a timer or the network. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** All that an iterator gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The sessions of one test, and what they did. */
export class Script {
  readonly sessions: ScriptedSession[] = [];
  /** The jobs, in the order in which they came. */
  readonly requests: ScriptedJob[] = [];
  inFlight = 0;
  maxInFlight = 0;
  /** The most that were in flight at a time of each origin. */
  readonly maxInFlightOf = new Map<string, number>();
  readonly #inFlightOf = new Map<string, number>();
  /** What a session must not live to see: a close while it works, one after another. */
  readonly mishaps: string[] = [];

  /** What a pool takes for its option `session`. */
  readonly session = (): ScriptedSession => new ScriptedSession(this);

  /** How often each session was closed. */
  get closed(): number[] {
    return this.sessions.map(({ closed }) => closed);
  }

  /** Whether each session was closed after the last request of all. */
  get isClosed(): boolean {
    return this.sessions.every(({ isOpen }) => !isOpen);
  }

  /** A pool opens its sessions together: any request may use any of them. */
  began(job: ScriptedJob): void {
    this.requests.push(job);
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    const origin = originOf(job);
    const inFlight = (this.#inFlightOf.get(origin) ?? 0) + 1;
    this.#inFlightOf.set(origin, inFlight);
    this.maxInFlightOf.set(origin, Math.max(inFlight, this.maxInFlightOf.get(origin) ?? 0));
    for (const session of this.sessions) session.isOpen = true;
  }

  ended(job: ScriptedJob): void {
    this.inFlight--;
    const origin = originOf(job);
    this.#inFlightOf.set(origin, (this.#inFlightOf.get(origin) ?? 0) - 1);
  }

  /** How often a job was sent. */
  attemptsOf(job: ScriptedJob): number {
    return this.requests.filter((request) => request === job).length;
  }
}

/** Answers, fails and waits as its jobs say. */
export class ScriptedSession {
  readonly number: number;
  closed = 0;
  isOpen = true;
  readonly #script: Script;
  #inFlight = 0;

  constructor(script: Script) {
    this.#script = script;
    this.number = script.sessions.push(this) - 1;
  }

  request(
    job: ScriptedJob,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): ScriptedAnswer | Promise<ScriptedAnswer> {
    this.#script.began(job);
    if (++this.#inFlight > 1) this.#script.mishaps.push(`${this.number}: two jobs at a time`);
    if (job.when === 'now') return this.#answer(job);
    return this.#wait(job, signal).then(
      () => this.#answer(job),
      (reason) => {
        this.#end(job);
        throw reason;
      },
    );
  }

  close(): void {
    this.closed++;
    if (this.#inFlight > 0) this.#script.mishaps.push(`${this.number}: closed while it works`);
    if (!this.isOpen) this.#script.mishaps.push(`${this.number}: closed twice`);
    this.isOpen = false;
  }

  async #wait({ when, isDeaf }: ScriptedJob, signal: AbortSignal | undefined): Promise<void> {
    const waiting = this.#until(when);
    if (signal === undefined || isDeaf) return waiting;
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      void waiting.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  async #until(when: ScriptedJob['when']): Promise<void> {
    if (when === 'later') await new Promise((resolve) => setImmediate(resolve));
    else if (typeof when === 'object') await when.opened;
  }

  #answer(job: ScriptedJob): ScriptedAnswer {
    this.#end(job);
    const { url, failure } = job;
    if (failure !== undefined && this.#script.attemptsOf(job) <= (failure.times ?? Infinity))
      throw failure.thrown;
    return { url, by: this.number };
  }

  #end(job: ScriptedJob): void {
    this.#inFlight--;
    this.#script.ended(job);
  }
}

function originOf({ url }: ScriptedJob): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}
