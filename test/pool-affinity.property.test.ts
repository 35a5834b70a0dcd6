import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JobSource, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { quiet } from './helpers/scripted-session.js';

const RETRIES = 2;

interface JobPlan {
  readonly key: number | undefined;
  readonly origin: number;
  readonly priority: number | undefined;
  /** How many of its attempts fail. */
  readonly failures: number;
}

interface Plan {
  readonly jobs: readonly JobPlan[];
  readonly workers: number;
  readonly lookAhead: number;
  readonly concurrency: number | undefined;
  readonly source: 'generator' | 'asyncGenerator' | 'custom' | 'submit';
  readonly isOrdered: boolean;
  readonly highWaterMark: number | undefined;
  /** Which of those in flight is answered next, whenever all else has come to rest. */
  readonly answers: readonly number[];
}

interface Task extends JobPlan {
  readonly url: string;
  gate: Gate;
  /** Where it is, as far as can be seen from outside. */
  state: 'in the source' | 'waiting' | 'in flight' | 'to be retried' | 'done';
  attempts: number;
}

interface KeyedSession {
  request(task: Task): Promise<number>;
}

/** Plays a plan, and looks whenever nothing moves whether it is right that nothing does. */
class Play {
  /** The session that ran the first job of a key. */
  readonly homes = new Map<number, number>();
  readonly #plan: Plan;
  readonly #tasks: readonly Task[];
  readonly #busy = new Map<number, Task>();
  #sessions = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#tasks = plan.jobs.map((job, i) => ({
      ...job,
      url: `http://origin-${job.origin}.test/${i}`,
      gate: new Gate(),
      state: 'in the source',
      attempts: 0,
    }));
  }

  async run(): Promise<void> {
    const { workers, lookAhead, concurrency, source, highWaterMark, isOrdered } = this.#plan;
    const pool = new Pool({
      session: () => this.#session(),
      ...(source === 'submit' ? {} : { jobQueue: this.#source(source) }),
      numProcesses: workers,
      affinity: ({ key }) => key,
      lookAhead,
      highWaterMark,
      perOrigin: { concurrency },
      retry: {
        backoffBase: 0,
        shouldRetry: ({ exception, attempts }) => exception !== undefined && attempts <= RETRIES,
      },
    });
    const submitted =
      source === 'submit' ? this.#tasks.map((task) => this.#submit(pool, task)) : [];
    let count = 0;
    const reading = (async () => {
      for await (const { index } of pool.outcomes({ ordered: isOrdered })) {
        if (isOrdered) expect(index).toBe(count);
        count++;
      }
    })();
    await this.#answerAll();
    await Promise.all(submitted);
    await pool.close();
    await reading;
    expect(count).toBe(source === 'submit' ? 0 : this.#tasks.length);
  }

  #submit(pool: Pool<KeyedSession>, task: Task): Promise<unknown> {
    task.state = 'waiting';
    return pool.submit(task).catch(() => {});
  }

  #session(): KeyedSession {
    const number = this.#sessions++;
    return { request: (task: Task) => this.#request(task, number) };
  }

  async #request(task: Task, by: number): Promise<number> {
    expect(this.#busy.has(by)).toBe(false);
    if (task.key !== undefined) {
      expect(this.homes.get(task.key) ?? by).toBe(by);
      this.homes.set(task.key, by);
      if (task.attempts === 0) this.#checkOrder(task);
    }
    this.#busy.set(by, task);
    task.state = 'in flight';
    task.attempts++;
    expect(this.#inFlightOf(task)).toBeLessThanOrEqual(this.#plan.concurrency ?? Infinity);
    await task.gate.opened;
    this.#busy.delete(by);
    task.gate = new Gate();
    const fails = task.attempts <= task.failures;
    task.state = fails && task.attempts <= RETRIES ? 'to be retried' : 'done';
    if (fails) throw new Error(task.url);
    return by;
  }

  /** No older one of its key and origin has been passed by. */
  #checkOrder(task: Task): void {
    const older = this.#tasks.slice(0, this.#tasks.indexOf(task));
    for (const { key, origin, priority = 0, state, url } of older)
      if (key === task.key && origin === task.origin && priority === (task.priority ?? 0))
        expect(`${url} is ${state}`).not.toBe(`${url} is waiting`);
  }

  #inFlightOf({ origin }: Task): number {
    return [...this.#busy.values()].filter((task) => task.origin === origin).length;
  }

  async #answerAll(): Promise<void> {
    const { answers } = this.#plan;
    for (let i = 0; ; i++) {
      await quiet();
      while (this.#busy.size === 0 && this.#tasks.some(({ state }) => state === 'to be retried'))
        await new Promise((resolve) => setTimeout(resolve, 1));
      this.#check();
      if (this.#busy.size === 0) return;
      const running = [...this.#busy.values()];
      running[(answers[i % answers.length] ?? 0) % running.length]?.gate.open();
    }
  }

  /** No worker is idle for which there is a job, or might be within the window. */
  #check(): void {
    const waiting = this.#tasks.filter(({ state }) => state === 'waiting');
    for (let slot = 0; slot < this.#plan.workers; slot++)
      if (!this.#busy.has(slot)) {
        const missed = waiting.filter((task) => this.#mayGo(task, slot));
        expect(missed.map(({ url }) => `${url} waits for idle ${slot}`)).toEqual([]);
      }
    if (this.#busy.size < this.#plan.workers && this.#plan.highWaterMark === undefined)
      this.#checkWindow();
  }

  #mayGo(task: Task, slot: number): boolean {
    const home = task.key === undefined ? undefined : this.homes.get(task.key);
    return (
      (home === undefined || home === slot) &&
      this.#inFlightOf(task) < (this.#plan.concurrency ?? Infinity)
    );
  }

  #checkWindow(): void {
    const count = (...states: Task['state'][]) =>
      this.#tasks.filter(({ state }) => states.includes(state)).length;
    if (count('in the source') > 0)
      expect(count('waiting', 'to be retried')).toBeGreaterThanOrEqual(this.#plan.lookAhead);
  }

  #take(task: Task): Task {
    task.state = 'waiting';
    return task;
  }

  #source(
    kind: Exclude<Plan['source'], 'submit'>,
  ): Iterable<Task> | AsyncIterable<Task> | JobSource<Task> {
    if (kind === 'generator') return this.#generate();
    if (kind === 'asyncGenerator') return this.#generateLater();
    const pending = this.#tasks.values();
    return {
      get: async () => {
        const { value, done } = pending.next();
        return done ? undefined : this.#take(value);
      },
    };
  }

  *#generate(): Generator<Task> {
    for (const task of this.#tasks) yield this.#take(task);
  }

  async *#generateLater(): AsyncGenerator<Task> {
    for (const task of this.#tasks) yield this.#take(task);
  }
}

const plans: fc.Arbitrary<Plan> = fc.record({
  jobs: fc.array(
    fc.record<JobPlan>({
      key: fc.option(fc.nat(4), { nil: undefined }),
      origin: fc.nat(2),
      priority: fc.constantFrom(undefined, undefined, undefined, 1, 2),
      failures: fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
    }),
    { maxLength: 24, size: 'max' },
  ),
  workers: fc.integer({ min: 1, max: 5 }),
  lookAhead: fc.constantFrom(1, 2, 3, 5, 1000),
  concurrency: fc.constantFrom(undefined, undefined, 1, 2),
  source: fc.constantFrom('generator', 'asyncGenerator', 'custom', 'submit'),
  isOrdered: fc.boolean(),
  highWaterMark: fc.constantFrom(undefined, undefined, 1, 3),
  answers: fc.array(fc.nat(10), { minLength: 1, maxLength: 10 }),
});

test('a key stays with one session, no job is lost, and no session is idle for which there is one', {
  timeout: 60_000,
}, async () => {
  const property = fc.asyncProperty(plans, (plan) => new Play(plan).run());
  const limits = { timeout: 5_000, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true };
  await fc.assert(property, { numRuns: 300, ...limits });
});
