import type { Gate } from './gate.js';

/** A job that says itself what becomes of it. */
export interface ScriptedJob {
  readonly url: string;
  /** Thrown in place of an answer. */
  readonly failure?: { readonly thrown: unknown };
  /**
   * When it is answered: in the call itself, in a microtask, in a later turn of the event loop, or
   * when the test opens the gate. @default 'soon'
   */
  readonly when?: 'now' | 'soon' | 'later' | Gate;
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

/** `count` jobs of which one is as good as the other. */
export function jobs(count: number, fields: Omit<ScriptedJob, 'url'> = {}): ScriptedJob[] {
  return Array.from({ length: count }, (_, i) => ({ url: `job ${i}`, ...fields }));
}

/** The same, of which every other one fails. */
export function mixedJobs(count: number): ScriptedJob[] {
  return jobs(count).map((job, i) => (i % 2 === 0 ? job : failing(job.url)));
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
    for (const session of this.sessions) session.isOpen = true;
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

  request(job: ScriptedJob): ScriptedAnswer | Promise<ScriptedAnswer> {
    this.#script.began(job);
    if (++this.#inFlight > 1) this.#script.mishaps.push(`${this.number}: two jobs at a time`);
    return job.when === 'now' ? this.#answer(job) : this.#wait(job).then(() => this.#answer(job));
  }

  close(): void {
    this.closed++;
    if (this.#inFlight > 0) this.#script.mishaps.push(`${this.number}: closed while it works`);
    if (!this.isOpen) this.#script.mishaps.push(`${this.number}: closed twice`);
    this.isOpen = false;
  }

  async #wait({ when }: ScriptedJob): Promise<void> {
    if (when === 'later') await new Promise((resolve) => setImmediate(resolve));
    else if (typeof when === 'object') await when.opened;
  }

  #answer({ url, failure }: ScriptedJob): ScriptedAnswer {
    this.#inFlight--;
    this.#script.inFlight--;
    if (failure !== undefined) throw failure.thrown;
    return { url, by: this.number };
  }
}
