import type { Awaitable } from '../awaitable.js';
import type { Job } from '../job.js';
import type { Jobs } from '../queue/iterable-source.js';
import { poolChecks } from './pool-checks.js';
import { putChecks } from './put-checks.js';
import { sourceChecks } from './source-checks.js';
import { type ConformanceOptions, makeJob, SourceTrial } from './source-trial.js';

export type { ConformanceOptions } from './source-trial.js';

/** A test for whatever runs tests: `for (const { name, run } of tests) test(name, run)`. */
export interface ConformanceTest {
  /** A sentence of what the source does. */
  readonly name: string;
  /** Rejects with an `AssertionError` that says what it does in place of it. */
  run(): Promise<void>;
}

/**
 * The tests that every source of jobs has to pass, by itself and with a pool over it. They wait for
 * nothing longer than the option `timeout`.
 *
 * @param make makes a source that hands out these jobs, a new one for each test
 * @throws TypeError if the source does not end by itself and there is no `close`
 */
export function jobSourceConformance<J = Job, S extends Jobs<J> = Jobs<J>>(
  make: (jobs: readonly J[]) => Awaitable<S>,
  options: ConformanceOptions<J, S> = {},
): readonly ConformanceTest[] {
  // What `put`, `close` and `reopen` are given is what `make` has made.
  const known = options as unknown as ConformanceOptions<J>;
  if (options.endsByItself === false && options.close === undefined)
    throw new TypeError('a source that does not end by itself needs the option close');
  const checks = [...sourceChecks(known), ...putChecks(known), ...poolChecks(known)];
  return checks.map(({ name, count, run }) => ({
    name,
    async run() {
      const jobs = Array.from({ length: count }, (_, n) => makeJob(n, known));
      await run(new SourceTrial(await make(jobs), jobs, known));
    },
  }));
}
