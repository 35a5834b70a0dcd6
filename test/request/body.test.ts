import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type Data, InvalidJobError, type JobOptions, Session } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

/** What a POST of this arrives as: its Content-Type and its body. */
async function sent(options: JobOptions): Promise<[string | undefined, string]> {
  const server = await startServer();
  await new Session().post(server.url, options);
  const { headers, body } = server.requests[0] as (typeof server.requests)[0];
  expect(headers['content-length']).toBe(String(body.length));
  return [headers['content-type'], body.toString()];
}

const FORM = 'application/x-www-form-urlencoded';

describe('json', () => {
  test.each([
    [{ a: [1, 'é', null] }, '{"a":[1,"é",null]}'],
    [[], '[]'],
    ['text', '"text"'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('%j is sent as JSON', async (json, body) => {
    expect(await sent({ json })).toEqual(['application/json', body]);
  });

  test('leaves a Content-Type that was set', async () => {
    const headers = { 'content-type': 'application/ld+json' };
    expect(await sent({ json: 1, headers })).toEqual(['application/ld+json', '1']);
  });

  test.each([
    ['a function', () => 1, 'json cannot be serialised: it is a function'],
    ['a symbol', Symbol('x'), 'json cannot be serialised: it is a symbol'],
    ['a bigint', 5n, 'json cannot be serialised: Do not know how to serialize a BigInt'],
  ])('refuses %s', async (_, json, message) => {
    const request = new Session().post('http://127.0.0.1:1', { json });
    await expect(request).rejects.toThrow(new InvalidJobError(message));
  });

  test('refuses a circle, and tells the cause', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const error = await new Session()
      .post('http://127.0.0.1:1', { json: circle })
      .catch((it) => it);
    expect(error).toBeInstanceOf(InvalidJobError);
    expect(error.message).toMatch(/^json cannot be serialised: Converting circular structure/);
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});

describe('data', () => {
  const bytes = Buffer.from('-bytes-');
  test.each<[string, Data, string | undefined, string]>([
    ['a string', 'as it is: é', undefined, 'as it is: é'],
    ['a Buffer', Buffer.from('bytes'), undefined, 'bytes'],
    ['a part of a buffer', bytes.subarray(1, 6), undefined, 'bytes'],
    ['a DataView', new DataView(bytes.buffer, bytes.byteOffset + 1, 5), undefined, 'bytes'],
    ['an ArrayBuffer', new Uint8Array([97, 98]).buffer, undefined, 'ab'],
    ['a record', { a: 1, b: ['x', 'y z'], c: null }, FORM, 'a=1&b=x&b=y+z'],
    ['a record without prototype', Object.assign(Object.create(null), { a: 1 }), FORM, 'a=1'],
    [
      'pairs',
      [
        ['a', '1'],
        ['a', '2'],
      ] as [string, string][],
      FORM,
      'a=1&a=2',
    ],
    ['a Map', new Map([['a', 'é']]), FORM, 'a=%C3%A9'],
    ['URLSearchParams', new URLSearchParams({ a: 'b c' }), FORM, 'a=b+c'],
  ])('%s is sent', async (_, data, contentType, body) => {
    expect(await sent({ data })).toEqual([contentType, body]);
  });

  test.each([null, undefined, ''])('%j is nothing to send', async (data) => {
    expect(await sent({ data })).toEqual([undefined, '']);
  });

  test('leaves a Content-Type that was set', async () => {
    const headers = { 'Content-Type': 'text/csv' };
    expect(await sent({ data: 'a,b', headers })).toEqual(['text/csv', 'a,b']);
  });

  test.each([
    ['a stream', new Readable(), 'got Readable'],
    ['a Blob', new Blob(['x']), 'got Blob'],
    ['a FormData', new FormData(), 'got FormData'],
    ['a Date', new Date(0), 'got Date'],
    ['a number', 5, 'got number'],
    ['a function', () => 'x', 'got function'],
    [
      'an object of a class without a name',
      Object.create({ __proto__: { __proto__: null }, constructor: undefined }),
      'got an object',
    ],
  ])('refuses %s', async (_, data, got) => {
    const request = new Session().post('http://127.0.0.1:1', { data: data as Data });
    await expect(request).rejects.toThrow(
      new InvalidJobError(
        `data must be a string, bytes, URLSearchParams, a record or pairs, ${got}`,
      ),
    );
  });

  test('refuses fields that cannot be sent, and names them', async () => {
    const request = new Session().post('http://127.0.0.1:1', {
      data: { file: {} } as unknown as Data,
    });
    await expect(request).rejects.toThrow(
      new InvalidJobError('data.file must be a string, a number or an array of those'),
    );
  });

  test('and json together are refused', async () => {
    const request = new Session().post('http://127.0.0.1:1', { data: 'x', json: 1 });
    await expect(request).rejects.toThrow(
      new InvalidJobError('a job has either data or json, got both'),
    );
  });
});

test('a body that has another length than its Content-Length is refused', async () => {
  const server = await startServer();
  const request = new Session().post(server.url, { data: 'abc', headers: { 'Content-Length': 5 } });
  await expect(request).rejects.toThrow(InvalidJobError);
  expect(server.requests).toEqual([]);
});
