import type { Job, JobSource, Jobs } from '../../src/index.js';
import { type ConformanceOptions, jobSourceConformance } from '../../src/testing/index.js';

/** What of the suite fails, and with what message. The time is for what hangs. */
export async function failuresOf<S extends Jobs<Job>>(
  make: (jobs: readonly Job[]) => S | Promise<S>,
  options: ConformanceOptions<Job, S> = {},
  only?: string,
): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  const tests = jobSourceConformance(make, { timeout: 10_000, ...options });
  for (const { name, run } of tests) {
    if (only !== undefined && name !== only) continue;
    await run().catch((error) => {
      failures[name] = String(error.message).split('\n')[0] as string;
    });
  }
  return failures;
}

/** Only what is to hang does not get the time that a busy machine may need. */
export const timeoutFor = (message: unknown) =>
  String(message).endsWith(' within 50 ms') ? { timeout: 50 } : {};

type Sound = JobSource<Job>;

/** A sound source, of which `flaw` replaces a part. */
export function flawed(flaw: (jobs: Job[], source: Required<Sound>) => Partial<Sound>) {
  return (given: readonly Job[]) => {
    const jobs = [...given];
    const source: Required<Sound> = {
      get: ({ signal }) => (signal?.aborted ? undefined : jobs.shift()),
      done: () => {},
      return: () => {},
      get size() {
        return jobs.length;
      },
    };
    const parts = flaw(jobs, { ...source });
    return Object.defineProperties(source, Object.getOwnPropertyDescriptors(parts));
  };
}

/** What never comes. */
export const pending = () => new Promise<undefined>(() => {});
