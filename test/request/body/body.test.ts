import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { InvalidJobError } from '../../../src/errors.js';
import { type BodyFields, type Data, prepareBody } from '../../../src/request/body/body.js';
import { prepared, sent } from '../../helpers/prepared-body.js';

/** The Content-Type that a body asks for, and the body. */
async function written(fields: BodyFields): Promise<[string | undefined, string]> {
  const body = await prepared(fields);
  return [body.contentType, String(await sent(body))];
}

const FORM = 'application/x-www-form-urlencoded';

/** Each a value that JavaScript lets pass and TypeScript does not. */
const NO_DATA: [string, unknown, string][] = [
  ['a Date', new Date(0), 'Date'],
  ['a number', 5, 'number'],
  ['true', true, 'boolean'],
  ['a symbol', Symbol('x'), 'symbol'],
  ['a Response', new Response('x'), 'Response'],
  ['an object of a class without a name', new (class {})(), 'an object'],
  [
    'an object without a class',
    Object.create({ __proto__: { __proto__: null }, constructor: undefined }),
    'an object',
  ],
];

test.each<BodyFields>([
  {},
  { data: undefined, json: undefined, files: undefined },
  { data: null, files: null },
  { data: '' },
  { data: new Uint8Array() },
  { data: new ArrayBuffer(0) },
  { data: {} },
  { data: [] },
  { data: { a: null, b: undefined, c: [] } },
  { data: new URLSearchParams() },
  { files: {} },
  { files: [] },
  { files: { a: null, b: undefined, c: [] } },
  { files: new Map() },
])('%j is nothing to send', (fields) => {
  expect(prepareBody(fields)).toBeUndefined();
});

describe('json', () => {
  test.each([
    [{ a: [1, 'é', null] }, '{"a":[1,"é",null]}'],
    [[], '[]'],
    ['text', '"text"'],
    ['', '""'],
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('%j is sent as JSON', async (json, body) => {
    expect(await written({ json })).toEqual(['application/json', body]);
  });

  test.each([
    ['a function', () => 1, 'json cannot be serialised: it is a function'],
    ['a symbol', Symbol('x'), 'json cannot be serialised: it is a symbol'],
    ['a bigint', 5n, 'json cannot be serialised: Do not know how to serialize a BigInt'],
  ])('refuses %s', (_, json, message) => {
    expect(() => prepareBody({ json })).toThrow(new InvalidJobError(message));
  });

  test('refuses a circle, and tells the cause', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const error = await prepared({ json: circle }).catch((it) => it);
    expect(error).toBeInstanceOf(InvalidJobError);
    expect(error.message).toMatch(/^json cannot be serialised: Converting circular structure/);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('and data together are refused', () => {
    expect(() => prepareBody({ data: 'x', json: 1 })).toThrow(
      new InvalidJobError('a job has either data or json, got both'),
    );
  });

  test('and files together are refused, unless there is no file', async () => {
    expect(() => prepareBody({ files: { a: 'x' }, json: 1 })).toThrow(
      new InvalidJobError('a job has either files or json, got both'),
    );
    expect(await written({ files: {}, json: 1 })).toEqual(['application/json', '1']);
  });
});

describe('data', () => {
  const bytes = Buffer.from('-bytes-');
  const shared = new SharedArrayBuffer(2);
  new Uint8Array(shared).set([99, 100]);

  test.each<[string, Data, string | undefined, string]>([
    ['a string', 'as it is: é', undefined, 'as it is: é'],
    ['half of a surrogate pair', '\ud83d', undefined, '\ufffd'],
    ['a Buffer', Buffer.from('bytes'), undefined, 'bytes'],
    ['a part of a buffer', bytes.subarray(1, 6), undefined, 'bytes'],
    ['a DataView', new DataView(bytes.buffer, bytes.byteOffset + 1, 5), undefined, 'bytes'],
    ['an array of longer numbers', new Uint16Array([0x6161]), undefined, 'aa'],
    ['an ArrayBuffer', new Uint8Array([97, 98]).buffer, undefined, 'ab'],
    ['a SharedArrayBuffer', shared, undefined, 'cd'],
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
    ['a Blob without a type', new Blob(['blob']), undefined, 'blob'],
    ['a Blob', new Blob(['{}'], { type: 'text/x-y' }), 'text/x-y', '{}'],
    ['a File', new File(['file'], 'f', { type: 'text/csv' }), 'text/csv', 'file'],
    ['an empty Blob', new Blob([]), undefined, ''],
    ['an empty stream', Readable.from([]), undefined, ''],
  ])('%s is sent', async (_, data, contentType, body) => {
    expect(await written({ data })).toEqual([contentType, body]);
  });

  test('bytes are not copied', async () => {
    const { content } = await prepared({ data: bytes });
    expect((content as Uint8Array).buffer).toBe(bytes.buffer);
  });

  test('a generator of pairs is a form, and refused once it has been read', async () => {
    function* pairs(): Generator<[string, number]> {
      yield ['a', 1];
      yield ['b', 2];
    }
    const data = pairs();
    expect(await written({ data })).toEqual([FORM, 'a=1&b=2']);
    expect(() => prepareBody({ data })).toThrow(
      new InvalidJobError('data is an iterator that was read before; pass an array'),
    );
  });

  test('pairs that are no iterator are read as often as they are sent', async () => {
    const data = new Map([['a', 1]]);
    expect(await written({ data })).toEqual([FORM, 'a=1']);
    expect(await written({ data })).toEqual([FORM, 'a=1']);
  });

  test('a record with a field of the name next is read as often as it is sent', async () => {
    const data = { next: 'x' };
    expect(await written({ data })).toEqual([FORM, 'next=x']);
    expect(await written({ data })).toEqual([FORM, 'next=x']);
  });

  test.each(NO_DATA)('refuses %s', (_, data, got) => {
    expect(() => prepareBody({ data: data as Data })).toThrow(
      new InvalidJobError(
        'data must be a string, bytes, a Blob, a stream, an async iterable, a function that ' +
          `makes one, FormData, URLSearchParams, a record or pairs, got ${got}`,
      ),
    );
  });

  test('refuses fields that cannot be sent, and names them', () => {
    expect(() => prepareBody({ data: { file: {} } as unknown as Data })).toThrow(
      new InvalidJobError('data.file must be a string, a number or an array of those'),
    );
  });

  test('refuses what is no pair', () => {
    expect(() => prepareBody({ data: ['a=1'] as unknown as Data })).toThrow(
      new InvalidJobError("data must be a record or pairs, got 'a=1' in it"),
    );
  });
});
