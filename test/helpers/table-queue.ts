import type { Job, JobSource, Outcome } from '../../src/index.js';

/** A durable queue as users write them: a table of rows, and who has which. Each job is a new object. */
export class Table {
  readonly rows = new Map<string, 'waiting' | 'taken'>();

  constructor(jobs: readonly Job[]) {
    for (const { url } of jobs) this.rows.set(String(url), 'waiting');
  }
}

/** A queue over such a table, which may be one of many. */
export class TableQueue implements JobSource<Job> {
  readonly table: Table;
  #isClosed = false;
  #waiting: ((job: Job | undefined) => void)[] = [];

  constructor(table: Table) {
    this.table = table;
    for (const url of table.rows.keys()) table.rows.set(url, 'waiting');
  }

  async get({ signal }: { readonly signal?: AbortSignal }): Promise<Job | undefined> {
    await null;
    if (signal?.aborted) return undefined;
    const job = this.#take();
    if (job !== undefined || this.#isClosed) return job;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((each) => each !== resolve);
        resolve(undefined);
      });
    });
  }

  async done({ url }: Job, outcome: Outcome<Job> | undefined): Promise<void> {
    await null;
    if (outcome === undefined) this.table.rows.set(String(url), 'waiting');
    else this.table.rows.delete(String(url));
  }

  async put({ url }: Job): Promise<void> {
    await null;
    this.table.rows.set(String(url), 'waiting');
    this.#waiting.shift()?.(this.#take());
  }

  close(): void {
    this.#isClosed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #take(): Job | undefined {
    for (const [url, state] of this.table.rows) {
      if (state === 'taken') continue;
      this.table.rows.set(url, 'taken');
      return { url };
    }
    return undefined;
  }
}
