import { describe, expect, test, vi } from 'vitest';
import { Intake } from '../../src/queue/intake.js';
import type { JobSource } from '../../src/queue/job-source.js';

/** An intake, and what it told. */
function intakeOf(source: JobSource<string> | undefined) {
  const listener = { arrived: vi.fn(), changed: vi.fn(), failed: vi.fn() };
  const intake = new Intake(source, listener);
  const told = () => [listener.arrived, listener.failed].map(({ mock }) => mock.calls.flat());
  return { intake, listener, told };
}

/** The two ends of a promise. */
interface Waiter {
  readonly resolve: (job: string | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Answers each `get()` when the test says what with. */
function waitingSource(fields: Partial<JobSource<string>> = {}) {
  const waiting: Waiter[] = [];
  const get: JobSource<string>['get'] = ({ signal }) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      signal?.addEventListener('abort', () => resolve(undefined));
    });
  return { source: { get, ...fields }, waiting };
}

/** Lets all microtasks run. */
const later = () => new Promise((resolve) => setImmediate(resolve));

describe('without a source', () => {
  test('nothing comes, and nothing is on its way', () => {
    const { intake, told } = intakeOf(undefined);
    expect([intake.hasSource, intake.isOpen, intake.isDrained]).toEqual([false, false, true]);
    // More can be submitted.
    expect(intake.isExhausted).toBe(false);
    expect(intake.pull()).toBeUndefined();
    expect(told()).toEqual([[], []]);
  });

  test('closing it needs nothing', async () => {
    const { intake, told } = intakeOf(undefined);
    intake.close();
    await later();
    expect([intake.isClosed, intake.isDrained]).toEqual([true, true]);
    expect(told()).toEqual([[], []]);
  });
});

describe('a source that answers at once', () => {
  test('gives its jobs until it says that none will come, and is asked no more', () => {
    const jobs = ['a', 'b'].values();
    const get = vi.fn(() => jobs.next().value);
    const { intake, listener, told } = intakeOf({ get });
    expect([intake.hasSource, intake.isOpen, intake.isDrained]).toEqual([true, true, false]);
    expect([intake.pull(), intake.pull()]).toEqual(['a', 'b']);
    expect(listener.changed).not.toHaveBeenCalled();
    expect([intake.pull(), intake.pull()]).toEqual([undefined, undefined]);
    expect(get).toHaveBeenCalledTimes(3);
    expect(listener.changed).toHaveBeenCalledTimes(1);
    expect([intake.isOpen, intake.isExhausted, intake.isDrained]).toEqual([false, true, true]);
    expect(told()).toEqual([[], []]);
  });

  test('and breaks is asked no more', () => {
    const broken = new Error('broken');
    const get = vi.fn(() => {
      throw broken;
    });
    const { intake, told } = intakeOf({ get });
    expect([intake.pull(), intake.pull()]).toEqual([undefined, undefined]);
    expect(get).toHaveBeenCalledTimes(1);
    expect([intake.isOpen, intake.isExhausted]).toEqual([false, true]);
    expect(told()).toEqual([[], [broken]]);
  });
});

describe('a source that has one wait', () => {
  test('brings its jobs as they come, and counts until then as being asked', async () => {
    const { source, waiting } = waitingSource();
    const { intake, listener, told } = intakeOf(source);
    expect([intake.pull(), intake.pull()]).toEqual([undefined, undefined]);
    expect([intake.pulling, intake.isOpen, intake.isDrained]).toEqual([2, true, false]);
    expect(listener.changed).toHaveBeenCalledTimes(2);
    waiting[1]?.resolve('b');
    await later();
    expect([intake.pulling, told()]).toEqual([1, [['b'], []]]);
    waiting[0]?.resolve(undefined);
    await later();
    expect([intake.pulling, intake.isExhausted, intake.isDrained]).toEqual([0, true, true]);
    expect(listener.changed).toHaveBeenCalledTimes(3);
  });

  test('is exhausted when it has said so and nothing is on its way', async () => {
    const { source, waiting } = waitingSource();
    const { intake, told } = intakeOf(source);
    for (let i = 0; i < 2; i++) intake.pull();
    waiting[0]?.resolve(undefined);
    await later();
    expect([intake.isOpen, intake.isExhausted, intake.isDrained]).toEqual([false, false, false]);
    waiting[1]?.resolve('late');
    await later();
    expect([intake.isExhausted, intake.isDrained]).toEqual([true, true]);
    expect(told()).toEqual([['late'], []]);
  });

  test('and rejects has broken', async () => {
    const broken = new Error('broken');
    const { source, waiting } = waitingSource();
    const { intake, told } = intakeOf(source);
    intake.pull();
    waiting[0]?.reject(broken);
    await later();
    expect([intake.pulling, intake.isExhausted]).toEqual([0, true]);
    expect(told()).toEqual([[], [broken]]);
  });
});

describe('a source that knows its size', () => {
  test('is drained while it is asked and nothing waits in it', async () => {
    const { source, waiting } = waitingSource({ size: 0 });
    const { intake } = intakeOf(source);
    expect(intake.isDrained).toBe(false);
    intake.pull();
    expect(intake.isDrained).toBe(true);
    waiting[0]?.resolve('a');
    await later();
    expect(intake.isDrained).toBe(false);
  });

  test('is looked at once more if a job waits that goes to somebody else', async () => {
    const { source } = waitingSource();
    const sized = { ...source, size: 1 };
    const { intake, listener } = intakeOf(sized);
    intake.pull();
    listener.changed.mockClear();
    expect([intake.isDrained, intake.isDrained]).toEqual([false, false]);
    expect(listener.changed).not.toHaveBeenCalled();
    await later();
    expect(intake.isDrained).toBe(false);
    await later();
    expect(listener.changed).toHaveBeenCalledTimes(1);
    // Once for each such job: it has been empty meanwhile.
    sized.size = 0;
    expect(intake.isDrained).toBe(true);
    sized.size = 1;
    expect(intake.isDrained).toBe(false);
    await later();
    expect(listener.changed).toHaveBeenCalledTimes(2);
  });
});

describe('close()', () => {
  test('tells those that wait, and asks for nothing more', async () => {
    const { source, waiting } = waitingSource();
    const { intake, told } = intakeOf(source);
    intake.pull();
    intake.close();
    expect([intake.isClosed, intake.isOpen, intake.isDrained]).toEqual([true, false, true]);
    await later();
    expect([intake.pulling, intake.pull()]).toEqual([0, undefined]);
    expect(waiting).toHaveLength(1);
    expect(told()).toEqual([[], []]);
  });

  test('has the source return, later and once', async () => {
    const { source } = waitingSource({ return: vi.fn() });
    const { intake } = intakeOf(source);
    intake.close();
    intake.close();
    expect(source.return).not.toHaveBeenCalled();
    await later();
    expect(source.return).toHaveBeenCalledTimes(1);
  });

  test('leaves a source alone that has ended', async () => {
    const back = vi.fn();
    const { intake } = intakeOf({ get: () => undefined, return: back });
    intake.pull();
    intake.close();
    await later();
    expect(back).not.toHaveBeenCalled();
  });

  test.each([
    [
      'throws',
      vi.fn((error: Error) => {
        throw error;
      }),
    ],
    ['rejects', vi.fn((error: Error) => Promise.reject(error))],
  ])('tells of a return that %s', async (_, fail) => {
    const broken = new Error('broken');
    const { source } = waitingSource({ return: () => fail(broken) });
    const { intake, told } = intakeOf(source);
    intake.close();
    await later();
    expect(told()).toEqual([[], [broken]]);
  });
});
