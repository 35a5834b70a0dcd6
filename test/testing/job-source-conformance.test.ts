import assert from 'node:assert/strict';
import { describe, expect, it, test } from 'vitest';
import { type Job, JobQueue, type JobSource, type Jobs } from '../../src/index.js';
import { type ConformanceOptions, jobSourceConformance } from '../../src/testing/index.js';
import { failuresOf, flawed } from '../helpers/conformance.js';
import { Table, TableQueue } from '../helpers/table-queue.js';

function* generate(jobs: readonly Job[]) {
  yield* jobs;
}

async function* generateLater(jobs: readonly Job[]) {
  for (const job of jobs) {
    await null;
    yield job;
  }
}

function conforms<S extends Jobs<Job>>(
  what: string,
  make: (jobs: readonly Job[]) => S,
  options: ConformanceOptions<Job, S> = {},
) {
  describe(what, () => {
    for (const { name, run } of jobSourceConformance(make, options)) test(name, run);
  });
}

conforms('a JobQueue', (jobs) => new JobQueue(jobs), {
  put: (queue, job) => queue.put(job),
  close: (queue) => queue.close(),
});
conforms(
  'a JobQueue that knows of no signals',
  (jobs) =>
    new (class extends JobQueue {
      override get() {
        return super.get();
      }
    })(jobs),
  { heedsSignal: false, put: (queue, job) => queue.put(job) },
);
// They are pulled whatever the signal says; a pool that is closed does not ask.
const iterable = { heedsSignal: false };
conforms('an array', (jobs) => jobs, iterable);
conforms('a Set', (jobs) => new Set(jobs), iterable);
conforms('a generator', generate, iterable);
conforms('an async generator', generateLater, iterable);
conforms('a durable queue', (jobs) => new TableQueue(new Table(jobs)), {
  endsByItself: false,
  keepsOrder: true,
  put: (queue, job) => queue.put(job),
  close: (queue) => queue.close(),
  reopen: (queue) => new TableQueue(queue.table),
});

describe('jobs of another kind', () => {
  const make = (jobs: readonly { id: number }[]) => jobs;
  const options = {
    heedsSignal: false,
    job: (id: number) => ({ id }),
    keyOf: ({ id }: { id: number }) => `${id}`,
  };
  for (const { name, run } of jobSourceConformance(make, options)) test(name, run);
});

it('finds nothing wrong with a sound source', async () => {
  expect(await failuresOf(flawed(() => ({})))).toEqual({});
});

const queueOptions = {
  put: (queue: JobQueue, job: Job) => queue.put(job),
  close: (queue: JobQueue) => queue.close(),
};

describe('the suite', () => {
  it('asks for no size', async () => {
    const make = (jobs: readonly Job[]): JobSource<Job> => {
      const queue = new JobQueue(jobs);
      return { get: (options) => queue.get(options), done: () => queue.done() };
    };
    expect(await failuresOf(make, { timeout: 1000 })).toEqual({});
  });

  it('asks for no order where none is kept', async () => {
    const stack = flawed((jobs) => ({
      get: ({ signal }) => (signal?.aborted ? undefined : jobs.pop()),
    }));
    expect(await failuresOf(stack, { keepsOrder: false })).toEqual({});
  });

  it('makes a new source for each test, also one that takes a promise', async () => {
    const made: unknown[] = [];
    const make = async (jobs: readonly Job[]) => {
      const queue = new JobQueue(jobs);
      made.push(queue);
      return queue;
    };
    expect(await failuresOf(make)).toEqual({});
    expect(made).toHaveLength(jobSourceConformance(make).length);
  });

  it('closes a source at most once', async () => {
    const closed = new WeakSet<JobQueue>();
    const close = (queue: JobQueue) => {
      assert(!closed.has(queue), 'it was closed twice');
      closed.add(queue);
      queue.close();
    };
    const make = (jobs: readonly Job[]) => new JobQueue(jobs);
    expect(await failuresOf(make, { endsByItself: false, close })).toEqual({});
  });

  it('leaves no timer behind', async () => {
    const countTimers = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = countTimers();
    expect(await failuresOf((jobs) => new JobQueue(jobs))).toEqual({});
    expect(countTimers()).toBeLessThanOrEqual(before);
  });

  it('cannot test what neither ends nor can be closed', () => {
    expect(() => jobSourceConformance((jobs) => jobs, { endsByItself: false })).toThrow(
      new TypeError('a source that does not end by itself needs the option close'),
    );
  });

  it('names its tests apart', () => {
    const names = jobSourceConformance((jobs: readonly Job[]) => new JobQueue(jobs), {
      ...queueOptions,
      reopen: (queue) => queue,
    }).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
