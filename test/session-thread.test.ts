import { describe, expect, it } from 'vitest';
import {
  type Job,
  JobQueue,
  type JobSource,
  type Outcome,
  type Response,
  Session,
  SessionThread,
  ThreadException,
  ThreadResponse,
} from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import {
  failing,
  jobs,
  quiet,
  Script,
  type ScriptedAnswer,
  type ScriptedJob,
} from './helpers/scripted-session.js';

/** A thread of its own, with its three queues. */
function startThread(queued: readonly ScriptedJob[], script = new Script()) {
  const queue = new JobQueue(queued);
  const responses = new JobQueue<[ScriptedJob, ScriptedAnswer]>();
  const exceptions = new JobQueue<[ScriptedJob, unknown]>();
  const session = script.session();
  const thread = new SessionThread(session, queue, responses, exceptions);
  return { thread, queue, responses, exceptions, session };
}

describe('a session thread', () => {
  it('runs the jobs one after another and puts what became of them into two queues', async () => {
    const script = new Script();
    const thrown = new TypeError('no');
    const work = [{ url: 'a' }, failing('b', thrown), { url: 'c' }];
    const { thread, responses, exceptions } = startThread(work, script);
    await thread.join();
    expect([responses.get(), responses.get(), responses.size]).toEqual([
      [work[0], { url: 'a', by: 0 }],
      [work[2], { url: 'c', by: 0 }],
      0,
    ]);
    expect([exceptions.get(), exceptions.size]).toEqual([[work[1], thrown], 0]);
    expect(script.maxInFlight).toBe(1);
  });

  it.each([
    ['an error', new Error('no')],
    ['a string', 'no'],
    ['nothing', undefined],
  ])('survives %s, thrown in the call or later', async (_, thrown) => {
    const work = [
      { ...failing('a', thrown), when: 'now' as const },
      failing('b', thrown),
      { url: 'c' },
    ];
    const { thread, responses, exceptions } = startThread(work);
    await thread.join();
    expect([exceptions.get(), exceptions.get()]).toEqual([
      [work[0], thrown],
      [work[1], thrown],
    ]);
    expect(responses.size).toBe(1);
  });

  it('is alive until no job will come', async () => {
    const gate = new Gate();
    const { thread } = startThread([{ url: 'a', when: gate }]);
    expect(thread.isAlive()).toBe(true);
    await quiet();
    expect(thread.isAlive()).toBe(true);
    gate.open();
    await thread.join();
    expect(thread.isAlive()).toBe(false);
  });

  it('starts after its constructor has returned', async () => {
    const script = new Script();
    const { thread, queue } = startThread([], script);
    queue.put({ url: 'a' });
    expect(script.requests).toEqual([]);
    await thread.join();
    expect(script.requests).toEqual([{ url: 'a' }]);
  });

  it('has a UUID for its name', () => {
    const [a, b] = [startThread([]).thread, startThread([]).thread];
    expect(a.name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(a.name).not.toBe(b.name);
  });

  it.each([
    ['', undefined],
    [' of its own', {}],
  ])('has its jobs retried as they say, without options and with those%s', async (_, options) => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const queue = new JobQueue<Job>([{ url: server.url, retry: { limit: 1, backoffBase: 0 } }]);
    const responses = new JobQueue<[Job, Response]>();
    const exceptions = new JobQueue<[Job, unknown]>();
    await new SessionThread(new Session(), queue, responses, exceptions, options).join();
    expect([server.requests.length, responses.size]).toEqual([2, 1]);
  });

  it('leaves the session open', async () => {
    const { thread, session } = startThread(jobs(2));
    await thread.join();
    expect(session.closed).toBe(0);
  });

  it('tells the queue of each job once, with its outcome, after it has put it', async () => {
    const told: [ScriptedJob, Outcome<ScriptedJob> | undefined, number][] = [];
    const work = [{ url: 'a' }, failing('b', 'junk')];
    const pending = work.values();
    const results: unknown[] = [];
    const source: JobSource<ScriptedJob> = {
      get: async () => pending.next().value,
      done: (job, outcome) => void told.push([job, outcome, results.length]),
    };
    const sink = { put: (item: unknown) => void results.push(item) };
    await new SessionThread(new Script().session(), source, sink, sink).join();
    expect(told.map(([job, , put]) => [job, put])).toEqual([
      [work[0], 1],
      [work[1], 2],
    ]);
    const [response, exception] = told.map(([, outcome]) => outcome);
    expect(response).toBeInstanceOf(ThreadResponse);
    expect(response).toMatchObject({ requestKwargs: work[0], response: { url: 'a' } });
    expect(exception).toBeInstanceOf(ThreadException);
    expect(exception).toMatchObject({ requestKwargs: work[1], exception: 'junk' });
  });

  it('needs no done() of its queue', async () => {
    const pending = [...jobs(2), failing('b')].values();
    const source: JobSource<ScriptedJob> = { get: () => pending.next().value };
    const results: unknown[] = [];
    const sink = { put: (item: unknown) => void results.push(item) };
    await new SessionThread(new Script().session(), source, sink, sink).join();
    expect(results).toHaveLength(3);
  });

  it('waits for done() before it takes the next job', async () => {
    const gate = new Gate();
    const script = new Script();
    const pending = jobs(2).values();
    const source: JobSource<ScriptedJob> = {
      get: () => pending.next().value,
      done: () => gate.opened,
    };
    const sink = { put: () => {} };
    const thread = new SessionThread(script.session(), source, sink, sink);
    await quiet();
    expect(script.requests).toHaveLength(1);
    gate.open();
    await thread.join();
    expect(script.requests).toHaveLength(2);
  });

  it('works on one queue with others of its kind', async () => {
    const script = new Script();
    const queue = new JobQueue(jobs(20));
    const responses = new JobQueue<[ScriptedJob, ScriptedAnswer]>();
    const threads = Array.from(
      { length: 4 },
      () => new SessionThread(script.session(), queue, responses, responses),
    );
    await Promise.all(threads.map((thread) => thread.join()));
    expect(responses.size).toBe(20);
    expect(script.maxInFlight).toBe(4);
    expect(new Set(script.requests).size).toBe(20);
  });

  const broken = new Error('the queue broke');
  const breaks = () => {
    throw broken;
  };

  it.each<[string, Partial<JobSource<ScriptedJob>>, () => void]>([
    ['get() throws', { get: breaks }, () => {}],
    ['get() rejects', { get: async () => breaks() }, () => {}],
    ['done() throws', { done: breaks }, () => {}],
    ['done() rejects', { done: async () => breaks() }, () => {}],
    ['put() throws', {}, breaks],
    ['put() throws for an exception', { get: () => failing('a', 'junk') }, breaks],
  ])('ends when %s, and join() says so', async (_, fault, put) => {
    const source = { get: () => ({ url: 'a' }), ...fault };
    const thread = new SessionThread(new Script().session(), source, { put }, { put });
    await quiet();
    expect(thread.isAlive()).toBe(false);
    await expect(thread.join()).rejects.toBe(broken);
  });
});
