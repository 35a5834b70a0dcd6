import assert from 'node:assert/strict';
import type { Awaitable } from '../awaitable.js';
import { type Jobs, toJobSource } from '../queue/iterable-source.js';
import type { JobSource } from '../queue/job-source.js';
import { type Outcome, ThreadResponse } from '../queue/outcomes.js';

/** What a conformance suite has to know of a source. */
export interface ConformanceOptions<J, S = Jobs<J>> {
  /** Makes the job number `n`. @default a `Job` with a URL of its own */
  job?: (n: number) => J;
  /** What tells a job from others, also where a source makes new objects. @default its `url` */
  keyOf?: (job: J) => string;
  /** Whether jobs come in the order in which they were given. @default true */
  keepsOrder?: boolean;
  /** Whether a `get()` whose signal is aborted gives undefined, and hands nothing out. @default true */
  heedsSignal?: boolean;
  /** Whether it ends when its jobs are done; if not, `close` is called first. @default true */
  endsByItself?: boolean;
  /** Puts one more job, where that can be done. A `get()` that waits is then given it. */
  put?: (source: S, job: J) => Awaitable<void>;
  /** Says that no more will be put. What is there can still be taken. */
  close?: (source: S) => Awaitable<void>;
  /**
   * Opens anew what the source works on, as the next process would after a crash. With it the
   * source must be durable: jobs that were told no outcome are handed out again, no others.
   */
  reopen?: (source: S) => Awaitable<S>;
  /** How long anything may take, in milliseconds. @default 1000 */
  timeout?: number;
}

/** A source under test, the jobs that it was given, and ways to use it that end in time. */
export class SourceTrial<J> {
  readonly jobs: readonly J[];
  readonly options: ConformanceOptions<J>;
  readonly source: JobSource<J>;
  readonly #made: Jobs<J>;
  #isClosed = false;

  /** @param made the source, or what is made into one */
  constructor(made: Jobs<J>, jobs: readonly J[], options: ConformanceOptions<J>) {
    this.#made = made;
    this.jobs = jobs;
    this.options = options;
    this.source = toJobSource(made, 'the source');
  }

  keyOf(job: J): string {
    const { keyOf = (each: J) => String((each as { url?: unknown }).url) } = this.options;
    return keyOf(job);
  }

  /** Rejects with an AssertionError if it takes longer than it may. Nobody has to look at it. */
  within<T>(work: Awaitable<T>, what: string): Promise<T> {
    const bounded = this.#bound(work, what);
    bounded.catch(() => {});
    return bounded;
  }

  async #bound<T>(work: Awaitable<T>, what: string): Promise<T> {
    const { timeout = 1000 } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new assert.AssertionError({ message: `${what} within ${timeout} ms` });
      timer = setTimeout(reject, timeout, error);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  get(signal?: AbortSignal): Promise<J | undefined> {
    const asked = this.source.get(signal === undefined ? {} : { signal });
    return this.within(asked, 'get() has not given a job or undefined');
  }

  /** Takes so many; a source that gives fewer fails. */
  async take(count: number): Promise<J[]> {
    const taken: J[] = [];
    while (taken.length < count) {
      const job = await this.get();
      if (job === undefined) assert.fail(`it ended after ${taken.length} of ${count} jobs`);
      taken.push(job);
    }
    return taken;
  }

  /** Tells what became of a job. */
  tell(job: J, outcome: Outcome<J> | undefined): Promise<void> {
    return this.within(this.source.done?.(job, outcome), 'done() has not resolved');
  }

  /** Tells that each has got its response. */
  async finish(...jobs: J[]): Promise<void> {
    for (const job of jobs) await this.tell(job, new ThreadResponse(job, {}));
  }

  /** Takes and finishes what there is, until the end, with several getters. @returns the jobs' keys */
  async drain(getters = 1): Promise<string[]> {
    const taken: J[] = [];
    const work = async () => {
      for (let job = await this.get(); job !== undefined; job = await this.get()) {
        taken.push(job);
        this.checkBound(taken.length);
        await this.finish(job);
      }
    };
    await this.end();
    await Promise.all(Array.from({ length: getters }, work));
    return this.keys(taken);
  }

  /** From here on the source has to end. */
  async end(): Promise<void> {
    if (this.options.endsByItself !== false || this.#isClosed) return;
    await this.close();
  }

  /** Puts one job more. @returns it */
  async put(): Promise<J> {
    const job = makeJob(this.jobs.length, this.options);
    await this.within(this.options.put?.(this.#made, job), 'put() has not resolved');
    return job;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.within(this.options.close?.(this.#made), 'close() has not resolved');
  }

  /** What the next process would have. */
  async reopen(): Promise<SourceTrial<J>> {
    const made = await this.within(this.options.reopen?.(this.#made), 'reopen() has not resolved');
    return new SourceTrial(made as Jobs<J>, this.jobs, this.options);
  }

  /** @throws AssertionError if a source that has handed out so many jobs is not likely to end */
  checkBound(count: number): void {
    assert(count <= 10 * this.jobs.length + 10, 'it hands out jobs without an end');
  }

  keys(jobs: readonly J[]): string[] {
    return jobs.map((job) => this.keyOf(job));
  }

  /** @param got the keys of what was handed out @param expected each of these once */
  checkOnce(got: readonly string[], expected: readonly string[] = this.keys(this.jobs)): void {
    const lost = expected.filter((key) => !got.includes(key));
    const strange = got.filter((key) => !expected.includes(key));
    const again = got.filter((key, i) => expected.includes(key) && got.indexOf(key) !== i);
    const flaws = [
      ['lost', lost],
      ['handed out twice', again],
      ['not to be handed out', strange],
    ] as const;
    const found = flaws.filter(([, keys]) => keys.length > 0);
    assert(
      found.length === 0,
      found.map(([flaw, keys]) => `${flaw}: ${[...new Set(keys)].join(', ')}`).join('; '),
    );
  }
}

/** The job number `n`, from 0. */
export function makeJob<J>(n: number, { job }: Pick<ConformanceOptions<J>, 'job'>): J {
  return job === undefined ? ({ url: `https://jobs.example/${n}` } as J) : job(n);
}

/** Lets all run that can run without a timer or the network. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
