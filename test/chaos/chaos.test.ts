import { expect, test, vi } from 'vitest';
import { type Outcome, Pool, RequestError, type Response } from '../../src/index.js';
import type { Job } from '../../src/job.js';
import { HandleWatch } from '../helpers/handles.js';
import { Program } from '../helpers/program.js';
import { type Kind, type Plan, planOf } from './plan.js';

/** `CHAOS_JOBS=1000000 npx vitest run test/chaos/chaos.test.ts` for a million. */
const JOBS = Number(process.env.CHAOS_JOBS ?? 20_000);
const SESSIONS = 128;
const RETRIES = 2;
const retry = { limit: RETRIES, backoffBase: 5, backoffLimit: 50 };
/** How long a job waits for bytes, in ms: a busy machine is late where an answer will come. */
const PATIENCE = { answered: 30_000, recovering: 500, stalled: 60 };
/** The attempts beyond the first of one that stalls and recovers: it may be too late several times. */
const PERSISTENCE = 60;

/** What the server counted. */
interface Books {
  /** By job. */
  readonly requests: Uint16Array;
  /** Those of them that the session sends again, beside the attempts. */
  readonly staleResets: Uint16Array;
  readonly done: Readonly<Record<Kind, number>>;
  readonly open: number;
}

/** What the readers were given. */
class Ledger {
  /** By job. */
  readonly outcomes = new Uint8Array(JOBS);
  readonly attempts = new Uint8Array(JOBS);
  responses = 0;
  exceptions = 0;
  /** What was not as planned. */
  readonly surprises: string[] = [];

  enter(outcome: Outcome<Job, Response>): void {
    const { index, attempts, kind } = outcome;
    this.outcomes[index] = Number(this.outcomes[index]) + 1;
    this.attempts[index] = attempts;
    if (kind === 'response') this.responses++;
    else this.exceptions++;
    const result = describeOutcome(outcome);
    if (!isPlanned(planOf(index), attempts, result) && this.surprises.length < 10)
      this.surprises.push(`${index} ${JSON.stringify(planOf(index))}: ${result} of ${attempts}`);
  }
}

function describeOutcome(outcome: Outcome<Job, Response>): string {
  if (outcome.kind === 'response') return `${outcome.statusCode} ${outcome.content.length}`;
  const { exception } = outcome;
  return exception instanceof RequestError ? exception.name : String(exception);
}

function isPlanned({ kind, recovers, isEarly }: Plan, attempts: number, result: string): boolean {
  if (kind === 'answered') return attempts === 1 && result === '200 100';
  // More than two where one that stalled was answered too late.
  if (recovers) return attempts > 1 && result === '200 100';
  return attempts === RETRIES + 1 && result === failureOf(kind, isEarly);
}

function failureOf(kind: Kind, isEarly: boolean): string {
  if (kind === 'throttled') return '429 0';
  if (kind === 'stalled') return 'ReadTimeoutError';
  // Whether the head came.
  return isEarly ? 'ConnectionError' : 'ProtocolError';
}

/** How long a job waits, and how often it is tried where that is not the pool's to say. */
function toleranceOf({ kind, recovers }: Plan): Partial<Job> {
  if (kind !== 'stalled') return { timeout: { read: PATIENCE.answered } };
  if (!recovers) return { timeout: { read: PATIENCE.stalled } };
  return { timeout: { read: PATIENCE.recovering }, retry: { ...retry, limit: PERSISTENCE } };
}

function* jobs(ports: readonly number[]): Generator<Job, void, undefined> {
  for (let index = 0; index < JOBS; index++) {
    const plan = planOf(index);
    yield { url: `http://127.0.0.1:${ports[plan.host]}/${index}`, ...toleranceOf(plan) };
  }
}

async function play(ports: readonly number[]): Promise<Ledger> {
  const ledger = new Ledger();
  const pool = new Pool({ jobQueue: jobs(ports), numProcesses: SESSIONS, retry });
  const read = async (outcomes: AsyncIterable<Outcome<Job, Response>>) => {
    for await (const outcome of outcomes) ledger.enter(outcome);
  };
  await Promise.all([read(pool.responses()), read(pool.exceptions()), pool.joinAll()]);
  return ledger;
}

/** What the server should have done, by what the readers were told. */
function expectedOf({ attempts }: Ledger, { requests, staleResets }: Books) {
  const done: Record<Kind, number> = { answered: 0, reset: 0, cut: 0, stalled: 0, throttled: 0 };
  let mistold = 0;
  for (const [index, count] of attempts.entries()) {
    const { kind, recovers } = planOf(index);
    const stale = Number(staleResets[index]);
    const failed = kind === 'answered' ? 0 : stale + (recovers ? 1 : count);
    done[kind] += failed;
    done.answered += count + stale - failed;
    if (requests[index] !== count + stale) mistold++;
  }
  return { done, mistold };
}

/** What keeps the process from exiting. */
const countResources = () => process.getActiveResourcesInfo().length;

test(`${JOBS} jobs, a sixth of them in trouble, have the outcomes that the server gave them`, {
  timeout: 180_000 + 3 * JOBS,
}, async () => {
  const server = new Program(new URL('chaos-server.js', import.meta.url), [JOBS]);
  const ports = await server.receive<readonly number[]>();
  const resources = countResources();
  const watch = new HandleWatch();

  const ledger = await watch.run(() => play(ports));
  expect(ledger.surprises).toEqual([]);
  expect(ledger.outcomes.findIndex((count) => count !== 1)).toBe(-1);
  expect(ledger.responses + ledger.exceptions).toBe(JOBS);

  // What was sent last may still be on its way.
  const books = await vi.waitFor(
    async () => {
      const now = await server.ask<Books>('books');
      expect(now).toMatchObject({ open: 0, done: expectedOf(ledger, now).done });
      return now;
    },
    { timeout: 10_000, interval: 100 },
  );
  expect(expectedOf(ledger, books).mistold).toBe(0);
  expect(watch.count).toBe(0);
  watch.stop();
  expect(countResources()).toBeLessThanOrEqual(resources);
});
