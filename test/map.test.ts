import { describe, expect, it } from 'vitest';
import { map } from '../src/index.js';
import { collect, failing, jobs, quiet, Script } from './helpers/scripted-session.js';

describe('map', () => {
  it('gives the responses and the exceptions of the jobs', async () => {
    const { session } = new Script();
    const work = [{ url: 'a' }, failing('b', 'junk'), { url: 'c' }];
    const [responses, exceptions] = map(work, { session, numProcesses: 1 });
    expect((await collect(responses)).map(({ url }) => url)).toEqual(['a', 'c']);
    expect((await collect(exceptions)).map(({ exception }) => exception)).toEqual(['junk']);
  });

  it('is already running', async () => {
    const script = new Script();
    map(jobs(3), { session: script.session });
    await quiet();
    expect(script.requests).toHaveLength(3);
    expect(script.isClosed).toBe(true);
  });

  it('runs the most urgent of its jobs first', async () => {
    const script = new Script();
    const ranked = jobs(7).map((job, priority) => ({ ...job, priority }));
    const [responses] = map(ranked, { session: script.session, numProcesses: 1 });
    expect((await collect(responses)).map(({ index }) => index)).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  it('passes its options to the pool', async () => {
    const script = new Script();
    const seen: unknown[] = [];
    const initializer = (...args: unknown[]) => void seen.push(args);
    const options = { session: script.session, numProcesses: 7, initializer, initargs: ['x'] };
    const [responses] = map(jobs(3), options);
    expect(await collect(responses)).toHaveLength(3);
    expect(seen).toEqual(script.sessions.map((session) => [session, 'x']));
    expect(seen).toHaveLength(7);
  });

  it('takes its jobs from its argument, whatever the options say', async () => {
    const script = new Script();
    const options = { session: script.session, jobQueue: jobs(9) };
    const [responses] = map(jobs(1), options);
    expect(await collect(responses)).toHaveLength(1);
  });

  it.each([
    ['a Set', new Set(jobs(2))],
    ['a generator', jobs(2).values()],
    ['a stream', ReadableStream.from(jobs(2))],
  ])('takes %s', async (_, requests) => {
    const [responses] = map(requests, { session: new Script().session });
    expect(await collect(responses)).toHaveLength(2);
  });

  it('finds a generator empty when it asks it', async () => {
    const [responses, exceptions] = map([].values(), { session: new Script().session });
    expect(await collect(responses)).toEqual([]);
    expect(await collect(exceptions)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['an empty array', []],
    ['an empty Set', new Set()],
    ['an empty string', ''],
  ])('refuses %s', (_, nothing) => {
    expect(() => map(nothing as [])).toThrow(new TypeError('map expects jobs, got none'));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ["'http://a.example/'", 'http://a.example/'],
    ['7', 7],
    ['[Object]', { url: 'http://a.example/' }],
  ])('refuses %s, which is no iterable', (shown, junk) => {
    const what = 'requests must be an iterable, an async iterable or a queue, got';
    expect(() => map(junk as [])).toThrow(new TypeError(`${what} ${shown}`));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['7', 7],
    ['7n', 7n],
    ["'http://a.example/'", 'http://a.example/'],
    ['[]', []],
  ])('refuses an array with %s in it before any job runs', async (shown, junk) => {
    const script = new Script();
    const requests = [...jobs(2), junk] as { url: string }[];
    const what = `map expects jobs, each an object with a url, got ${shown}`;
    expect(() => map(requests, { session: script.session })).toThrow(new TypeError(what));
    await quiet();
    expect(script.sessions).toEqual([]);
  });

  it('refuses unknown options', () => {
    expect(() => map(jobs(1), { numProceses: 3 } as object)).toThrow(
      'Pool: unknown key "numProceses"; did you mean "numProcesses"?',
    );
  });
});
