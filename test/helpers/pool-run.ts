import {
  JobQueue,
  type JobSource,
  type Outcome,
  Pool,
  type PoolOptions,
  type RetryOptions,
} from '../../src/index.js';
import { Gate } from './gate.js';
import { quiet, Script, type ScriptedJob, type ScriptedSession } from './scripted-session.js';

/** A pool and all that happens to it; plain data, so that whoever draws it can print it. */
export interface Scenario {
  readonly jobs: readonly JobPlan[];
  readonly source: 'array' | 'set' | 'generator' | 'asyncGenerator' | 'jobQueue' | 'custom';
  /** The job in whose place the source breaks; of generators and the custom source. */
  readonly breakAt: number | undefined;
  /** The call of `done()` that fails; of the custom source. */
  readonly doneFails: { readonly at: number; readonly how: 'throws' | 'rejects' } | undefined;
  readonly workers: number;
  readonly initializer: 'none' | 'async' | 'rejects';
  readonly readers: readonly ReaderPlan[];
  readonly submits: readonly JobPlan[];
  /** After how many turns of the event loop the pool is closed. */
  readonly closeAfter: number | undefined;
  /** Whether somebody waits in joinAll() from the beginning, which lifts the high-water mark. */
  readonly joins: boolean;
  /** What else is done to the pool, each after so many turns. It is resumed in the end. */
  readonly acts: readonly { readonly after: number; readonly act: 'pause' | 'resume' | 'abort' }[];
  readonly limits: Limits;
  readonly retry: RetryPlan;
}

export type Limits = Pick<
  PoolOptions<ScriptedSession>,
  'rateLimit' | 'perOrigin' | 'affinity' | 'lookAhead' | 'highWaterMark' | 'raiseForStatus'
>;

export interface RetryPlan {
  readonly limit: number;
  /** In milliseconds. */
  readonly backoffBase: number;
  /** What `shouldRetry` does. */
  readonly hook: 'none' | 'retries' | 'refuses' | 'leaves' | 'later' | 'throws' | 'rejects';
  /** Whether a listener of the event throws. */
  readonly listenerThrows: boolean;
}

export interface JobPlan {
  /** Of `FAILURES`. */
  readonly failure: number | undefined;
  /** How many attempts fail. */
  readonly times: number | undefined;
  readonly origin: number;
  readonly priority: number | undefined;
  /** After how many turns its own signal is aborted. */
  readonly abortAfter: number | undefined;
  readonly isDeaf: boolean;
  readonly when: 'now' | 'soon' | 'later' | 'gate';
  /** How many jobs its reader puts; of the job queue. */
  readonly children: number;
}

export interface ReaderPlan {
  readonly reads: 'responses' | 'exceptions' | 'outcomes' | 'ordered' | 'get' | 'join';
  readonly start: 'before' | 'while' | 'after';
  /** After how many outcomes it breaks off. */
  readonly breakAfter: number | undefined;
}

const then = () => {
  throw new Error('taken apart');
};

export const FAILURES: readonly unknown[] = [
  new Error('no'),
  new TypeError('no'),
  'junk',
  0,
  null,
  undefined,
  Object.freeze({ then }),
  Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
];

const CHILD: Omit<JobPlan, 'failure'> = {
  times: undefined,
  when: 'soon',
  children: 0,
  origin: 0,
  priority: undefined,
  abortAfter: undefined,
  isDeaf: false,
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Plays a scenario, and keeps the books. */
export class PoolRun {
  readonly script = new Script();
  /** What breaks the source, an initializer, `done()`. */
  readonly broken = new Error('the source broke');
  readonly refused = new Error('no session');
  readonly unacknowledged = new Error('cannot acknowledge');
  /** What a hook and a listener of retries throw. */
  readonly thrown = new Error('a callback threw');
  /** What the pool, and a job's own signal, were aborted with. */
  readonly reason = new Error('enough');
  /** The jobs whose own signals were aborted. */
  readonly abortedJobs = new Set<ScriptedJob>();
  isAborted = false;
  /** What each reader in the jobs' order was given. */
  readonly orders: number[][] = [];
  /** What the source gave, where it can tell. */
  readonly taken: ScriptedJob[] = [];
  /** What was put into the job queue. */
  readonly put: ScriptedJob[] = [];
  readonly handedOut: Outcome<ScriptedJob>[] = [];
  /** What readers held when they broke off. */
  readonly brokenOff = new Set<unknown>();
  /** What `done()` was told. */
  readonly told: (readonly [ScriptedJob | undefined, Outcome<ScriptedJob> | undefined])[] = [];
  readonly submitted: { job: ScriptedJob; result: PromiseSettledResult<{ url: string }> }[] = [];
  /** What readers and joiners were thrown. */
  readonly failures: unknown[] = [];
  readonly queue: JobQueue<ScriptedJob> | undefined;
  readonly #pool: Pool<ScriptedSession>;
  readonly #scenario: Scenario;
  readonly #gates: Gate[] = [];
  #isOver = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const jobs = scenario.jobs.map((each, i) => this.#job(`job ${i}`, each));
    if (scenario.source === 'jobQueue') this.queue = this.#jobQueue(jobs);
    this.#pool = new Pool({
      jobQueue: this.queue ?? this.#source(jobs),
      session: this.script.session,
      numProcesses: scenario.workers,
      initializer: (session) => this.#initialize(session),
      ...scenario.limits,
      retry: this.#retry(scenario.retry),
    });
    if (scenario.retry.listenerThrows)
      this.#pool.on('retry', () => {
        throw this.thrown;
      });
  }

  /** Submits, reads, closes and joins, until nothing is left. */
  async play(): Promise<void> {
    const { readers, submits, closeAfter, joins, acts } = this.#scenario;
    const submitting = submits.map((each, i) => this.#submit(this.#job(`submitted ${i}`, each)));
    const opening = this.#openGates();
    const closing = closeAfter === undefined ? undefined : this.#closeAfter(closeAfter);
    const acting = this.#act(acts);
    const joining = joins ? this.#catching(this.#pool.joinAll()) : undefined;
    const reading = readers.map((reader) => this.#read(reader));
    await Promise.all([acting, joining, closing, ...reading]);
    await this.#catching(this.#loop(this.#pool));
    await Promise.all(submitting);
    this.#isOver = true;
    await opening;
    for (const gate of this.#gates) gate.open();
    await this.#catching(this.#pool.close());
    await quiet();
    // What the source handed out after a close.
    while (this.#get());
    await quiet();
  }

  #job(name: string, plan: JobPlan): ScriptedJob {
    const { failure, times, when, children, origin, priority, abortAfter, isDeaf } = plan;
    const gate = new Gate();
    if (when === 'gate') this.#gates.push(gate);
    const job: ScriptedJob = {
      url: `http://origin-${origin}/${encodeURIComponent(name)}`,
      when: when === 'gate' ? gate : when,
      isDeaf,
      context: { children },
      ...(failure === undefined ? {} : { failure: { thrown: FAILURES[failure], times } }),
      ...(priority === undefined ? {} : { priority }),
    };
    return abortAfter === undefined ? job : this.#aborting(job, abortAfter);
  }

  #aborting(job: ScriptedJob, turns: number): ScriptedJob {
    const controller = new AbortController();
    const aborting = { ...job, signal: controller.signal };
    const abort = () => {
      this.abortedJobs.add(aborting);
      controller.abort(this.reason);
    };
    if (turns === 0) abort();
    else void this.#turns(turns).then(abort);
    return aborting;
  }

  #retry({ limit, backoffBase, hook }: RetryPlan): RetryOptions {
    const hooks: Record<RetryPlan['hook'], RetryOptions['shouldRetry']> = {
      none: undefined,
      retries: () => true,
      refuses: () => false,
      leaves: () => undefined,
      later: ({ response }) => turn().then(() => response === undefined),
      throws: () => {
        throw this.thrown;
      },
      rejects: () => Promise.reject(this.thrown),
    };
    const shouldRetry = hooks[hook];
    return { limit, backoffBase, ...(shouldRetry && { shouldRetry }) };
  }

  async #act(acts: Scenario['acts']): Promise<void> {
    for (const { after, act } of acts) {
      await this.#turns(after);
      if (act === 'abort') this.isAborted = true;
      if (act === 'abort') this.#pool.abort(this.reason);
      else this.#pool[act]();
    }
    this.#pool.resume();
  }

  async #turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await turn();
  }

  /** The last gate first, one a turn, so that the answers come out of order. */
  async #openGates(): Promise<void> {
    while (!this.#isOver) {
      await turn();
      this.#gates.pop()?.open();
    }
  }

  async #closeAfter(turns: number): Promise<void> {
    await this.#turns(turns);
    await this.#catching(this.#pool.close());
  }

  async #submit(job: ScriptedJob): Promise<void> {
    const [result] = await Promise.allSettled([this.#pool.submit(job)]);
    this.submitted.push({ job, result });
  }

  async #read({ reads, start, breakAfter }: ReaderPlan): Promise<void> {
    if (start === 'while') await turn();
    if (start === 'after' || reads === 'join') await this.#catching(this.#pool.joinAll());
    if (reads === 'get') for (let i = 0; i < 20; i++) await turn().then(() => this.#get());
    else if (reads === 'ordered') await this.#readInOrder(breakAfter);
    else if (reads !== 'join') await this.#catching(this.#loop(this.#pool[reads](), breakAfter));
  }

  async #readInOrder(breakAfter: number | undefined): Promise<void> {
    const order: number[] = [];
    this.orders.push(order);
    const outcomes = this.#pool.outcomes({ ordered: true });
    await this.#catching(this.#loop(outcomes, breakAfter, ({ index }) => order.push(index)));
  }

  async #loop(
    outcomes: AsyncIterable<Outcome<ScriptedJob>>,
    breakAfter = 0,
    note: (outcome: Outcome<ScriptedJob>) => void = () => {},
  ): Promise<void> {
    let count = 0;
    for await (const outcome of outcomes) {
      note(outcome);
      this.#receive(outcome);
      if (++count === breakAfter) {
        this.brokenOff.add(outcome);
        break;
      }
    }
  }

  #get(): boolean {
    const outcome = this.#pool.getResponse() ?? this.#pool.getException();
    if (outcome !== undefined) this.#receive(outcome);
    return outcome !== undefined;
  }

  #receive(outcome: Outcome<ScriptedJob>): void {
    this.handedOut.push(outcome);
    const { url, context } = outcome.requestKwargs;
    const { children } = context as { children: number };
    for (let i = 0; i < children; i++)
      this.queue?.put(this.#job(`${url}.${i}`, { ...CHILD, failure: i }));
  }

  async #catching(work: Promise<unknown>): Promise<void> {
    await work.catch((error) => this.failures.push(error));
  }

  #initialize({ number }: ScriptedSession): undefined | Promise<undefined> {
    const { initializer, workers } = this.#scenario;
    if (initializer === 'none') return undefined;
    return turn().then(() => {
      if (initializer === 'rejects' && number === workers - 1) throw this.refused;
      return undefined;
    });
  }

  #jobQueue(jobs: readonly ScriptedJob[]): JobQueue<ScriptedJob> {
    const { put, told } = this;
    return new (class extends JobQueue<ScriptedJob> {
      override put(job: ScriptedJob): void {
        put.push(job);
        super.put(job);
      }
      override done(job?: ScriptedJob, outcome?: Outcome<ScriptedJob>): void {
        told.push([job, outcome]);
        super.done();
      }
    })(jobs);
  }

  #source(
    jobs: readonly ScriptedJob[],
  ): Iterable<ScriptedJob> | AsyncIterable<ScriptedJob> | JobSource<ScriptedJob> {
    const { source } = this.#scenario;
    if (source === 'array') return jobs;
    if (source === 'set') return new Set(jobs);
    if (source === 'generator') return this.#generate(jobs);
    if (source === 'asyncGenerator') return this.#generateLater(jobs);
    return this.#custom(jobs);
  }

  #give(job: ScriptedJob, i: number): ScriptedJob {
    if (i === this.#scenario.breakAt) throw this.broken;
    this.taken.push(job);
    return job;
  }

  *#generate(jobs: readonly ScriptedJob[]): Generator<ScriptedJob> {
    for (const [i, job] of jobs.entries()) yield this.#give(job, i);
  }

  async *#generateLater(jobs: readonly ScriptedJob[]): AsyncGenerator<ScriptedJob> {
    for (const [i, job] of jobs.entries()) {
      if (i % 3 === 1) await turn();
      yield this.#give(job, i);
    }
  }

  /** Gives one job at once, the next two later, and so on. */
  #custom(jobs: readonly ScriptedJob[]): JobSource<ScriptedJob> {
    const pending = jobs.entries();
    return {
      get: ({ signal }) => {
        const { done, value } = pending.next();
        if (done) return undefined;
        const [i, job] = value;
        if (i % 3 === 0) return this.#give(job, i);
        return turn().then(() => (signal?.aborted ? undefined : this.#give(job, i)));
      },
      done: (...told) => this.#done(told),
    };
  }

  #done(told: readonly [ScriptedJob, Outcome<ScriptedJob> | undefined]): void | Promise<void> {
    const { doneFails } = this.#scenario;
    if (this.told.push(told) - 1 !== doneFails?.at) return;
    if (doneFails.how === 'rejects') return Promise.reject(this.unacknowledged);
    throw this.unacknowledged;
  }
}
