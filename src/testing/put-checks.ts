import assert from 'node:assert/strict';
import type { Check } from './source-checks.js';
import { type ConformanceOptions, quiet, type SourceTrial } from './source-trial.js';

/** What is asked of a source that jobs can be put into later, or that can be closed. */
export function putChecks<J>({ put, close }: ConformanceOptions<J>): Check<J>[] {
  const checks: Check<J>[] = [];
  if (put)
    checks.push(
      { name: 'hands out a job that is put later', count: 3, run: takesMore },
      { name: 'gives a job that is put to a get() that waits', count: 2, run: servesWaiting },
      { name: 'loses no job that is put after an abort', count: 2, run: passesAborted },
    );
  if (close)
    checks.push(
      { name: 'ends those who wait when it is closed', count: 1, run: dismisses },
      { name: 'still hands out what it has when it is closed', count: 3, run: emptiesAfterClose },
    );
  return checks;
}

async function takesMore<J>(trial: SourceTrial<J>): Promise<void> {
  const first = await trial.take(1);
  const more = await trial.put();
  await trial.finish(...first);
  const keys = [...trial.keys(first), ...(await trial.drain())];
  trial.checkOnce(keys, trial.keys([...trial.jobs, more]));
}

async function servesWaiting<J>(trial: SourceTrial<J>): Promise<void> {
  const taken = await trial.take(trial.jobs.length);
  const waiting = trial.get();
  await quiet();
  const more = await trial.put();
  const given = await waiting;
  assert(given !== undefined, 'it gave undefined to who waited, and then a job was put');
  assert.equal(trial.keyOf(given), trial.keyOf(more), 'it gave another job than the one put');
  await trial.finish(...taken, given);
  trial.checkOnce(await trial.drain(), []);
}

async function passesAborted<J>(trial: SourceTrial<J>): Promise<void> {
  const taken = await trial.take(trial.jobs.length);
  const controller = new AbortController();
  const waiting = trial.get(controller.signal);
  await quiet();
  controller.abort();
  const more = await trial.put();
  const given = await waiting;
  if (given !== undefined) taken.push(given);
  await trial.finish(...taken);
  const keys = [...trial.keys(taken), ...(await trial.drain())];
  trial.checkOnce(keys, trial.keys([...trial.jobs, more]));
}

async function dismisses<J>(trial: SourceTrial<J>): Promise<void> {
  const taken = await trial.take(trial.jobs.length);
  const waiting = [trial.get(), trial.get()];
  await quiet();
  await trial.close();
  assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  await trial.finish(...taken);
}

async function emptiesAfterClose<J>(trial: SourceTrial<J>): Promise<void> {
  await trial.close();
  trial.checkOnce(await trial.drain());
}
