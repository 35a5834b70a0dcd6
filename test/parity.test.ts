import { describe, expect, it } from 'vitest';
import {
  InvalidURLError,
  type Job,
  JobQueue,
  map,
  Pool,
  RequestError,
  Session,
  SessionThread,
  ThreadException,
  ThreadResponse,
} from '../src/index.js';
import { Gate } from './helpers/gate.js';
import {
  collect,
  failing,
  jobs,
  Script,
  type ScriptedAnswer,
  type ScriptedJob,
} from './helpers/scripted-session.js';

/**
 * The tests of requests_toolbelt.threaded by their names. What they assert of mocks and privates is
 * asked of the public API here; what that comes to is the second half of each name.
 */

const urls = Array.from({ length: 5 }, (_, n) => `https://httpbin.org/get?n=${n}`);

describe('tests/threaded/test_api.py', () => {
  it('test_creates_a_pool_for_the_user: map runs the jobs and gives both kinds', async () => {
    const script = new Script();
    const [responses, exceptions] = map(jobs(2), { session: script.session });
    expect(await collect(responses)).toHaveLength(2);
    expect(await collect(exceptions)).toHaveLength(0);
    expect(script.isClosed).toBe(true);
  });

  it('test_raises_a_value_error_for_non_dictionaries: a TypeError', () => {
    expect(() => map([[], []] as never)).toThrow(TypeError);
  });

  it('test_raises_a_value_error_for_falsey_requests: a TypeError', () => {
    expect(() => map([])).toThrow(TypeError);
    expect(() => map(null as never)).toThrow(TypeError);
  });

  it('test_passes_on_kwargs: numProcesses and initializer reach the pool', async () => {
    const script = new Script();
    let initialized = 0;
    const initializer = () => {
      initialized++;
    };
    const options = { session: script.session, numProcesses: 1000, initializer };
    const [responses] = map(jobs(2), options);
    expect(await collect(responses)).toHaveLength(2);
    expect([script.sessions.length, initialized]).toEqual([1000, 1000]);
  });
});

describe('tests/threaded/test_pool.py', () => {
  it('test_requires_positive_number_of_processes: a RangeError', () => {
    expect(() => new Pool({ numProcesses: 0 })).toThrow(RangeError);
    expect(() => new Pool({ numProcesses: -1 })).toThrow(RangeError);
  });

  it('test_number_of_processes_can_be_arbitrary: as many sessions', async () => {
    for (const numProcesses of [100, 1]) {
      const { session, sessions } = new Script();
      const pool = new Pool({ jobQueue: new JobQueue<ScriptedJob>(), session, numProcesses });
      expect(pool.numProcesses).toBe(numProcesses);
      expect(sessions).toHaveLength(numProcesses);
      await pool.joinAll();
    }
  });

  it.each([
    ['test_initializer_is_called', 'initializer'],
    ['test_auth_generator_is_called', 'authGenerator'],
  ])('%s: once for a session, with it', async (_, option) => {
    const calls: unknown[][] = [];
    const call = (...args: unknown[]) => void calls.push(args);
    const pool = new Pool({ jobQueue: new JobQueue<Job>(), numProcesses: 1, [option]: call });
    expect(calls).toEqual([[expect.any(Session)]]);
    await pool.joinAll();
  });

  it('test_session_is_called: once for a worker, with nothing', async () => {
    const calls: unknown[][] = [];
    const session = (...args: unknown[]) => {
      calls.push(args);
      return new Session();
    };
    const pool = new Pool({ jobQueue: new JobQueue<Job>(), numProcesses: 1, session });
    expect(calls).toEqual([[]]);
    await pool.joinAll();
  });

  it('test_from_exceptions_populates_a_queue: with the very jobs', async () => {
    const script = new Script();
    const work = urls.map((url) => ({ method: 'GET', url }));
    const exceptions = work.map((job) => new ThreadException(job, undefined)).values();
    await Pool.fromExceptions(exceptions, { session: script.session, numProcesses: 1 }).joinAll();
    expect(script.requests).toEqual(work);
    expect(script.requests.every((job, i) => job === work[i])).toBe(true);
  });

  it('test_from_urls_constructs_get_requests: one of each URL', async () => {
    const script = new Script();
    const options = { session: script.session, numProcesses: 1 };
    await Pool.fromUrls(urls, undefined, options).joinAll();
    expect(script.requests).toEqual(urls.map((url) => ({ method: 'GET', url })));
  });

  it('test_from_urls_constructs_get_requests_with_kwargs: each has them', async () => {
    const requests: unknown[] = [];
    const session = () => ({ request: (job: object) => requests.push(job) });
    const kwargs = { stream: true, headers: { Accept: 'application/json' } };
    await Pool.fromUrls(urls, kwargs, { session, numProcesses: 1 }).joinAll();
    expect(requests).toEqual(urls.map((url) => ({ method: 'GET', url, ...kwargs })));
  });

  it('test_join_all: waits for every worker', async () => {
    const script = new Script();
    const gates = [new Gate(), new Gate(), new Gate()];
    const work = gates.map((when, i) => ({ url: `${i}`, when }));
    const pool = new Pool({ jobQueue: work, session: script.session, numProcesses: 3 });
    const joining = pool.joinAll();
    for (const gate of gates) gate.open();
    await joining;
    expect(script).toMatchObject({ requests: work, inFlight: 0 });
  });

  it('test_get_response_returns_thread_response', async () => {
    const pool = new Pool({ jobQueue: jobs(1), session: new Script().session });
    await pool.joinAll();
    expect(pool.getResponse()).toBeInstanceOf(ThreadResponse);
  });

  it('test_get_exception_returns_thread_exception', async () => {
    const pool = new Pool({ jobQueue: [failing('a')], session: new Script().session });
    await pool.joinAll();
    expect(pool.getException()).toBeInstanceOf(ThreadException);
  });

  it('test_get_response_returns_none_when_queue_is_empty: undefined', async () => {
    const pool = new Pool({ jobQueue: [failing('a')], session: new Script().session });
    await pool.joinAll();
    expect(pool.getResponse()).toBe(undefined);
  });

  it('test_get_exception_returns_none_when_queue_is_empty: undefined', async () => {
    const pool = new Pool({ jobQueue: jobs(1), session: new Script().session });
    await pool.joinAll();
    expect(pool.getException()).toBe(undefined);
  });

  it('test_lists_are_correctly_returned: each kind by its iterator', async () => {
    const work = [{ url: 'a' }, failing('b')];
    const pool = new Pool({ jobQueue: work, session: new Script().session });
    expect(await collect(pool.exceptions())).toEqual([expect.any(ThreadException)]);
    expect(await collect(pool.responses())).toEqual([expect.any(ThreadResponse)]);
  });
});

describe('tests/threaded/test_thread.py', () => {
  /** A thread, and what it puts. */
  function startThread(work: readonly ScriptedJob[]) {
    const script = new Script();
    const queue = new JobQueue(work);
    const responses: [ScriptedJob, ScriptedAnswer][] = [];
    const exceptions: [ScriptedJob, unknown][] = [];
    const thread = new SessionThread(
      script.session(),
      queue,
      { put: (pair) => responses.push(pair) },
      { put: (pair) => exceptions.push(pair) },
    );
    return { thread, script, queue, responses, exceptions };
  }

  it('test_thread_initialization: named by a UUID, and started', async () => {
    const { thread, script } = startThread(jobs(1));
    expect(thread.name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    await thread.join();
    expect(script.requests).toEqual(jobs(1));
  });

  it('test_is_alive_proxies_to_worker: true until it ends', async () => {
    const { thread } = startThread([]);
    expect(thread.isAlive()).toBe(true);
    await thread.join();
    expect(thread.isAlive()).toBe(false);
  });

  it('test_join_proxies_to_worker: waits for it', async () => {
    const { thread, responses } = startThread(jobs(3));
    await thread.join();
    expect(responses).toHaveLength(3);
  });

  it('test_handle_valid_request: the response goes to its queue, and the job is done', async () => {
    const job = { method: 'GET', url: 'http://example.com' };
    const { thread, script, queue, responses, exceptions } = startThread([job]);
    await thread.join();
    expect(script.requests).toEqual([job]);
    expect(responses).toEqual([[job, { url: job.url, by: 0 }]]);
    expect(exceptions).toEqual([]);
    expect(() => queue.done()).toThrow('more often');
  });

  it('test_handle_invalid_request: the exception goes to its queue, and the job is done', async () => {
    const error = new InvalidURLError('no');
    const job = { method: 'GET', ...failing('http://example.com', error) };
    const { thread, script, queue, responses, exceptions } = startThread([job]);
    await thread.join();
    expect(error).toBeInstanceOf(RequestError);
    expect(script.requests).toEqual([job]);
    expect(exceptions).toEqual([[job, error]]);
    expect(responses).toEqual([]);
    expect(() => queue.done()).toThrow('more often');
  });

  it('test_make_request: the thread ends when the queue is empty', async () => {
    const { thread, script } = startThread([]);
    await thread.join();
    expect(script.requests).toEqual([]);
  });
});
