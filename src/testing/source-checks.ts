import assert from 'node:assert/strict';
import { ThreadException, ThreadResponse } from '../queue/outcomes.js';
import { type ConformanceOptions, quiet, type SourceTrial } from './source-trial.js';

/** One thing that a source must do. */
export interface Check<J> {
  readonly name: string;
  /** How many jobs the source is given. */
  readonly count: number;
  run(trial: SourceTrial<J>): Promise<void>;
}

/** What is asked of every source, or of those that are said to do it. */
export function sourceChecks<J>(options: ConformanceOptions<J>): Check<J>[] {
  const { keepsOrder = true, heedsSignal = true, reopen } = options;
  const checks: Check<J>[] = [
    { name: 'ends at once if it has no jobs', count: 0, run: handsOutAll },
    {
      name: 'hands out each job once, then undefined and nothing else',
      count: 5,
      run: handsOutAll,
    },
    {
      name: 'hands out each job once to several getters, and ends them all',
      count: 9,
      run: shares,
    },
    { name: 'may be asked again before it has answered', count: 5, run: answersAllAtOnce },
    { name: 'is told done() in any order, with and without outcomes', count: 6, run: isTold },
    { name: 'loses no job to a signal that is aborted already', count: 3, run: survivesAborted },
    { name: 'loses no job to a signal that is aborted meanwhile', count: 4, run: survivesAbort },
    { name: 'says how many jobs wait, if it has a size', count: 4, run: hasSize },
    { name: 'is told return(), if it has one, and done() after that', count: 3, run: returns },
  ];
  if (keepsOrder)
    checks.push({ name: 'keeps the order of its jobs', count: 9, run: keepsItsOrder });
  if (heedsSignal)
    checks.push({ name: 'gives undefined to who waits with a signal', count: 2, run: heedsAbort });
  if (reopen)
    checks.push({ name: 'hands out again what was told no outcome', count: 5, run: isDurable });
  return checks;
}

async function handsOutAll<J>(trial: SourceTrial<J>): Promise<void> {
  trial.checkOnce(await trial.drain());
  assert.equal(await trial.get(), undefined, 'it had ended, but handed out another job');
}

async function shares<J>(trial: SourceTrial<J>): Promise<void> {
  trial.checkOnce(await trial.drain(4));
}

async function answersAllAtOnce<J>(trial: SourceTrial<J>): Promise<void> {
  const taken: J[] = [];
  const asked = Array.from({ length: trial.jobs.length + 3 }, async () => {
    const job = await trial.get();
    if (job === undefined) return;
    taken.push(job);
    await trial.finish(job);
  });
  await trial.end();
  await Promise.all(asked);
  trial.checkOnce(trial.keys(taken));
}

async function keepsItsOrder<J>(trial: SourceTrial<J>): Promise<void> {
  assert.deepEqual(await trial.drain(), trial.keys(trial.jobs), 'the jobs came in another order');
}

/** What is told without an outcome may come again; it is told its outcome then. */
async function isTold<J>(trial: SourceTrial<J>): Promise<void> {
  const taken = await trial.take(trial.jobs.length);
  for (const [i, job] of taken.reverse().entries()) {
    const outcomes = [
      new ThreadResponse(job, {}),
      new ThreadException(job, new Error('it failed')),
      undefined,
    ];
    await trial.tell(job, outcomes[i % outcomes.length]);
  }
  const untold = trial.keys(taken.filter((_, i) => i % 3 === 2));
  const again = await trial.drain();
  trial.checkOnce(
    again,
    untold.filter((key) => again.includes(key)),
  );
}

async function survivesAborted<J>(trial: SourceTrial<J>): Promise<void> {
  const given = await trial.get(AbortSignal.abort());
  const { heedsSignal = true } = trial.options;
  if (heedsSignal) assert.equal(given, undefined, 'it gave a job to a signal that was aborted');
  await finishAndCheck(trial, [given]);
}

async function survivesAbort<J>(trial: SourceTrial<J>): Promise<void> {
  const controller = new AbortController();
  const asked = trial.jobs.map(() => trial.get(controller.signal));
  controller.abort();
  await finishAndCheck(trial, await Promise.all(asked));
}

/** Each job was given, or still is. */
async function finishAndCheck<J>(trial: SourceTrial<J>, given: readonly (J | undefined)[]) {
  const taken = given.filter((job) => job !== undefined);
  await trial.finish(...taken);
  trial.checkOnce([...trial.keys(taken), ...(await trial.drain())]);
}

async function heedsAbort<J>(trial: SourceTrial<J>): Promise<void> {
  const taken = await trial.take(trial.jobs.length);
  const controller = new AbortController();
  const waiting = [trial.get(controller.signal), trial.get(controller.signal)];
  await quiet();
  controller.abort();
  assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  await finishAndCheck(trial, taken);
}

/** A job counts until whoever asked has it; a remote source may take a moment to count. */
async function hasSize<J>(trial: SourceTrial<J>): Promise<void> {
  if (trial.source.size === undefined) return;
  for (let left = trial.jobs.length; left > 0; left--) {
    assert.equal(trial.source.size, left, `its size is not ${left}, with so many jobs to take`);
    const [job] = await trial.take(1);
    await quiet();
    assert.equal(trial.source.size, left - 1, `its size is not ${left - 1} after one was taken`);
    await trial.finish(job as J);
  }
}

/** One getter more than there are jobs, and none done before. */
async function returns<J>(trial: SourceTrial<J>): Promise<void> {
  const controller = new AbortController();
  const stop = async () => {
    await quiet();
    await trial.end();
    controller.abort();
    await trial.within(Promise.resolve(trial.source.return?.()), 'return() has not resolved');
  };
  const stopped = stop();
  const work = async () => {
    const job = await trial.get(controller.signal);
    await stopped;
    if (job !== undefined) await trial.finish(job);
  };
  await Promise.all([stopped, ...Array.from({ length: trial.jobs.length + 1 }, work)]);
}

/** Of the five, one is told its response, one its exception, one no outcome, and two nothing. */
async function isDurable<J>(trial: SourceTrial<J>): Promise<void> {
  const [first, second, third] = (await trial.take(4)) as [J, J, J];
  await trial.finish(first);
  await trial.tell(second, new ThreadException(second, new Error('it failed')));
  await trial.tell(third, undefined);
  const told = trial.keys([first, second]);
  const next = await trial.reopen();
  next.checkOnce(
    await next.drain(),
    trial.keys(trial.jobs).filter((key) => !told.includes(key)),
  );
}
