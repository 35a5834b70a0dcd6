import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AbortError, type Outcome } from '../src/index.js';
import {
  FAILURES,
  type JobPlan,
  type Limits,
  PoolRun,
  type ReaderPlan,
  type RetryPlan,
  type Scenario,
} from './helpers/pool-run.js';
import type { ScriptedJob } from './helpers/scripted-session.js';

const jobPlan = fc.record<JobPlan>({
  failure: fc.option(fc.nat(FAILURES.length - 1), { nil: undefined }),
  when: fc.constantFrom('now', 'soon', 'soon', 'later', 'gate'),
  children: fc.constantFrom(0, 0, 1, 2),
  times: fc.constantFrom(undefined, 1, 2),
  origin: fc.nat(2),
  priority: fc.constantFrom(undefined, undefined, undefined, -1, 0, 1, 2.5),
  abortAfter: fc.option(fc.nat(8), { freq: 9, nil: undefined }),
  isDeaf: fc.boolean(),
});

const readerPlan = fc.record<ReaderPlan>({
  reads: fc.constantFrom('responses', 'exceptions', 'outcomes', 'ordered', 'get', 'join'),
  start: fc.constantFrom('before', 'while', 'after'),
  breakAfter: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
});

/** One in three. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  );

const rateLimit = fc.record({
  limit: fc.integer({ min: 1, max: 8 }),
  interval: fc.constantFrom(0.5, 1, 2),
});

const limits = fc.record(
  {
    rateLimit: sometimes(rateLimit),
    perOrigin: sometimes(
      fc.record({ concurrency: fc.integer({ min: 1, max: 3 }), rateLimit }, { requiredKeys: [] }),
    ),
    affinity: sometimes(fc.constant('origin' as const)),
    lookAhead: sometimes(fc.integer({ min: 1, max: 5 })),
    highWaterMark: sometimes(fc.integer({ min: 1, max: 5 })),
    raiseForStatus: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Limits>;

const retryPlan = fc.record<RetryPlan>({
  limit: fc.constantFrom(0, 0, 1, 2),
  backoffBase: fc.constantFrom(0, 1),
  hook: fc.constantFrom(
    'none',
    'none',
    'none',
    'retries',
    'refuses',
    'leaves',
    'later',
    'throws',
    'rejects',
  ),
  listenerThrows: fc.constantFrom(false, false, false, true),
});

const act = fc.record({
  after: fc.nat(6),
  act: fc.constantFrom<'pause' | 'resume' | 'abort'>('pause', 'pause', 'resume', 'abort'),
});

const scenario = fc.record<Scenario>({
  jobs: fc.array(jobPlan, { maxLength: 24, size: 'max' }),
  source: fc.constantFrom('array', 'set', 'generator', 'asyncGenerator', 'jobQueue', 'custom'),
  breakAt: sometimes(fc.nat(24)),
  doneFails: sometimes(
    fc.record({ at: fc.nat(9), how: fc.constantFrom<'throws' | 'rejects'>('throws', 'rejects') }),
  ),
  workers: fc.integer({ min: 1, max: 16 }),
  initializer: fc.constantFrom('none', 'none', 'none', 'async', 'rejects'),
  readers: fc.array(readerPlan, { maxLength: 5, size: 'max' }),
  submits: fc.array(jobPlan, { maxLength: 4, size: 'max' }),
  closeAfter: sometimes(fc.nat(12)),
  joins: fc.boolean(),
  acts: fc.oneof(fc.constant([]), fc.array(act, { maxLength: 4, size: 'max' })),
  limits: fc.oneof(fc.constant({}), limits),
  retry: retryPlan,
});

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  process.on('unhandledRejection', note);
});

afterEach(() => {
  process.off('unhandledRejection', note);
});

describe('whatever happens to a pool', () => {
  it('each job that is taken has one outcome, handed out once', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(scenario, async (drawn) => {
      const timers = countTimers();
      const run = new PoolRun(drawn);
      await run.play();
      checkOutcomes(run, drawn);
      checkTaking(run, drawn);
      checkAcknowledging(run, drawn);
      checkSubmissions(run, drawn);
      checkFailures(run, drawn);
      checkSessions(run, drawn);
      expect(unhandled).toEqual([]);
      expect(countTimers()).toBeLessThanOrEqual(timers);
    });
    // The limits are for what hangs: its seed is to be printed.
    const limits = {
      timeout: 5_000,
      interruptAfterTimeLimit: 50_000,
      markInterruptAsFailure: true,
    };
    await fc.assert(property, { numRuns: 1000, ...limits });
  });
});

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length;
}

/** One for each job, of the job's own object, and what the session did with it. */
function checkOutcomes(run: PoolRun, drawn: Scenario): void {
  const { handedOut, orders } = run;
  const indexes = handedOut.map(({ index }) => index).sort((a, b) => a - b);
  expect(indexes).toEqual(handedOut.map((_, i) => i));
  for (const order of orders) expect(order).toEqual(order.toSorted((a, b) => a - b));
  for (const outcome of handedOut) {
    expect(outcome.attempts).toBe(run.script.attemptsOf(outcome.requestKwargs));
    expect(outcome.attempts).toBeLessThanOrEqual(drawn.retry.limit + 1);
    if (outcome.attempts === 0)
      expect(outcome).toMatchObject({ exception: expect.any(AbortError) });
    else checkResult(run, drawn, outcome);
  }
}

function checkResult(run: PoolRun, drawn: Scenario, outcome: Outcome<ScriptedJob>): void {
  const { requestKwargs: job, attempts } = outcome;
  if (outcome.kind === 'exception' && isExcused(run, drawn, job, outcome.exception)) return;
  expect(outcome.kind).toBe(failsAt(job, attempts) ? 'exception' : 'response');
  if (outcome.kind === 'response') expect(outcome.response).toMatchObject({ url: job.url });
  else expect(outcome.exception).toBe(job.failure?.thrown);
}

function failsAt({ failure }: ScriptedJob, attempt: number): boolean {
  return failure !== undefined && attempt <= (failure.times ?? Infinity);
}

/** Whether a job may have failed with that whatever its session did. */
function isExcused(
  { isAborted, abortedJobs, reason, thrown }: PoolRun,
  { retry }: Scenario,
  job: ScriptedJob,
  exception: unknown,
): boolean {
  const canThrow = retry.hook === 'throws' || retry.hook === 'rejects' || retry.listenerThrows;
  if (exception === thrown) return canThrow && retry.limit > 0;
  if (exception === reason) return isAborted;
  return exception instanceof AbortError && (isAborted || abortedJobs.has(job));
}

/** Nothing taken is lost; nothing is left in a source but by a close or what broke. */
function checkTaking({ handedOut, submitted, script, ...run }: PoolRun, drawn: Scenario): void {
  const ended = new Set(handedOut.map(({ requestKwargs }) => requestKwargs));
  expect(ended.size).toBe(handedOut.length);
  for (const { job } of submitted) ended.add(job);
  for (const job of script.requests) expect(ended).toContain(job);
  for (const job of run.taken) expect(ended).toContain(job);
  if (run.queue !== undefined) expect(handedOut.length + run.queue.size).toBe(run.put.length);
  if (drawn.initializer === 'rejects') expect([handedOut, script.requests]).toEqual([[], []]);
  else if (drawn.closeAfter === undefined && !run.isAborted)
    expect(handedOut).toHaveLength(countExpected(run, drawn));
}

/** How many jobs a pool takes that nobody closes. */
function countExpected({ put, taken }: Pick<PoolRun, 'put' | 'taken'>, drawn: Scenario): number {
  if (breaks(drawn)) return taken.length;
  return drawn.source === 'jobQueue' ? put.length : drawn.jobs.length;
}

/** Whether its source breaks before it ends. */
function breaks({ source, breakAt = Infinity, jobs }: Scenario): boolean {
  const canBreak = source === 'generator' || source === 'asyncGenerator' || source === 'custom';
  return canBreak && breakAt < jobs.length;
}

/** `done()` was told of each, with the outcome unless its reader broke off. */
function checkAcknowledging({ told, handedOut, brokenOff }: PoolRun, { source }: Scenario): void {
  if (source !== 'jobQueue' && source !== 'custom') return;
  expect(told).toHaveLength(handedOut.length);
  const outcomes = new Map(told);
  for (const outcome of handedOut) {
    expect(outcomes.has(outcome.requestKwargs)).toBe(true);
    const consumed = brokenOff.has(outcome) ? undefined : outcome;
    expect(outcomes.get(outcome.requestKwargs) === consumed).toBe(true);
  }
}

function checkSubmissions(run: PoolRun, drawn: Scenario): void {
  for (const { job, result } of run.submitted) {
    const attempts = run.script.attemptsOf(job);
    if (result.status === 'fulfilled')
      expect([result.value.url, failsAt(job, attempts)]).toEqual([job.url, false]);
    else if (attempts === 0) checkUnsent(run, result.reason);
    else if (!isExcused(run, drawn, job, result.reason)) {
      expect(result.reason).toBe(job.failure?.thrown);
      expect(failsAt(job, attempts)).toBe(true);
    }
  }
}

function checkUnsent({ refused }: PoolRun, reason: unknown): void {
  if (reason !== refused) expect(reason).toBeInstanceOf(AbortError);
}

/** Unless a job was given up that its session went on with. */
function checkSessions({ script, isAborted, abortedJobs }: PoolRun, { limits }: Scenario): void {
  if (!isAborted && abortedJobs.size === 0) expect(script.mishaps).toEqual([]);
  expect(script.mishaps.filter((mishap) => mishap.includes('two jobs'))).toEqual([]);
  expect(script).toMatchObject({ isClosed: true, inFlight: 0 });
  const { concurrency = Infinity } = limits.perOrigin ?? {};
  for (const most of script.maxInFlightOf.values()) expect(most).toBeLessThanOrEqual(concurrency);
}

/** All are told the same: what broke first. */
function checkFailures(run: PoolRun, drawn: Scenario): void {
  expect(new Set(run.failures).size).toBeLessThanOrEqual(1);
  const [failure] = run.failures;
  if (drawn.initializer === 'rejects') expect(failure).toBe(run.refused);
  else if (failure !== undefined) expect([run.broken, run.unacknowledged]).toContain(failure);
  else expect(breaks(drawn) && drawn.closeAfter === undefined && !run.isAborted).toBe(false);
}
