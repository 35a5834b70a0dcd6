import { describe, expect, it } from 'vitest';
import { JobQueue, type Outcome, Pool, ThreadException, ThreadResponse } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  mixedJobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

const { session } = new Script();

const urls = (outcomes: readonly { requestKwargs: ScriptedJob }[]) =>
  outcomes.map(({ requestKwargs }) => requestKwargs.url);

describe('reading a pool', () => {
  it('gives each job one outcome: the session answered, or threw', async () => {
    const thrown = [new Error('no'), new TypeError('no'), 'junk', 7, null, undefined];
    const work: ScriptedJob[] = [...jobs(2), ...thrown.map((each, i) => failing(`${i}`, each))];
    const pool = new Pool({ jobQueue: work, session, numProcesses: 1 });
    const outcomes = await collect(pool);
    expect(outcomes.map(({ requestKwargs }) => requestKwargs)).toEqual(work);
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes.slice(0, 2)).toEqual([expect.any(ThreadResponse), expect.any(ThreadResponse)]);
    const exceptions = outcomes.slice(2).map((each) => each.kind === 'exception' && each.exception);
    expect(exceptions).toEqual(thrown);
  });

  it('makes an outcome of a synchronous throw too', async () => {
    const work = [{ ...failing('a', 'junk'), when: 'now' as const }, { url: 'b' }];
    const pool = new Pool({ jobQueue: work, session, numProcesses: 1 });
    expect(urls(await collect(pool.exceptions()))).toEqual(['a']);
    expect(urls(await collect(pool.responses()))).toEqual(['b']);
  });

  it('gives a thenable that was thrown as it is', async () => {
    const then = () => 'taken apart';
    const pool = new Pool({ jobQueue: [failing('a', { then })], session });
    const [exception] = await collect(pool.exceptions());
    expect(exception).toBeInstanceOf(ThreadException);
    expect(exception?.exception).toEqual({ then });
  });

  it('can come before, while or after it runs', async () => {
    for (const when of ['before', 'while', 'after']) {
      const gate = new Gate();
      const pool = new Pool({ jobQueue: jobs(4, { when: gate }), session, numProcesses: 2 });
      const read = () => [collect(pool.responses()), collect(pool.exceptions())];
      if (when !== 'before') await quiet();
      const reading = when === 'after' ? [] : read();
      gate.open();
      if (when === 'after') await pool.joinAll();
      const [responses, exceptions] = await Promise.all(reading.length > 0 ? reading : read());
      expect([responses?.length, exceptions?.length]).toEqual([4, 0]);
    }
  });

  it.each([
    ['responses, then exceptions', ['responses', 'exceptions']],
    ['exceptions, then responses', ['exceptions', 'responses']],
  ] as const)('may be one kind after the other: %s', async (_, order) => {
    const pool = new Pool({ jobQueue: mixedJobs(10), session, numProcesses: 3 });
    for (const kind of order) expect(await collect<unknown>(pool[kind]())).toHaveLength(5);
  });

  it('goes in the order of completion', async () => {
    const gates = [new Gate(), new Gate(), new Gate()];
    const work = gates.map((when, i) => ({ url: `${i}`, when }));
    const pool = new Pool({ jobQueue: work, session, numProcesses: 3 });
    for (const i of [2, 0, 1]) {
      gates[i]?.open();
      await quiet();
    }
    const outcomes = await collect(pool.outcomes());
    expect(outcomes.map(({ index }) => index)).toEqual([2, 0, 1]);
  });

  it('mixes both kinds in the order of completion', async () => {
    const pool = new Pool({ jobQueue: mixedJobs(6), session, numProcesses: 1 });
    await pool.joinAll();
    const kinds = (await collect(pool)).map(({ kind }) => kind[0]).join('');
    expect(kinds).toBe('rerere');
  });

  it('gives the outcomes live', async () => {
    const gate = new Gate();
    const work = [{ url: 'a' }, { url: 'b', when: gate }];
    const pool = new Pool({ jobQueue: work, session, numProcesses: 1 });
    const responses = pool.responses();
    expect((await responses.next()).value).toMatchObject({ requestKwargs: { url: 'a' } });
    const next = responses.next();
    gate.open();
    expect((await next).value).toMatchObject({ requestKwargs: { url: 'b' } });
    expect(await responses.next()).toEqual({ done: true, value: undefined });
  });

  it('shares the outcomes among all readers, each going to one', async () => {
    const pool = new Pool({ jobQueue: mixedJobs(60), session, numProcesses: 4 });
    const readers = [
      pool.responses(),
      pool.responses(),
      pool.exceptions(),
      pool.outcomes(),
      pool[Symbol.asyncIterator](),
    ];
    const read = await Promise.all(readers.map((reader) => collect<Outcome<ScriptedJob>>(reader)));
    const indexes = read.flat().map(({ index }) => index);
    expect(indexes).toHaveLength(60);
    expect(new Set(indexes).size).toBe(60);
    expect(read[0]?.length).toBeGreaterThan(0);
    expect(read[1]?.length).toBeGreaterThan(0);
  });

  it('goes on with another reader where one broke off', async () => {
    const pool = new Pool({ jobQueue: jobs(5), session, numProcesses: 1 });
    const read: ScriptedJob[] = [];
    for await (const { requestKwargs } of pool.responses()) {
      read.push(requestKwargs);
      if (read.length === 2) break;
    }
    for await (const { requestKwargs } of pool) read.push(requestKwargs);
    expect(read).toEqual(jobs(5));
  });

  it('may join the pool, or close it, while it holds an outcome', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(3));
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 1 });
    let count = 0;
    for await (const _ of pool.responses()) {
      await pool.joinAll();
      if (++count === 3) await pool.close();
    }
    expect(count).toBe(3);
  });

  it('ends at once when there is nothing', async () => {
    for (const jobQueue of [[], new JobQueue<ScriptedJob>()]) {
      const pool = new Pool({ jobQueue, session });
      expect(await collect<unknown>(pool.responses())).toEqual([]);
      expect(await collect<unknown>(pool.exceptions())).toEqual([]);
      expect(await collect<unknown>(pool)).toEqual([]);
    }
  });

  it('waits for what another reader holds: it may put a job', async () => {
    const queue = new JobQueue<ScriptedJob>([{ url: 'a' }]);
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 1 });
    const holder = pool.responses();
    await holder.next();
    const other = collect(pool.responses());
    await quiet();
    queue.put({ url: 'b' });
    await holder.return();
    expect(urls(await other)).toEqual(['b']);
  });

  it('ends the readers of one kind, whatever of the other is unread', async () => {
    const pool = new Pool({ jobQueue: mixedJobs(10), session, numProcesses: 2 });
    expect(await collect(pool.responses())).toHaveLength(5);
    expect(await collect(pool.responses())).toEqual([]);
    expect(await collect(pool.exceptions())).toHaveLength(5);
  });
});

describe('getResponse() and getException()', () => {
  it('give the next one if one is there', async () => {
    const pool = new Pool({ jobQueue: mixedJobs(4), session, numProcesses: 1 });
    expect([pool.getResponse(), pool.getException()]).toEqual([undefined, undefined]);
    await pool.joinAll();
    expect(pool.getResponse()).toMatchObject({ kind: 'response', index: 0 });
    expect(pool.getException()).toMatchObject({ kind: 'exception', index: 1 });
    expect(pool.getResponse()).toMatchObject({ kind: 'response', index: 2 });
    expect(pool.getResponse()).toBe(undefined);
    expect(pool.getException()).toMatchObject({ kind: 'exception', index: 3 });
    expect(pool.getException()).toBe(undefined);
  });

  it('do not take what went to a reader that waits', async () => {
    const pool = new Pool({ jobQueue: jobs(1), session });
    const reader = pool.responses();
    const first = reader.next();
    await pool.joinAll();
    expect(pool.getResponse()).toBe(undefined);
    expect((await first).done).toBe(false);
  });
});
