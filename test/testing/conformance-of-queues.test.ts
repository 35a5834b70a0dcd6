import { describe, expect, it } from 'vitest';
import { type Job, JobQueue, type Outcome } from '../../src/index.js';
import type { ConformanceOptions } from '../../src/testing/index.js';
import { failuresOf, pending, timeoutFor } from '../helpers/conformance.js';
import { Table, TableQueue } from '../helpers/table-queue.js';

const queueOptions = {
  put: (queue: JobQueue, job: Job) => queue.put(job),
  close: (queue: JobQueue) => queue.close(),
};

describe('the suite notices a queue that', () => {
  it.each<[string, string, string, ConformanceOptions<Job, JobQueue>]>([
    [
      'loses what is put',
      'hands out a job that is put later',
      'lost: https://jobs.example/3',
      { put: () => {} },
    ],
    [
      'loses what is put after an abort',
      'loses no job that is put after an abort',
      'lost: https://jobs.example/2',
      { put: () => {} },
    ],
    [
      'lets those wait for whom a job was put',
      'gives a job that is put to a get() that waits',
      'get() has not given a job or undefined within 50 ms',
      { put: () => {} },
    ],
    [
      'ends those who wait when a job is put',
      'gives a job that is put to a get() that waits',
      'it gave undefined to who waited, and then a job was put',
      { put: (queue) => queue.close() },
    ],
    [
      'gives those who wait another job than the one put',
      'gives a job that is put to a get() that waits',
      'it gave another job than the one put',
      { put: (queue) => queue.put({ url: 'https://other.example/' }) },
    ],
    [
      'hands out twice what was put to who waited',
      'gives a job that is put to a get() that waits',
      'not to be handed out: https://jobs.example/2',
      {
        put: (queue, job) => {
          queue.put(job);
          queue.put(job);
        },
      },
    ],
    [
      'never resolves put()',
      'hands out a job that is put later',
      'put() has not resolved within 50 ms',
      { put: pending },
    ],
    [
      'never resolves put(), while a get() waits',
      'gives a job that is put to a get() that waits',
      'put() has not resolved within 50 ms',
      { put: pending },
    ],
    [
      'keeps those waiting when it is closed',
      'ends those who wait when it is closed',
      'get() has not given a job or undefined within 50 ms',
      { close: () => {} },
    ],
    [
      'loses its jobs when it is closed',
      'still hands out what it has when it is closed',
      'lost: https://jobs.example/0',
      {
        close: (queue) => {
          void queue.get();
          queue.close();
        },
      },
    ],
  ])('%s', async (_, name, message, options) => {
    const make = (jobs: readonly Job[]) => new JobQueue(jobs);
    const all = { ...queueOptions, ...options, ...timeoutFor(message) };
    expect(await failuresOf(make, all, name)).toEqual({ [name]: message });
  });
});

describe('the suite notices a durable queue that', () => {
  const durable = (
    reopen: (queue: TableQueue) => TableQueue,
    make = (jobs: readonly Job[]) => new TableQueue(new Table(jobs)),
  ) => failuresOf(make, { endsByItself: false, close: (queue) => queue.close(), reopen });
  const AGAIN = 'hands out again what was told no outcome';
  const READ_AGAIN = 'hands out again what a reader broke off at';
  const KEEPS = 'keeps what a pool has not taken that is closed';

  it('forgets what was taken', async () => {
    const forgetful = (queue: TableQueue) => {
      const waiting = [...queue.table.rows].filter(([, state]) => state === 'waiting');
      return new TableQueue(new Table(waiting.map(([url]) => ({ url }))));
    };
    expect(await durable(forgetful)).toEqual({
      [AGAIN]: 'lost: https://jobs.example/3',
      [READ_AGAIN]: 'lost: https://jobs.example/3',
    });
  });

  it('forgets what was told no outcome', async () => {
    class Careless extends TableQueue {
      override done(job: Job, outcome: Outcome<Job> | undefined) {
        return super.done(job, outcome ?? ({} as Outcome<Job>));
      }
    }
    const careless = (jobs: readonly Job[]) => new Careless(new Table(jobs));
    const reopen = (queue: TableQueue) => new TableQueue(queue.table);
    expect(await durable(reopen, careless)).toEqual({
      [AGAIN]: 'lost: https://jobs.example/2',
      [READ_AGAIN]: 'lost: https://jobs.example/2',
    });
  });

  it('hands out again what is done, or has lost all', async () => {
    const all = (count: number) =>
      new TableQueue(
        new Table(Array.from({ length: count }, (_, n) => ({ url: `https://jobs.example/${n}` }))),
      );
    expect(await durable(() => all(5))).toMatchObject({
      [AGAIN]: 'not to be handed out: https://jobs.example/0, https://jobs.example/1',
    });
    expect(await durable(() => all(0))).toMatchObject({
      [AGAIN]: 'lost: https://jobs.example/2, https://jobs.example/3, https://jobs.example/4',
      [READ_AGAIN]: 'lost: https://jobs.example/2, https://jobs.example/3',
      [KEEPS]: expect.stringContaining('lost: '),
    });
  });
});
