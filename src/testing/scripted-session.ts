import type { RequestOptions } from '../http/request-context.js';
import type { Response } from '../http/response.js';
import type { Job } from '../job.js';
import { Session } from '../session.js';
import { requestWithRetries } from '../session-retry.js';
import { type Respond, ScriptedDispatcher, ScriptedFailure } from './scripted-dispatcher.js';

/**
 * A session whose requests go to a `Script` in place of a server; all else is a `Session`'s own:
 * headers, cookies, authorization, redirects, hooks, timeouts, signals, and what it refuses.
 *
 * It takes nothing from the environment. As no connection is made, it has no `proxies`, `verify`
 * and `cert`: those that it or a job is given are left aside.
 */
export class ScriptedSession extends Session {
  /** The jobs that it was given, in their order. */
  readonly jobs: Job[] = [];
  #closed = 0;
  readonly #began: (job: Job) => void;

  /**
   * @param began is told of each job, one that is refused included
   * @param respond answers each request
   */
  constructor(began: (job: Job) => void, respond: Respond) {
    super({ dispatcher: new ScriptedDispatcher(respond), trustEnv: false });
    this.#began = began;
    for (const name of ['proxies', 'verify', 'cert'] as const)
      Object.defineProperty(this, name, { get: () => undefined, set: () => {} });
  }

  /** How often it was closed. */
  get closed(): number {
    return this.#closed;
  }

  override async request(...args: Parameters<Session['request']>): Promise<Response> {
    const [job, options] = args;
    this.jobs.push(job);
    this.#began(job);
    const isRetriedHere = options?.retry !== false && Object(job).retry !== undefined;
    // What fails is unwrapped below the retries, which are to see what was thrown.
    return isRetriedHere
      ? requestWithRetries(job, options?.signal, () =>
          this.#once(job, { ...options, retry: false }),
        )
      : this.#once(job, options);
  }

  async #once(job: Job, options: RequestOptions | undefined): Promise<Response> {
    try {
      return await super.request(unrouted(job), options);
    } catch (error) {
      throw error instanceof ScriptedFailure ? error.thrown : error;
    }
  }

  override close(): Promise<void> {
    this.#closed++;
    return super.close();
  }
}

/** What is no job stays as it is, to be refused. */
function unrouted(job: Job): Job {
  if (!['proxies', 'verify', 'cert'].some((name) => name in Object(job))) return job;
  return { ...job, proxies: undefined, verify: undefined, cert: undefined };
}
