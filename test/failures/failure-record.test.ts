import { describe, expect, it } from 'vitest';
import { type FailureRecord, Pool, RequestError, ThreadException } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

const job = { url: 'http://a.example/', context: { row: 7 } };
const { url } = job;
const record = new ThreadException(job, new RequestError('no'), 3, 2).toJSON();
const REFUSED = 'no ThreadException can be made of this: ';

describe('a ThreadException in JSON', () => {
  it('is one line, which has its version', () => {
    const text = JSON.stringify(new ThreadException(job, new RequestError('no'), 3, 2));
    expect(text).not.toContain('\n');
    const parsed = JSON.parse(text);
    expect(parsed).toMatchObject({
      kind: 'exception',
      version: 1,
      index: 3,
      attempts: 2,
      requestKwargs: job,
      exception: { error: { name: 'RequestError', message: 'no', code: 'ERR_REQUEST' } },
      withheld: [],
    });
    expect(Object.keys(parsed)).toHaveLength(7);
    expect(JSON.parse(JSON.stringify([new ThreadException(job, 1)]))[0].version).toBe(1);
  });

  it('is read from its line, from the parsed value and from the record itself', () => {
    for (const input of [JSON.stringify(record), JSON.parse(JSON.stringify(record)), record]) {
      const exception = ThreadException.fromJSON(input);
      expect(exception).toBeInstanceOf(ThreadException);
      expect(exception).toBeInstanceOf(RequestError);
      expect(exception.requestKwargs).toEqual(job);
      const { kind, index, attempts, message, code, withheld } = exception;
      expect({ kind, index, attempts }).toEqual({ kind: 'exception', index: 3, attempts: 2 });
      expect({ message, code, withheld }).toEqual({
        message: 'no',
        code: 'ERR_REQUEST',
        withheld: [],
      });
    }
  });

  it("has its own form, whatever the exception's toJSON says", () => {
    const thrown = Object.assign(new Error('no'), { toJSON: () => 'mine' });
    expect(JSON.parse(JSON.stringify(new ThreadException(job, thrown))).kind).toBe('exception');
    expect('toJSON' in new ThreadException(job, undefined)).toBe(true);
  });

  it('takes the key that JSON.stringify passes, and refuses other options', () => {
    const exception = new ThreadException(job, 'no');
    expect(exception.toJSON('credentials')).toEqual(exception.toJSON());
    expect(() => exception.toJSON({ credential: true } as object)).toThrow(
      new TypeError('toJSON: unknown key "credential"; did you mean "credentials"?'),
    );
    expect(() => exception.toJSON({ credentials: 'yes' } as object)).toThrow(
      new TypeError("credentials must be true or false, got 'yes'"),
    );
  });

  it.each<[string, unknown, string]>([
    ['text that is no JSON', '{', 'its text is not JSON'],
    ['another value', '[]', 'a record of kind "exception" expected, got []'],
    ['nothing', undefined, 'a record of kind "exception" expected, got undefined'],
    ['another version', { ...record, version: 2 }, 'version 1 expected, got 2'],
    ['no index', { ...record, index: 'x' }, "index must be a whole number from -1 on, got 'x'"],
    ['a low index', { ...record, index: -2 }, 'index must be a whole number from -1 on, got -2'],
    [
      'no attempts',
      { ...record, attempts: -1 },
      'attempts must be a whole number from 0 on, got -1',
    ],
    ['no job', { ...record, requestKwargs: undefined }, 'requestKwargs expected, got none'],
    [
      'names of another kind',
      { ...record, withheld: [1] },
      'withheld must be an array of names, got [ 1 ]',
    ],
    ['no list of names', { ...record, withheld: 1 }, 'withheld must be an array of names, got 1'],
  ])('is not made of %s', (_, input, message) => {
    expect(() => ThreadException.fromJSON(input)).toThrow(new TypeError(REFUSED + message));
  });

  it.each<[unknown, string]>([
    [{ $type: 'Foo', value: 1 }, "$type must be the name of a known type, got 'Foo'"],
    [{ $type: 'constructor', value: 1 }, "a known type, got 'constructor'"],
    [{ $type: ['URL'], value: url }, "a known type, got [ 'URL' ]"],
    [{ $type: { toString: 'URL' }, value: url }, 'a known type, got [Object]'],
    [{ $type: null, value: 1 }, 'a known type, got null'],
    [{ $type: 'URL', value: url, note: 1 }, "only value is expected beside $type, got 'note'"],
    [{ $type: 'URL', value: 'x' }, "URL cannot be made of 'x': Invalid URL"],
    [{ $type: 'URL', value: 5 }, 'URL cannot be made of 5: a string is expected'],
    [{ $type: 'URL' }, 'a value of JSON is expected, got undefined'],
    [{ $type: 'Buffer', value: 'no base64!' }, "of 'no base64!': base64 is expected"],
    [
      { $type: 'Float64Array', value: 'AAAA' },
      "Float64Array cannot be made of 'AAAA': byte length",
    ],
    [{ $type: 'Map', value: [[1]] }, 'Map cannot be made of [ [Array] ]: pairs are expected'],
    [{ $type: 'Set', value: 1 }, 'Set cannot be made of 1: an array is expected'],
    [
      { $type: 'Date', value: 'never' },
      "of 'never': a time as toISOString() writes it is expected",
    ],
    [{ $type: 'Date', value: '2020-01-01' }, "of '2020-01-01': a time as toISOString()"],
    [{ $type: 'Date', value: 5 }, 'Date cannot be made of 5: a string is expected'],
    [{ $type: 'Date', value: ['2020-01-01T00:00:00.000Z'] }, 'a string is expected'],
    [{ $type: 'CookieJar', value: 5 }, 'CookieJar cannot be made of 5'],
    [{ $type: 'CookieJar', value: '{"cookies":[]}' }, 'cookies as serialize() writes them'],
    [{ $type: 'CookieJar', value: { cookies: [5] } }, 'cookies as serialize() writes them'],
    [{ $type: 'Headers', value: [['a b', 'c']] }, 'Headers cannot be made of [ [Array] ]'],
    [{ $type: 'number', value: '5' }, "a number as text is expected, got '5'"],
    [{ $type: 'bigint', value: 'x' }, "a number as text is expected, got 'x'"],
    [{ $type: 'bigint', value: 5 }, 'a number as text is expected, got 5'],
    [{ $type: 'record', value: 1 }, 'a record is expected, got 1'],
    [{ $type: 'bare' }, 'a record is expected, got undefined'],
    [() => 1, 'a value of JSON is expected, got [Function (anonymous)]'],
    [nested(501), 'values lie at most 500 deep in each other'],
  ])('is not made of a job of %o', (requestKwargs, message) => {
    const read = () => ThreadException.fromJSON({ ...record, requestKwargs });
    expect(read).toThrow(REFUSED);
    expect(read).toThrow(message);
  });

  it.each<[unknown, string]>([
    [undefined, 'what was thrown must be a record, got undefined'],
    [{}, 'an error, a value or what described it is expected'],
    [{ described: 5 }, 'described must be a string, got 5'],
    [{ error: [] }, 'an error must be a record, got []'],
    [{ error: { name: 5, message: '' } }, 'name must be a string, got 5'],
    [{ error: { name: 'E' } }, 'message must be a string, got undefined'],
    [{ error: { class: 'Object', name: 'E', message: '' } }, "'Object' is no class of errors"],
    [
      { error: { class: 'HTTPError', name: 'E', message: '', code: [] } },
      'code must be a string, got []',
    ],
    [{ error: { name: 'E', message: '', code: {} } }, 'code must be a string, got {}'],
    [{ error: { name: 'E', message: '', phase: 5 } }, 'phase must be a string, got 5'],
    [own({ response: 5 }), 'response must be a record, got 5'],
    [own({ response: { statusCode: '5' } }), "response.statusCode must be a whole number, got '5'"],
    [own({ request: { method: 'GET', url: 'x' } }), "request.url must be a URL, got 'x'"],
    [own({ request: { method: 'GET', url: [url] } }), 'request.url must be a string, got ['],
    [{ error: { name: 'E', message: '', errors: 5 } }, 'errors must be an array, got 5'],
    [{ error: null, value: 1 }, 'an error must be a record, got null'],
    [deep(33), 'errors lie at most 32 deep in each other'],
  ])('is not made of an exception of %j', (exception, message) => {
    expect(() => ThreadException.fromJSON({ ...record, exception })).toThrow(REFUSED + message);
  });

  it('is retried from a file, and nothing else is', async () => {
    let isBroken = true;
    const server = await startServer(({ path }, reply) => {
      if (isBroken && path !== '/0') reply.destroy();
      else reply.end();
    });
    const urls = [0, 1, 2].map((n) => `${server.url}/${n}`);
    const lines: string[] = [];
    const first = Pool.fromUrls(urls, { headers: { 'X-Run': 'a' } }, { numProcesses: 2 });
    for await (const exception of first.exceptions()) lines.push(JSON.stringify(exception));
    expect(lines).toHaveLength(2);
    isBroken = false;

    const again = Pool.fromExceptions(lines.map((line) => ThreadException.fromJSON(line)));
    const paths: (string | undefined)[] = [];
    for await (const { requestKwargs, statusCode } of again.responses()) {
      expect(statusCode).toBe(200);
      paths.push(String(requestKwargs.url).at(-1));
    }
    expect(paths.sort()).toEqual(['1', '2']);
    expect(server.requests.slice(-2).map(({ headers }) => headers['x-run'])).toEqual(['a', 'a']);
  });

  it('has types', () => {
    const typed: FailureRecord = record;
    const exception = ThreadException.fromJSON(typed);
    const { requestKwargs, exception: error } = exception;
    expect([requestKwargs.url, error.code, exception.code]).toEqual([
      job.url,
      'ERR_REQUEST',
      'ERR_REQUEST',
    ]);
    const other = ThreadException.fromJSON<{ sql: string }, Error>(typed);
    expect(other.requestKwargs.sql).toBe(undefined);
  });
});

function own(fields: object): object {
  return { error: { class: 'HTTPError', name: 'E', message: '', ...fields } };
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

function deep(depth: number): unknown {
  return depth === 0 ? { value: 1 } : { error: { name: 'E', message: '', cause: deep(depth - 1) } };
}
