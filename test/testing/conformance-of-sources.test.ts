import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { type Job, JobQueue } from '../../src/index.js';
import { failuresOf, flawed, pending, timeoutFor } from '../helpers/conformance.js';

describe('the suite notices a source that', () => {
  it.each<[string, string, string, Parameters<typeof flawed>[0]]>([
    [
      'loses a job',
      'hands out each job once, then undefined and nothing else',
      'lost: https://jobs.example/1',
      (jobs, { get }) => {
        jobs.splice(1, 1);
        return { get };
      },
    ],
    [
      'hands a job out twice',
      'hands out each job once, then undefined and nothing else',
      'handed out twice: https://jobs.example/0',
      (jobs) => {
        if (jobs[0] !== undefined) jobs.push(jobs[0]);
        return {};
      },
    ],
    [
      'hands out what it was not given',
      'hands out each job once, then undefined and nothing else',
      'not to be handed out: https://other.example/',
      (jobs) => {
        if (jobs.length > 0) jobs.push({ url: 'https://other.example/' });
        return {};
      },
    ],
    [
      'gives two getters the same job',
      'may be asked again before it has answered',
      expect.stringMatching(/^lost: .*; handed out twice: https:\/\/jobs.example\/0$/),
      (jobs) => ({
        get: async () => {
          const [job] = jobs;
          await null;
          if (jobs[0] === job) jobs.shift();
          return job;
        },
      }),
    ],
    [
      'never ends',
      'ends at once if it has no jobs',
      'get() has not given a job or undefined within 50 ms',
      (jobs) => ({ get: () => jobs.shift() ?? pending() }),
    ],
    [
      'has jobs without an end',
      'ends at once if it has no jobs',
      'it hands out jobs without an end',
      () => ({ get: () => ({ url: 'https://jobs.example/0' }) }),
    ],
    [
      'ends some getters alone',
      'hands out each job once to several getters, and ends them all',
      'get() has not given a job or undefined within 50 ms',
      (jobs) => {
        let ended = 0;
        return { get: () => jobs.shift() ?? (ended++ === 0 ? undefined : pending()) };
      },
    ],
    [
      'ends one of those who ask at a time',
      'may be asked again before it has answered',
      'get() has not given a job or undefined within 50 ms',
      (jobs) => {
        let ended = 0;
        return { get: () => jobs.shift() ?? (ended++ === 0 ? undefined : pending()) };
      },
    ],
    [
      'must be told of its jobs in their order',
      'is told done() in any order, with and without outcomes',
      'that is not the oldest',
      (jobs) => {
        const taken = [...jobs];
        return { done: (job) => assert(job === taken.shift(), 'that is not the oldest') };
      },
    ],
    [
      'has jobs without an end for a pool',
      'gives a pool each job once, and is told of it when it is read',
      'it hands out jobs without an end',
      () => ({ get: () => ({ url: 'https://jobs.example/0' }) }),
    ],
    [
      'takes no exception for an outcome',
      'gives a pool each job once, and is told of it when it is read',
      'it failed again',
      () => ({ done: (_, outcome) => assert(outcome?.kind !== 'exception', 'it failed again') }),
    ],
    [
      'cannot be returned to by a pool',
      'keeps what a pool has not taken that is closed',
      'cannot stop',
      () => ({ return: () => Promise.reject(new Error('cannot stop')) }),
    ],
    [
      'ends early',
      'is told done() in any order, with and without outcomes',
      'it ended after 3 of 6 jobs',
      (jobs, { get }) => ({ get: (options) => (jobs.length === 3 ? undefined : get(options)) }),
    ],
    [
      'ends, and then goes on',
      'hands out each job once, then undefined and nothing else',
      'it had ended, but handed out another job',
      (jobs) => {
        let isOver = false;
        return {
          get: () => {
            if (jobs.length > 0 || isOver) return jobs.shift() ?? { url: 'https://more.example/' };
            isOver = true;
            return undefined;
          },
        };
      },
    ],
    [
      'mixes up its jobs',
      'keeps the order of its jobs',
      'the jobs came in another order',
      (jobs) => ({ get: ({ signal }) => (signal?.aborted ? undefined : jobs.pop()) }),
    ],
    [
      'ignores a signal that is aborted',
      'loses no job to a signal that is aborted already',
      'it gave a job to a signal that was aborted',
      (jobs) => ({ get: () => jobs.shift() }),
    ],
    [
      'drops a job for a signal that is aborted',
      'loses no job to a signal that is aborted already',
      'lost: https://jobs.example/0',
      (jobs) => ({
        get: ({ signal }) => {
          const job = jobs.shift();
          return signal?.aborted ? undefined : job;
        },
      }),
    ],
    [
      'drops a job for a signal that is aborted meanwhile',
      'loses no job to a signal that is aborted meanwhile',
      'lost: https://jobs.example/0, https://jobs.example/1, https://jobs.example/2, https://jobs.example/3',
      (jobs) => ({
        get: async ({ signal }) => {
          const job = jobs.shift();
          await null;
          return signal?.aborted ? undefined : job;
        },
      }),
    ],
    [
      'keeps those waiting whose signal is aborted',
      'gives undefined to who waits with a signal',
      'get() has not given a job or undefined within 50 ms',
      (jobs) => {
        let left = jobs.length;
        return {
          get: () => jobs.shift() ?? (left > 0 ? pending() : undefined),
          done: () => void left--,
        };
      },
    ],
    [
      'does not count the last job',
      'says how many jobs wait, if it has a size',
      'its size is not 4, with so many jobs to take',
      (jobs) => ({
        get size() {
          return Math.max(0, jobs.length - 1);
        },
      }),
    ],
    [
      'counts jobs that were taken',
      'says how many jobs wait, if it has a size',
      'its size is not 3 after one was taken',
      (jobs) => {
        const size = jobs.length;
        return { size };
      },
    ],
    [
      'throws in done()',
      'gives a pool each job once, and is told of it when it is read',
      'cannot acknowledge',
      () => ({
        done: () => {
          throw new Error('cannot acknowledge');
        },
      }),
    ],
    [
      'rejects a done() without an outcome',
      'is told no outcome by a reader that breaks off',
      'no outcome',
      () => ({ done: async (_, outcome) => assert(outcome, 'no outcome') }),
    ],
    [
      'never resolves done()',
      'is told done() in any order, with and without outcomes',
      'done() has not resolved within 50 ms',
      () => ({ done: pending }),
    ],
    [
      'hands out again what is done',
      'is told done() in any order, with and without outcomes',
      expect.stringContaining('not to be handed out: '),
      (jobs) => {
        const told = new Set<Job>();
        return { done: (job) => void (told.size < told.add(job).size && jobs.push(job)) };
      },
    ],
    [
      'throws in return()',
      'is told return(), if it has one, and done() after that',
      'cannot stop',
      () => ({
        return: () => {
          throw new Error('cannot stop');
        },
      }),
    ],
    [
      'takes no done() after return()',
      'is told return(), if it has one, and done() after that',
      'it is over',
      () => {
        let isOver = false;
        return {
          return: () => {
            isOver = true;
          },
          done: () => assert(!isOver, 'it is over'),
        };
      },
    ],
    [
      'never resolves return()',
      'is told return(), if it has one, and done() after that',
      'return() has not resolved within 50 ms',
      () => ({ return: pending }),
    ],
    [
      'breaks below a pool',
      'gives a pool each job once, and is told of it when it is read',
      'no connection',
      () => ({ get: () => Promise.reject(new Error('no connection')) }),
    ],
    [
      'breaks',
      'ends at once if it has no jobs',
      'no connection',
      () => ({
        get: () => {
          throw new Error('no connection');
        },
      }),
    ],
  ])('%s', async (_, name, message, flaw) => {
    const failures = await failuresOf(flawed(flaw), timeoutFor(message), name);
    expect(failures).toEqual({ [name]: message });
  });

  it.each(['closed', 'aborted'])('drops its jobs when its pool is %s', async (how) => {
    const drops = flawed((jobs, { get }) => ({
      get(options) {
        options.signal?.addEventListener('abort', () => jobs.splice(0));
        return get(options);
      },
      return: undefined as never,
    }));
    const name = `keeps what a pool has not taken that is ${how}`;
    const lost = expect.stringMatching(/^lost: .*jobs.example\/7$/);
    expect(await failuresOf(drops, {}, name)).toEqual({ [name]: lost });
  });

  it('says nothing of its size to a pool that nobody reads', async () => {
    const make = (jobs: readonly Job[]) => {
      const queue = new JobQueue(jobs);
      const get: JobQueue['get'] = (options) => queue.get(options);
      return { get, done: () => queue.done(), size: 1 };
    };
    const name = 'lets a pool be settled that nobody reads';
    expect(await failuresOf(make, { timeout: 50 }, name)).toEqual({
      [name]: 'the pool is not settled within 50 ms',
    });
  });
});
