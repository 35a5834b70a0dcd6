import { JobQueue, Pool, type PoolOptions } from '../../src/index.js';
import { Script, type ScriptedJob, type ScriptedSession } from './scripted-session.js';

/** Jobs of a source, counted as they are taken. */
export class Counted {
  taken = 0;
  readonly #jobs: readonly ScriptedJob[];

  constructor(jobs: readonly ScriptedJob[]) {
    this.#jobs = jobs;
  }

  *generator(): Generator<ScriptedJob> {
    for (const job of this.#jobs) yield this.#take(job);
  }

  async *asyncGenerator(): AsyncGenerator<ScriptedJob> {
    for (const job of this.#jobs) yield this.#take(job);
  }

  queue(): JobQueue<ScriptedJob> {
    const queue = new JobQueue<ScriptedJob>(this.#jobs);
    const get = queue.get.bind(queue);
    queue.get = (options) => {
      if (queue.size > 0) this.taken++;
      return get(options);
    };
    return queue;
  }

  #take(job: ScriptedJob): ScriptedJob {
    this.taken++;
    return job;
  }
}

/** A pool of scripted sessions. */
export function poolOf(
  jobQueue: PoolOptions<ScriptedSession>['jobQueue'],
  options: PoolOptions<ScriptedSession> = {},
): Pool<ScriptedSession> {
  const { session } = new Script();
  return new Pool({ jobQueue: jobQueue as Iterable<ScriptedJob>, session, ...options });
}
