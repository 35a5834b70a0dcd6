import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RequestError, ThreadException, ThreadResponse } from '../../src/index.js';

const job = { url: 'http://a.example/', context: { row: 7 } };

class Answer {
  readonly statusCode = 200;
  encoding: string | undefined;
  #body = '{"a":1}';

  get length(): number {
    return this.#body.length;
  }

  set body(body: string) {
    this.#body = body;
  }

  text(): string {
    return this.#body;
  }
}

describe('a ThreadResponse', () => {
  it('has the very job, the response, its kind, its index and its attempts', () => {
    const response = new Answer();
    const outcome = new ThreadResponse(job, response, 3, 2);
    expect(outcome.requestKwargs).toBe(job);
    expect(outcome.response).toBe(response);
    expect(outcome.kind).toBe('response');
    expect([outcome.index, outcome.attempts]).toEqual([3, 2]);
    const { index, attempts } = new ThreadResponse(job, response);
    expect([index, attempts]).toEqual([-1, 1]);
  });

  it('has the properties, getters and methods of the response', () => {
    const outcome = new ThreadResponse(job, new Answer());
    expect(outcome.statusCode).toBe(200);
    expect(outcome.length).toBe(7);
    expect(outcome.text()).toBe('{"a":1}');
  });

  it('has the methods bound, also those that use private fields', () => {
    const { text } = new ThreadResponse(job, new Answer());
    expect(text()).toBe('{"a":1}');
  });

  it('can be frozen, and is of its own class alone then', () => {
    const outcome = Object.freeze(new ThreadResponse(job, new Answer()));
    expect(outcome).toBeInstanceOf(ThreadResponse);
    expect([outcome instanceof Answer, outcome.text(), 'text' in outcome]).toEqual([
      false,
      '{"a":1}',
      true,
    ]);
  });

  it('sets the properties of the response, through setters too', () => {
    const response = new Answer();
    const outcome = new ThreadResponse(job, response);
    outcome.encoding = 'latin1';
    outcome.body = 'x';
    expect(response).toMatchObject({ encoding: 'latin1', length: 1 });
    expect(outcome.text()).toBe('x');
    expect(Object.keys(outcome)).toEqual([
      'requestKwargs',
      'response',
      'index',
      'attempts',
      'kind',
    ]);
  });

  it('has its own fields first, and keeps them', () => {
    const own = { kind: 'k', requestKwargs: 'r', index: 'i', attempts: 'a' };
    const response = { ...own, response: 'inner' };
    const outcome = new ThreadResponse(job, response, 1, 2);
    expect(outcome).toMatchObject({ kind: 'response', requestKwargs: job, index: 1, response });
    expect(outcome.attempts).toBe(2);
    for (const field of [...Object.keys(own), 'response'])
      expect(() => Object.assign(outcome, { [field]: 'other' })).toThrow(TypeError);
    expect(response.kind).toBe('k');
  });

  it('is an instance of ThreadResponse and of the class of the response', () => {
    const outcome = new ThreadResponse(job, new Answer());
    expect(outcome instanceof ThreadResponse).toBe(true);
    expect(outcome instanceof Answer).toBe(true);
    expect(outcome instanceof ThreadException).toBe(false);
    expect(outcome.constructor).toBe(ThreadResponse);
  });

  it('answers `in` for both', () => {
    const outcome = new ThreadResponse(job, new Answer());
    for (const key of ['requestKwargs', 'kind', 'statusCode', 'text', 'length'])
      expect(key in outcome, key).toBe(true);
    for (const key of ['exception', 'nothing', 'then']) expect(key in outcome, key).toBe(false);
  });

  it.each([null, undefined, 0, 'text', true, Symbol.iterator])('wraps %s as well', (response) => {
    const outcome = new ThreadResponse(job, response, 0);
    expect(outcome.response).toBe(response);
    expect(Reflect.get(outcome, 'statusCode')).toBe(undefined);
    expect('statusCode' in outcome).toBe(false);
  });

  it('has the methods of a primitive', () => {
    expect(new ThreadResponse(job, 'text').toUpperCase()).toBe('TEXT');
  });

  it('can be logged and written as JSON', () => {
    const outcome = new ThreadResponse(job, { statusCode: 200 }, 1);
    expect(JSON.parse(JSON.stringify(outcome))).toEqual({
      kind: 'response',
      requestKwargs: job,
      response: { statusCode: 200 },
      index: 1,
      attempts: 1,
    });
    expect(inspect(outcome)).toMatch(/ThreadResponse \{/);
    expect(inspect(outcome)).toContain('statusCode: 200');
  });
});

describe('a ThreadException', () => {
  it('has the very job, the exception, its kind, its index and its attempts', () => {
    const error = new Error('no');
    const outcome = new ThreadException(job, error, 3, 0);
    expect(outcome.requestKwargs).toBe(job);
    expect(outcome.exception).toBe(error);
    expect(outcome.kind).toBe('exception');
    expect([outcome.index, outcome.attempts]).toEqual([3, 0]);
    const { index, attempts } = new ThreadException(job, error);
    expect([index, attempts]).toEqual([-1, 1]);
  });

  it('has the members of the exception', () => {
    const cause = new Error('below');
    const error = new RequestError('no', { code: 'ERR_X', cause });
    const outcome = new ThreadException(job, error);
    const { message, name, code } = outcome;
    expect({ message, name, code }).toEqual({ message: 'no', name: 'RequestError', code: 'ERR_X' });
    expect(outcome.cause).toBe(cause);
    expect(outcome.stack).toBe(error.stack);
    expect(outcome.toString()).toBe('RequestError: no');
    expect('code' in outcome).toBe(true);
  });

  it('is an instance of ThreadException and of the classes of the exception', () => {
    const outcome = new ThreadException(job, new RequestError('no'));
    expect(outcome instanceof ThreadException).toBe(true);
    expect(outcome instanceof RequestError && outcome instanceof Error).toBe(true);
    expect(outcome instanceof ThreadResponse).toBe(false);
    expect(outcome.constructor).toBe(ThreadException);
  });

  it('can be awaited, although what was thrown is a thenable', async () => {
    const then = (resolve: (value: string) => void) => resolve('taken apart');
    const thenable = { then };
    const outcome = new ThreadException(job, thenable);
    expect(await outcome).toBe(outcome);
    expect('then' in outcome).toBe(false);
    expect(outcome.exception).toBe(thenable);
  });

  it.each([undefined, null, 'no', 0, 1n])('wraps %s as well', (thrown) => {
    const outcome = new ThreadException(job, thrown);
    expect(outcome.exception).toBe(thrown);
    expect(Reflect.get(outcome, 'message')).toBe(undefined);
  });

  it('can be logged', () => {
    const shown = inspect(new ThreadException(job, new Error('no')));
    expect(shown).toMatch(/ThreadException \{/);
    expect(shown).toContain('Error: no');
  });
});

it.each([undefined, null, 7, 'text', {}, new Answer(), new Error('no')])(
  '%o is no instance of either',
  (value) => {
    expect((value as unknown) instanceof ThreadResponse).toBe(false);
    expect((value as unknown) instanceof ThreadException).toBe(false);
  },
);

it.each([
  ['ThreadResponse', new ThreadResponse({ url: 'a' }, { status: 200 }, 0, 1, { token: 'hunter2' })],
  ['ThreadException', new ThreadException({ url: 'a' }, new Error(), 0, 1, { token: 'hunter2' })],
])('the session of a %s is there, but is neither logged nor written as JSON', (_, outcome) => {
  expect(outcome.session).toEqual({ token: 'hunter2' });
  expect('session' in outcome).toBe(true);
  expect(Object.keys(outcome)).not.toContain('session');
  expect(inspect(outcome, { depth: 9, showHidden: true })).not.toContain('hunter2');
  expect(JSON.stringify(outcome)).not.toContain('hunter2');
});
