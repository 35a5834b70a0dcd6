import { type Job, Pool, type PoolOptions } from '../../src/index.js';
import { startServer, type TestServer } from './http-server.js';
import { collect } from './scripted-session.js';

/** Waits that are too short to matter. */
export const FAST = { backoffBase: 1 };

/** Answers with the statuses in turn, a path for itself, and then with the last one of them. */
export async function startFlaky(
  statuses: readonly number[],
  headers: Record<string, string> = {},
): Promise<TestServer> {
  const server = await startServer(({ path }, reply) => {
    const status = statuses[Math.min(countOf(server, path), statuses.length) - 1] ?? 200;
    reply.writeHead(status, status >= 300 ? headers : {}).end(`${status}`);
  });
  return server;
}

/** How many requests for a path have come. */
export function countOf({ requests }: TestServer, path: string): number {
  return requests.filter((request) => request.path === path).length;
}

/** The outcomes in the order of their jobs. */
export function run(jobs: readonly Job[], options: PoolOptions = {}) {
  const pool = new Pool({ jobQueue: jobs, numProcesses: 1, ...options });
  return collect(pool.outcomes({ ordered: true }));
}

/** What each job ended in, and after how many attempts. */
export function summary(outcomes: Awaited<ReturnType<typeof run>>) {
  return outcomes.map((outcome) => [
    outcome.kind === 'response' ? outcome.response.statusCode : outcome.exception.name,
    outcome.attempts,
  ]);
}
