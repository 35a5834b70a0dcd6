import { describe, expect, it } from 'vitest';
import { AbortError, InvalidJobError, JobQueue, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

describe('submit()', () => {
  it("resolves with the session's response, and no reader sees it", async () => {
    const script = new Script();
    const pool = new Pool({ session: script.session, numProcesses: 2 });
    const job = { url: 'a' };
    expect(await pool.submit(job)).toEqual({ url: 'a', by: expect.any(Number) });
    expect(script.requests[0]).toBe(job);
    expect(await collect<unknown>(pool)).toEqual([]);
    await pool.close();
  });

  it('rejects with what was thrown', async () => {
    await using pool = new Pool({ session: new Script().session });
    const error = new Error('no');
    await expect(pool.submit(failing('a', error))).rejects.toBe(error);
    await expect(pool.submit(failing('b', undefined))).rejects.toBe(undefined);
    await pool.joinAll();
  });

  it('goes before the jobs of the queue', async () => {
    const script = new Script();
    const gate = new Gate();
    const jobQueue = jobs(3, { when: gate });
    const pool = new Pool({ session: script.session, jobQueue, numProcesses: 1 });
    await quiet();
    const submitted = pool.submit({ url: 'first' });
    gate.open();
    await submitted;
    await pool.joinAll();
    expect(script.requests.map(({ url }) => url)).toEqual(['job 0', 'first', 'job 1', 'job 2']);
    expect((await collect(pool)).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it.each<[string, (url: string) => ScriptedJob]>([
    ['answered', (url) => ({ url })],
    ['failed', (url) => failing(url)],
  ])('goes before them also if it follows another that was %s', async (_, toJob) => {
    const script = new Script();
    const pool = new Pool({ session: script.session, jobQueue: jobs(2), numProcesses: 1 });
    for (const url of ['a', 'b', 'c'])
      try {
        await pool.submit(toJob(url));
      } catch {
        // That is no reason for the others to wait.
      }
    pool.pause();
    await quiet();
    expect(script.requests.map(({ url }) => url)).toEqual(['a', 'b', 'c']);
    await pool.close();
  });

  it('is served by a worker that waits for the source', async () => {
    const gate = new Gate();
    async function* slow(): AsyncGenerator<ScriptedJob> {
      await gate.opened;
      yield { url: 'a' };
    }
    const pool = new Pool({ session: new Script().session, jobQueue: slow(), numProcesses: 1 });
    await quiet();
    expect(await pool.submit({ url: 'b' })).toMatchObject({ url: 'b' });
    gate.open();
    expect(await collect(pool)).toHaveLength(1);
  });

  it('keeps a job of the source that came when its worker was busy with another', async () => {
    const [pull, answer] = [new Gate(), new Gate()];
    async function* slow(): AsyncGenerator<ScriptedJob> {
      await pull.opened;
      yield { url: 'a' };
    }
    const script = new Script();
    const pool = new Pool({ session: script.session, jobQueue: slow(), numProcesses: 1 });
    await quiet();
    const submitted = pool.submit({ url: 'b', when: answer });
    pull.open();
    await quiet();
    expect(script.requests).toHaveLength(1);
    answer.open();
    await submitted;
    expect(await collect(pool)).toHaveLength(1);
  });

  it('asks the source no more often than there are workers that wait', async () => {
    let asked = 0;
    const source = {
      get: () => {
        asked++;
        return new Promise<ScriptedJob>(() => {});
      },
    };
    const pool = new Pool({ session: new Script().session, jobQueue: source, numProcesses: 2 });
    for (const url of ['a', 'b', 'c']) await pool.submit({ url });
    await quiet();
    expect(asked).toBe(2);
    await pool.close();
  });

  it('may come from the source of the very pool, with one worker too', async () => {
    async function* loggedIn(): AsyncGenerator<ScriptedJob> {
      const { url } = await pool.submit({ url: 'login' });
      yield { url: `after ${url}` };
    }
    const script = new Script();
    const pool: Pool<ReturnType<typeof script.session>> = new Pool({
      session: script.session,
      jobQueue: loggedIn(),
      numProcesses: 1,
    });
    await pool.joinAll();
    expect(script.requests.map(({ url }) => url)).toEqual(['login', 'after login']);
  });

  it('may be called in get(), with one worker too', async () => {
    const script = new Script();
    let submitted: Promise<unknown> | undefined;
    const get = () => {
      submitted ??= pool.submit({ url: 'a' });
      return submitted.then(() => undefined);
    };
    const pool: Pool<ReturnType<typeof script.session>> = new Pool({
      session: script.session,
      jobQueue: { get },
      numProcesses: 1,
    });
    await pool.joinAll();
    expect(script.requests).toEqual([{ url: 'a' }]);
  });

  it('works while the jobs of the queue are settled and not all read', async () => {
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const script = new Script();
    const pool = new Pool({ session: script.session, jobQueue: queue, numProcesses: 1 });
    await pool.joinAll();
    await pool.submit({ url: 'late' });
    await collect(pool);
    expect(script.mishaps).toEqual([]);
    expect(script.isClosed).toBe(true);
  });

  it('refuses what is no job', async () => {
    await using pool = new Pool();
    for (const junk of [undefined, null, 7, 'http://a.example/'])
      await expect(pool.submit(junk as never)).rejects.toBeInstanceOf(InvalidJobError);
  });

  it('refuses a job once the pool is closed, or its source has ended', async () => {
    const script = new Script();
    const closed = new Pool({ session: script.session });
    const closing = closed.close();
    await expect(closed.submit({ url: 'a' })).rejects.toThrow(AbortError);
    await closing;
    const ended = new Pool({ session: script.session, jobQueue: [] });
    await ended.joinAll();
    await expect(ended.submit({ url: 'a' })).rejects.toThrow('the pool takes no more jobs');
    expect(script.requests).toEqual([]);
  });

  it('keeps the sessions of a pool without a queue open until close()', async () => {
    const script = new Script();
    const pool = new Pool({ session: script.session, numProcesses: 2 });
    await pool.submit({ url: 'a' });
    await pool.joinAll();
    await quiet();
    expect(script.closed).toEqual([0, 0]);
    await pool.close();
    expect(script.closed).toEqual([1, 1]);
  });
});
