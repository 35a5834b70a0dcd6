import { describe, expect, it } from 'vitest';
import { JobQueue, type JobSource, SessionThread } from '../src/index.js';
import { failing, quiet, Script, type ScriptedJob } from './helpers/scripted-session.js';

/** A sink whose items are handed on in a promise. */
function mailbox<T>() {
  let wake: (item: T) => void;
  return {
    put: (item: T) => wake(item),
    next: () =>
      new Promise<T>((resolve) => {
        wake = resolve;
      }),
  };
}

describe('what a session thread is given by its queue', () => {
  it.each([
    ['answered', (url: string) => ({ url })],
    ['failed', (url: string) => failing(url)],
  ])('may be a job that was put for the last one, which was %s', async (_, toJob) => {
    const script = new Script();
    const queue = new JobQueue<ScriptedJob>([toJob('a')]);
    const results = mailbox<[ScriptedJob, unknown]>();
    let result = results.next();
    const thread = new SessionThread(script.session(), queue, results, results);
    for (const url of ['b', 'c', '']) {
      await result;
      result = results.next();
      if (url !== '') queue.put(toJob(url));
    }
    await thread.join();
    expect(script.requests.map(({ url }) => url)).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, (job: ScriptedJob | undefined) => PromiseLike<ScriptedJob | undefined>]>([
    ['that calls back twice', thenable((job, call) => [call(job), call(job)])],
    ['that brings a promise', thenable((job, call) => [call(Promise.resolve(job))])],
    [
      'that calls back and throws',
      thenable((job, call) => {
        call(job);
        throw new Error('too late');
      }),
    ],
  ])('may be a thenable %s: each job is run once', async (_, wrapped) => {
    const script = new Script();
    const pending = [{ url: 'a' }, { url: 'b' }].values();
    const get = () => {
      const job: ScriptedJob | undefined = pending.next().value;
      return job && wrapped(job);
    };
    const source: JobSource<ScriptedJob> = { get };
    const sink = { put: () => {} };
    await new SessionThread(script.session(), source, sink, sink).join();
    await quiet();
    expect(script.requests).toEqual([{ url: 'a' }, { url: 'b' }]);
  });

  it('is asked for once when done() calls back twice', async () => {
    const script = new Script();
    const pending = [{ url: 'a' }, { url: 'b' }, { url: 'c' }].values();
    const source: JobSource<ScriptedJob> = {
      get: () => pending.next().value,
      done: thenable((_, call) => [call(undefined), call(undefined)]) as () => PromiseLike<void>,
    };
    const sink = { put: () => {} };
    await new SessionThread(script.session(), source, sink, sink).join();
    await quiet();
    expect([script.requests.length, script.maxInFlight]).toEqual([3, 1]);
  });

  it('is nothing more once the queue of exceptions has thrown', async () => {
    const broken = new Error('the queue broke');
    const put = () => {
      throw broken;
    };
    const queue = new JobQueue([failing('a'), failing('b')]);
    const thread = new SessionThread(new Script().session(), queue, { put }, { put });
    await expect(thread.join()).rejects.toBe(broken);
    expect([thread.isAlive(), queue.size]).toEqual([false, 1]);
  });
});

type Call = (value: unknown) => void;

/** Makes what is no promise, but can be awaited. */
function thenable(settle: (job: ScriptedJob | undefined, call: Call) => unknown) {
  return (job: ScriptedJob | undefined) =>
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested
    ({ then: (call: Call) => settle(job, call) }) as unknown as PromiseLike<
      ScriptedJob | undefined
    >;
}
