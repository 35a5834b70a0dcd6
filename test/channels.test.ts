import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type JobMessage, Pool, type PoolOptions } from '../src/index.js';
import { Ledger } from '../src/queue/ledger.js';
import { Gate } from './helpers/gate.js';
import {
  failing,
  flaky,
  jobs,
  quiet,
  Script,
  type ScriptedSession,
} from './helpers/scripted-session.js';

const CHANNELS = ['start', 'retry', 'end'] as const;
type Step = (typeof CHANNELS)[number];

interface Published {
  readonly step: Step;
  readonly message: JobMessage;
  /** As it was when it was published. */
  readonly seen: JobMessage;
}

/** What is published from now on, until the test ends. */
function listen(...steps: readonly Step[]): Published[] {
  const published: Published[] = [];
  for (const step of steps.length > 0 ? steps : CHANNELS) {
    const name = `session-pool:job:${step}`;
    const note = (message: unknown) =>
      published.push({
        step,
        message: message as JobMessage,
        seen: { ...(message as JobMessage) },
      });
    subscribe(name, note);
    onTestFinished(() => void unsubscribe(name, note));
  }
  return published;
}

function poolOf(jobQueue: PoolOptions<ScriptedSession>['jobQueue'], script = new Script()) {
  const { session } = script;
  return new Pool<ScriptedSession>({ jobQueue, session, numProcesses: 1 });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the channels of jobs', () => {
  it('tell of the start and the end of each', async () => {
    const published = listen();
    const script = new Script();
    const work = [{ url: 'a' }, failing('b', 'no')];
    const pool = poolOf(work, script);
    const outcomes = [];
    for await (const outcome of pool) outcomes.push(outcome);
    const [session] = script.sessions;
    const about = (index: number) => ({
      pool,
      requestKwargs: work[index],
      index,
      attempts: 1,
      session,
    });
    expect(published.map(({ step, seen }) => [step, seen])).toEqual([
      ['start', about(0)],
      ['end', { ...about(0), outcome: outcomes[0] }],
      ['start', about(1)],
      ['end', { ...about(1), outcome: outcomes[1] }],
    ]);
    expect(published[1]?.message.outcome).toBe(outcomes[0]);
    expect(published[0]?.message.requestKwargs).toBe(work[0]);
  });

  it('have one message for one job, so that what is kept by it is found again', async () => {
    const published = listen();
    await poolOf([flaky('a', 2), { url: 'b' }]).joinAll();
    const steps = new Map<JobMessage, Step[]>();
    for (const { step, message } of published)
      steps.set(message, [...(steps.get(message) ?? []), step]);
    expect([...steps.values()].toSorted()).toEqual([
      ['start', 'end'],
      ['start', 'retry', 'retry', 'end'],
    ]);
  });

  it('tell of each retry what the attempt came to, and how long the next one waits', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const published = listen();
    const job = { ...flaky('a'), retry: { backoffBase: 8 } };
    await poolOf([job]).joinAll();
    const retry = { attempts: 1, response: undefined, exception: job.failure?.thrown, delay: 4 };
    expect(published.map(({ seen }) => seen)).toMatchObject([
      { attempts: 1 },
      retry,
      { attempts: 2 },
    ]);
    const nothing = { response: undefined, exception: undefined, delay: undefined };
    expect(published.at(-1)?.seen).toMatchObject({ ...nothing, outcome: { kind: 'response' } });
  });

  it('name the session that ran the last attempt', async () => {
    const published = listen();
    const script = new Script();
    const pool = new Pool<ScriptedSession>({
      jobQueue: [flaky('a')],
      session: script.session,
      numProcesses: 1,
      retireWhen: ({ kind }) => kind === 'exception',
    });
    await pool.joinAll();
    const [first, second] = script.sessions;
    expect(published.map(({ step, seen }) => [step, seen.session])).toEqual([
      ['start', first],
      ['retry', first],
      ['end', second],
    ]);
  });

  it('tell the end alone of a job that never started', async () => {
    const published = listen();
    await poolOf([{ url: 'a', signal: AbortSignal.abort() }]).joinAll();
    expect(published.map(({ step, seen }) => [step, seen])).toEqual([
      ['end', expect.objectContaining({ attempts: 0, session: undefined, index: 0 })],
    ]);
  });

  it('tell of what was submitted', async () => {
    const published = listen();
    const pool = poolOf(undefined);
    const job = { url: 'a' };
    await pool.submit(job);
    await pool.close();
    expect(published.map(({ step, seen }) => [step, seen.index, seen.requestKwargs])).toEqual([
      ['start', -1, job],
      ['end', -1, job],
    ]);
  });

  it('tell whose jobs they are', async () => {
    const published = listen('end');
    const pools = [poolOf(jobs(1)), poolOf(jobs(2))];
    await Promise.all(pools.map((pool) => pool.joinAll()));
    expect(pools.map((pool) => published.filter(({ seen }) => seen.pool === pool).length)).toEqual([
      1, 2,
    ]);
  });

  it('tell the end what a listener that threw made of it', async () => {
    const published = listen('end');
    const pool = poolOf(jobs(1));
    pool.on('response', () => {
      throw new Error('a listener threw');
    });
    await pool.joinAll();
    expect(published).toMatchObject([{ seen: { outcome: { kind: 'exception' } } }]);
  });

  it('tell one who comes midway what happens from then on', async () => {
    const gates = [new Gate(), new Gate()];
    const pool = poolOf(gates.map((when, i) => ({ url: `job ${i}`, when })));
    await quiet();
    const published = listen();
    for (const gate of gates) gate.open();
    await pool.joinAll();
    expect(published.map(({ step, seen }) => [step, seen.index])).toEqual([
      ['end', 0],
      ['start', 1],
      ['end', 1],
    ]);
  });

  it('cost a job nothing that nobody listens to: it has no message, and no scope', async () => {
    const settle = vi.spyOn(Ledger.prototype, 'settle');
    await poolOf([flaky('a'), failing('b')]).joinAll();
    const tickets = settle.mock.calls.map(([ticket]) => ticket);
    expect(tickets).toHaveLength(2);
    for (const { message, scope } of tickets)
      expect([message, scope]).toEqual([undefined, undefined]);
  });
});

describe('what is bound to the channel of starts', () => {
  it('holds while the job runs, in each of its attempts', async () => {
    const store = new AsyncLocalStorage<string>();
    const start = channel('session-pool:job:start');
    start.bindStore(store, (message) => `span of ${(message as JobMessage).index}`);
    onTestFinished(() => void start.unbindStore(store));
    const seen: unknown[] = [];
    const script = new Script();
    const pool = new Pool<ScriptedSession>({
      jobQueue: [flaky('a'), { url: 'b' }],
      numProcesses: 1,
      session: () => {
        const session = script.session();
        const request = session.request.bind(session);
        session.request = async (...args) => {
          const before = store.getStore();
          await quiet();
          seen.push([args[0].url, before, store.getStore()]);
          return request(...args);
        };
        return session;
      },
    });
    await pool.joinAll();
    expect(seen.toSorted()).toEqual([
      ['a', 'span of 0', 'span of 0'],
      ['a', 'span of 0', 'span of 0'],
      ['b', 'span of 1', 'span of 1'],
    ]);
    expect(store.getStore()).toBeUndefined();
  });
});
