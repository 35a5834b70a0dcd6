import assert from 'node:assert/strict';
import { Pool } from '../pool.js';
import type { Outcome } from '../queue/outcomes.js';
import type { SessionLike } from '../session-like.js';
import type { Check } from './source-checks.js';
import { type ConformanceOptions, quiet, type SourceTrial } from './source-trial.js';
import { WatchedSource } from './watched-source.js';

/** What is asked of a source that a pool of three workers takes its jobs from. */
export function poolChecks<J>({ reopen }: ConformanceOptions<J>): Check<J>[] {
  const checks: Check<J>[] = [
    {
      name: 'gives a pool each job once, and is told of it when it is read',
      count: 7,
      run: isRead,
    },
    { name: 'lets a pool be settled that nobody reads', count: 5, run: isJoined },
    { name: 'is told no outcome by a reader that breaks off', count: 5, run: isBrokenOff },
    { name: 'keeps what a pool has not taken that is closed', count: 8, run: isClosed },
    { name: 'keeps what a pool has not taken that is aborted', count: 8, run: isAborted },
  ];
  if (reopen)
    checks.push({ name: 'hands out again what a reader broke off at', count: 4, run: isReadAgain });
  return checks;
}

/** A pool over a source. Its sessions answer when they may, and every third request fails. */
class PoolTrial<J> {
  readonly watched: WatchedSource<J>;
  readonly pool: Pool<SessionLike<J>>;
  readonly #trial: SourceTrial<J>;
  #answer!: () => void;
  readonly #mayAnswer = new Promise<void>((resolve) => {
    this.#answer = resolve;
  });

  constructor(trial: SourceTrial<J>) {
    this.#trial = trial;
    this.watched = new WatchedSource(trial.source, (count) => trial.checkBound(count));
    let asked = 0;
    const request = async (job: J): Promise<unknown> => {
      const n = asked++;
      await this.#mayAnswer;
      if (n % 3 === 2) throw new Error('the session fails');
      return { key: trial.keyOf(job) };
    };
    this.pool = new Pool({
      jobQueue: this.watched,
      session: (): SessionLike<J> => ({ request }),
      numProcesses: 3,
    });
  }

  /** Reads until the pool is finished, or until `isEnough`. */
  async read(isEnough: (outcome: Outcome<J>) => boolean = () => false): Promise<void> {
    this.#answer();
    await this.#trial.end();
    const reading = async () => {
      for await (const outcome of this.pool) if (isEnough(outcome)) break;
    };
    await this.#trial.within(reading(), 'the pool is not finished');
  }

  async join(): Promise<void> {
    this.#answer();
    await this.#trial.end();
    await this.#trial.within(this.pool.joinAll(), 'the pool is not settled');
  }

  async close(): Promise<void> {
    this.#answer();
    await this.#trial.within(this.pool.close(), 'the pool is not closed');
  }

  get taken(): string[] {
    return this.#trial.keys(this.watched.taken);
  }

  get told(): string[] {
    return this.#trial.keys(this.watched.told.map(([job]) => job));
  }
}

async function isRead<J>(trial: SourceTrial<J>): Promise<void> {
  const run = new PoolTrial(trial);
  const read: Outcome<J>[] = [];
  await run.read((outcome) => {
    assert.equal(
      run.watched.told.length,
      read.length,
      'done() was told before the reader was done',
    );
    read.push(outcome);
    return false;
  });
  trial.checkOnce(trial.keys(read.map(({ requestKwargs }) => requestKwargs)));
  trial.checkOnce(run.told);
  for (const [i, [job, outcome]] of run.watched.told.entries())
    assert(outcome === read[i] && job === outcome?.requestKwargs, 'done() was told of another job');
}

/** Whoever waits until jobs are done, and has no size, is waited for by the pool. */
async function isJoined<J>(trial: SourceTrial<J>): Promise<void> {
  const { done, size } = trial.source;
  const run = new PoolTrial(trial);
  if (done === undefined || size !== undefined) await run.join();
  await run.read();
  trial.checkOnce(run.told);
}

async function isBrokenOff<J>(trial: SourceTrial<J>): Promise<void> {
  const run = new PoolTrial(trial);
  let count = 0;
  await run.read(() => ++count === 2);
  assert.equal(run.watched.told.length, 2);
  assert.equal(run.watched.told[1]?.[1], undefined, 'done() was told an outcome that was not read');
  await run.read();
  const untold = trial.keyOf(run.watched.told[1]?.[0] as J);
  trial.checkOnce(run.told.filter((key, i) => key !== untold || i === 1));
}

async function isClosed<J>(trial: SourceTrial<J>): Promise<void> {
  const run = new PoolTrial(trial);
  await quiet();
  await run.close();
  await checkRest(trial, run);
}

/** While its sessions are at work. */
async function isAborted<J>(trial: SourceTrial<J>): Promise<void> {
  const run = new PoolTrial(trial);
  await quiet();
  run.pool.abort(new Error('enough'));
  await checkRest(trial, run);
}

/** A source with `return()` has nothing to give after it, but for one that can be opened again. */
async function checkRest<J>(trial: SourceTrial<J>, run: PoolTrial<J>): Promise<void> {
  await run.read();
  trial.checkOnce(run.told, run.taken);
  if (trial.source.return !== undefined && trial.options.reopen === undefined) return;
  const rest = trial.options.reopen === undefined ? trial : await trial.reopen();
  trial.checkOnce([...run.taken, ...(await rest.drain())]);
}

async function isReadAgain<J>(trial: SourceTrial<J>): Promise<void> {
  const run = new PoolTrial(trial);
  const read: J[] = [];
  await run.read(({ requestKwargs }) => read.push(requestKwargs) === 3);
  await run.close();
  const next = await trial.reopen();
  const consumed = trial.keys(read.slice(0, 2));
  next.checkOnce(
    await next.drain(),
    trial.keys(trial.jobs).filter((key) => !consumed.includes(key)),
  );
}
