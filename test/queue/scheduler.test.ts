import { describe, expect, it } from 'vitest';
import { Pool } from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import {
  collect,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
  type ScriptedSession,
} from '../helpers/scripted-session.js';

describe('a source of your own', () => {
  it('is asked for as many jobs at once as workers wait', async () => {
    const waiting: ((job: ScriptedJob | undefined) => void)[] = [];
    const get = () => new Promise<ScriptedJob | undefined>((resolve) => waiting.push(resolve));
    const pool = new Pool({
      session: new Script().session,
      jobQueue: { get },
      numProcesses: 3,
    });
    await quiet();
    expect(waiting).toHaveLength(3);
    waiting[2]?.({ url: 'a' });
    waiting[0]?.({ url: 'b' });
    waiting[1]?.(undefined);
    const outcomes = await collect(pool);
    expect(outcomes.map(({ requestKwargs, index }) => [requestKwargs.url, index])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  it('may say that it has ended while another get() still waits', async () => {
    const waiting: ((job: ScriptedJob | undefined) => void)[] = [];
    const get = () => new Promise<ScriptedJob | undefined>((resolve) => waiting.push(resolve));
    const pool = new Pool({ session: new Script().session, jobQueue: { get }, numProcesses: 2 });
    await quiet();
    waiting[0]?.(undefined);
    await quiet();
    waiting[1]?.({ url: 'a' });
    expect(await collect(pool)).toHaveLength(1);
    expect(waiting).toHaveLength(2);
  });

  it.each(['throws', 'rejects'])('that %s in get() loses none of the others', async (how) => {
    const broken = new Error('the source broke');
    const waiting: ((job: ScriptedJob) => void)[] = [];
    const get = () => {
      if (waiting.length < 2) return new Promise<ScriptedJob>((resolve) => waiting.push(resolve));
      if (how === 'rejects') return Promise.reject(broken);
      throw broken;
    };
    const pool = new Pool({ session: new Script().session, jobQueue: { get }, numProcesses: 3 });
    await quiet();
    for (const [i, resolve] of waiting.entries()) resolve({ url: `${i}` });
    await expect(pool.joinAll()).rejects.toBe(broken);
    expect([pool.getResponse(), pool.getResponse()]).toEqual([
      expect.objectContaining({ index: 0 }),
      expect.objectContaining({ index: 1 }),
    ]);
  });

  it('may give thenables that call back at once, or throw', async () => {
    const pending = jobs(3).values();
    const get = () => {
      const then = (resolve: (job: ScriptedJob | undefined) => void) =>
        resolve(pending.next().value);
      return { then } as PromiseLike<ScriptedJob | undefined>;
    };
    const { session } = new Script();
    const pool = new Pool({ session, jobQueue: { get }, numProcesses: 1 });
    expect(await collect(pool)).toHaveLength(3);

    const broken = new Error('no thenable');
    const then = () => {
      throw broken;
    };
    const other = new Pool({ session, jobQueue: { get: () => ({ then }) }, numProcesses: 1 });
    await expect(other.joinAll()).rejects.toBe(broken);
  });

  it('is told by the signal of get() when no more jobs are wanted', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const source = {
      get: ({ signal }: { signal?: AbortSignal }) => {
        signals.push(signal);
        return new Promise<undefined>((resolve) =>
          signal?.addEventListener('abort', () => resolve(undefined)),
        );
      },
    };
    const pool = new Pool({ session: new Script().session, jobQueue: source, numProcesses: 2 });
    await quiet();
    expect(signals.map((signal) => signal?.aborted)).toEqual([false, false]);
    await pool.close();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it('may submit a job while it is asked for one, which goes before those that have to wait', async () => {
    const script = new Script();
    const gate = new Gate();
    const submitted: Promise<unknown>[] = [];
    function* source(): Generator<ScriptedJob> {
      yield { url: 'http://a.test/1', when: gate };
      yield { url: 'http://a.test/2' };
      submitted.push(pool.submit({ url: 'http://b.test/' }));
    }
    const pool: Pool<ScriptedSession> = new Pool({
      session: script.session,
      jobQueue: source(),
      numProcesses: 2,
      perOrigin: { concurrency: 1 },
    });
    await quiet();
    expect(script.requests.map(({ url }) => url)).toEqual(['http://a.test/1', 'http://b.test/']);
    gate.open();
    await Promise.all([pool.joinAll(), ...submitted]);
    expect(script.requests).toHaveLength(3);
  });
});
