import { vi } from 'vitest';
import { Pool, type PoolOptions } from '../../src/index.js';
import {
  collect,
  quiet,
  type Script,
  type ScriptedJob,
  type ScriptedSession,
} from './scripted-session.js';

/** How long a worker's session stays at least, once it has been replaced, in milliseconds. */
export const INTERVAL = 1000;

/** Has time stand still, and pass as it is told to. `vi.useRealTimers()` is the test's to call. */
export function freeze(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
}

export async function pass(milliseconds: number): Promise<void> {
  await quiet();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await quiet();
}

/** A pool of one worker that gives up its session after a job that is banned. */
export function poolOf(
  script: Script,
  jobQueue: PoolOptions<ScriptedSession>['jobQueue'],
  options: PoolOptions<ScriptedSession> = {},
) {
  return new Pool<ScriptedSession>({
    jobQueue,
    session: script.session,
    numProcesses: 1,
    retireWhen: ({ requestKwargs }) => requestKwargs.context === 'banned',
    ...options,
  });
}

export function banned(url: string, fields: Omit<ScriptedJob, 'url'> = {}): ScriptedJob {
  return { url, context: 'banned', ...fields };
}

/** The numbers of the sessions that ran the jobs, in the jobs' order. */
export async function ranBy(pool: Pool<ScriptedSession>) {
  const outcomes = await collect(pool.outcomes({ ordered: true }));
  return outcomes.map(({ session }) => session?.number);
}
