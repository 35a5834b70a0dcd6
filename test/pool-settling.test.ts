import { describe, expect, it } from 'vitest';
import { JobQueue, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedJob,
} from './helpers/scripted-session.js';

describe('a pool with a job queue', () => {
  it('starts by itself, after the constructor has returned', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(1), session: script.session });
    expect(script.requests).toEqual([]);
    await quiet();
    expect(script.requests).toEqual(jobs(1));
    expect(pool.getResponse()).toBeDefined();
  });

  it('takes the jobs that are put while it runs', async () => {
    const { session } = new Script();
    const queue = new JobQueue<ScriptedJob>([{ url: '1' }]);
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 3 });
    const seen: string[] = [];
    for await (const { url } of pool.responses()) {
      seen.push(url);
      if (url.length < 4) for (const next of ['0', '1']) queue.put({ url: url + next });
    }
    expect(seen).toHaveLength(1 + 2 + 4 + 8);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('takes them too when they are put beside getResponse()', async () => {
    const { session } = new Script();
    const queue = new JobQueue<ScriptedJob>([{ url: '1' }]);
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 2 });
    let count = 0;
    for (let joined = false; !joined; ) {
      await pool.joinAll();
      joined = true;
      for (let response = pool.getResponse(); response; response = pool.getResponse()) {
        count++;
        joined = false;
        if (response.url.length < 4) queue.put({ url: `${response.url}0` });
      }
    }
    expect(count).toBe(4);
  });

  it('is settled when every job taken has its outcome, read or not', async () => {
    const { session } = new Script();
    const gate = new Gate();
    const pool = new Pool({ jobQueue: [{ url: 'a', when: gate }, failing('b')], session });
    let joined = false;
    const joining = pool.joinAll().then(() => {
      joined = true;
    });
    await quiet();
    expect(joined).toBe(false);
    gate.open();
    await Promise.all([joining, pool.joinAll()]);
    await pool.joinAll();
  });

  it('leaves what is put after its end', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = new Pool({ jobQueue: queue, session: script.session });
    await collect(pool);
    await quiet();
    queue.put({ url: 'late' });
    await quiet();
    expect(queue.size).toBe(1);
    expect(script.requests).toHaveLength(1);
  });

  it('closes its sessions when it is settled and no reader holds an outcome', async () => {
    const script = new Script();
    const pool = new Pool({ jobQueue: jobs(2), session: script.session, numProcesses: 2 });
    const reader = pool.responses();
    await reader.next();
    await quiet();
    expect(script.closed).toEqual([0, 0]);
    await reader.return();
    await quiet();
    expect(script.closed).toEqual([1, 1]);
    expect(await collect(pool.responses())).toHaveLength(1);
    expect(script.closed).toEqual([1, 1]);
  });

  it('can be joined before it is read, although its jobs wait for their readers', async () => {
    const { session } = new Script();
    const pool = new Pool({ jobQueue: new JobQueue(jobs(9)), session, numProcesses: 2 });
    await pool.joinAll();
    expect(await collect(pool.responses())).toHaveLength(9);
  });

  it('is settled although another pool was given what was put last', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const options = { jobQueue: queue, session: script.session, numProcesses: 1 };
    const [waiting, busy] = [new Pool(options), new Pool(options)];
    await quiet();
    const [first, second] = [waiting, busy].map((pool) => pool.getResponse());
    queue.put({ url: 'another' });
    const joined = [waiting, busy].map((pool) => pool.joinAll());
    expect([first, second].filter(Boolean)).toHaveLength(1);
    await Promise.all(joined);
    expect(script.requests).toHaveLength(2);
  });

  it('keeps its sessions open while a reader goes from one outcome to the next', async () => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(2));
    const pool = new Pool({ jobQueue: queue, session: script.session, numProcesses: 2 });
    const closedAt: number[] = [];
    for await (const { url } of pool.responses()) {
      await quiet();
      closedAt.push(Math.max(...script.closed));
      if (url === 'job 1') queue.put({ url: 'another' });
    }
    await quiet();
    expect(closedAt).toEqual([0, 0, 0]);
    expect(script.closed).toEqual([1, 1]);
  });

  it('lets a reader end although another was left with an outcome in its hands', async () => {
    const { session } = new Script();
    const pool = new Pool({ jobQueue: jobs(3), session });
    await pool.responses().next();
    expect(await collect(pool.responses())).toHaveLength(2);
  });

  it('keeps a reader waiting while another holds what a job may be put for', async () => {
    const { session } = new Script();
    const queue = new JobQueue<ScriptedJob>(jobs(1));
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 1 });
    const [holder, waiting] = [pool.responses(), pool.responses()];
    await holder.next();
    let hasEnded = false;
    const end = waiting.next().then(({ done }) => {
      hasEnded = done === true;
    });
    queue.put(failing('another'));
    await quiet();
    expect(pool.getException()?.requestKwargs.url).toBe('another');
    await quiet();
    expect(hasEnded).toBe(false);
    expect(await holder.next()).toEqual({ done: true, value: undefined });
    await end;
    expect(hasEnded).toBe(true);
  });
});
