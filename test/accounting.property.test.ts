import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AbortError, type Outcome } from '../src/index.js';
import {
  FAILURES,
  type JobPlan,
  PoolRun,
  type ReaderPlan,
  type Scenario,
} from './helpers/pool-run.js';
import type { ScriptedJob } from './helpers/scripted-session.js';

const jobPlan = fc.record<JobPlan>({
  failure: fc.option(fc.nat(FAILURES.length - 1), { nil: undefined }),
  when: fc.constantFrom('now', 'soon', 'soon', 'later', 'gate'),
  children: fc.constantFrom(0, 0, 1, 2),
});

const readerPlan = fc.record<ReaderPlan>({
  reads: fc.constantFrom('responses', 'exceptions', 'outcomes', 'get', 'join'),
  start: fc.constantFrom('before', 'while', 'after'),
  breakAfter: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
});

/** One in three. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  );

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
      checkOutcomes(run);
      checkTaking(run, drawn);
      checkAcknowledging(run, drawn);
      checkSubmissions(run);
      checkFailures(run, drawn);
      expect(run.script).toMatchObject({ mishaps: [], isClosed: true, inFlight: 0 });
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
function checkOutcomes({ handedOut, script }: PoolRun): void {
  const indexes = handedOut.map(({ index }) => index).sort((a, b) => a - b);
  expect(indexes).toEqual(handedOut.map((_, i) => i));
  const requested = new Set(script.requests);
  expect(requested.size).toBe(script.requests.length);
  for (const outcome of handedOut) {
    if (requested.has(outcome.requestKwargs)) checkResult(outcome);
    else expect(outcome).toMatchObject({ exception: expect.any(AbortError) });
  }
}

function checkResult(outcome: Outcome<ScriptedJob>): void {
  const { url, failure } = outcome.requestKwargs;
  expect(outcome.kind).toBe(failure === undefined ? 'response' : 'exception');
  if (outcome.kind === 'response') expect(outcome.response).toMatchObject({ url });
  else expect(outcome.exception).toBe(failure?.thrown);
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
  else if (drawn.closeAfter === undefined)
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

function checkSubmissions({ submitted, script, refused }: PoolRun): void {
  for (const { job, result } of submitted) {
    if (result.status === 'fulfilled')
      expect([result.value.url, job.failure]).toEqual([job.url, undefined]);
    else if (script.requests.includes(job)) expect(result.reason).toBe(job.failure?.thrown);
    else if (result.reason !== refused) expect(result.reason).toBeInstanceOf(AbortError);
  }
}

/** All are told the same: what broke first. */
function checkFailures(run: PoolRun, drawn: Scenario): void {
  expect(new Set(run.failures).size).toBeLessThanOrEqual(1);
  const [failure] = run.failures;
  if (drawn.initializer === 'rejects') expect(failure).toBe(run.refused);
  else if (failure !== undefined) expect([run.broken, run.unacknowledged]).toContain(failure);
  else expect(breaks(drawn) && drawn.closeAfter === undefined).toBe(false);
}
