import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { InvalidHeaderError, InvalidJobError, UnrewindableBodyError } from '../../../src/errors.js';
import {
  type BodyFields,
  type Data,
  type Files,
  prepareBody,
} from '../../../src/request/body/body.js';
import type { FileInput } from '../../../src/request/body/files.js';
import { prepared, REQUEST, sent, streamed } from '../../helpers/prepared-body.js';

const folder = mkdtempSync(join(tmpdir(), 'session-pool-'));
const path = join(folder, 'on disk.txt');
writeFileSync(path, 'on disk');
afterAll(() => rmSync(folder, { recursive: true }));

/** As a server with another's parser, Node's, reads it. */
async function received(fields: BodyFields): Promise<FormData> {
  const body = await prepared(fields);
  const headers = { 'Content-Type': body.contentType as string };
  return new Response(await sent(body), { headers }).formData();
}

/** Of each entry the name and the text; of a file also its name and its type. */
async function entries(fields: BodyFields): Promise<string[][]> {
  const form = await received(fields);
  return Promise.all(
    Array.from(form, async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, await value.text(), value.name, value.type],
    ),
  );
}

/** What goes on the wire, with `B` in place of the boundary. */
async function wire(fields: BodyFields): Promise<string> {
  const body = await prepared(fields);
  const [, boundary = ''] = /^multipart\/form-data; boundary=([0-9a-f]{32})$/.exec(
    body.contentType as string,
  ) as RegExpExecArray;
  return String(await sent(body)).replaceAll(boundary, 'B');
}

async function* generator(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

function refusal(fields: { data?: unknown; files?: unknown }): unknown {
  try {
    return prepareBody(fields as BodyFields);
  } catch (error) {
    return error;
  }
}

test('each part has a Content-Disposition, and a Content-Type where one is known', async () => {
  const files = { a: 'text', b: new Blob(['{}'], { type: 'application/json' }) };
  expect(await wire({ data: { field: 1 }, files })).toBe(
    '--B\r\n' +
      'Content-Disposition: form-data; name="field"\r\n\r\n' +
      '1\r\n' +
      '--B\r\n' +
      'Content-Disposition: form-data; name="a"; filename="a"\r\n\r\n' +
      'text\r\n' +
      '--B\r\n' +
      'Content-Disposition: form-data; name="b"; filename="b"\r\n' +
      'Content-Type: application/json\r\n\r\n' +
      '{}\r\n' +
      '--B--\r\n',
  );
});

test('each body has a boundary of its own', async () => {
  const types = await Promise.all([1, 2].map(() => prepared({ files: { a: 'x' } })));
  expect(types[0]?.contentType).not.toBe(types[1]?.contentType);
});

describe('a file', () => {
  test.each<[string, () => FileInput, string, string, string]>([
    ['a string', () => 'text é', 'text é', 'f', ''],
    ['bytes', () => Buffer.from('bytes'), 'bytes', 'f', ''],
    ['an ArrayBuffer', () => new Uint8Array([97]).buffer, 'a', 'f', ''],
    ['a Blob', () => new Blob(['blob'], { type: 'a/b' }), 'blob', 'f', 'a/b'],
    ['a File', () => new File(['file'], 'n.txt', { type: 'a/b' }), 'file', 'n.txt', 'a/b'],
    ['a File without a name', () => new File(['file'], ''), 'file', 'f', ''],
    ['a stream', () => Readable.from(['a', 'b']), 'ab', 'f', ''],
    ['a stream of the web', () => new Blob(['web']).stream(), 'web', 'f', ''],
    ['an async generator', () => generator('a', 'b'), 'ab', 'f', ''],
    ['a function', () => () => generator('a', 'b'), 'ab', 'f', ''],
    ['a stream of a file', () => createReadStream(path), 'on disk', 'on disk.txt', ''],
    ['a file: URL', () => pathToFileURL(path), 'on disk', 'on disk.txt', ''],
    ['a path', () => ({ path }), 'on disk', 'on disk.txt', ''],
    ['a path that is a URL', () => ({ path: pathToFileURL(path) }), 'on disk', 'on disk.txt', ''],
    ['a record', () => ({ content: 'x' }), 'x', 'f', ''],
    ['a record of a File', () => ({ content: new File(['x'], 'n') }), 'x', 'n', ''],
    [
      'a record without prototype',
      () => Object.assign(Object.create(null), { path }),
      'on disk',
      'on disk.txt',
      '',
    ],
    ['an empty record', () => ({ content: '' }), '', 'f', ''],
    [
      'a record that has it all',
      () => ({ content: new File(['x'], 'n', { type: 'a/b' }), filename: 'm', contentType: 'c/d' }),
      'x',
      'm',
      'c/d',
    ],
    ['a path by another name', () => ({ path, filename: 'x' }), 'on disk', 'x', ''],
    [
      'a record with its type among the headers',
      () => ({ content: new Blob(['x'], { type: 'a/b' }), headers: { 'content-type': 'c/d' } }),
      'x',
      'f',
      'c/d',
    ],
  ])('may be %s', async (_, make, text, filename, type) => {
    // The parser takes a file without a type for text.
    const expected = [['f', text, filename, type || 'text/plain']];
    expect(await entries({ files: { f: make() } })).toEqual(expected);
  });

  test('of an async iterable that is an object literal is no record', async () => {
    const files = { f: { [Symbol.asyncIterator]: () => generator('x') } };
    expect((await entries({ files }))[0]?.[1]).toBe('x');
  });

  test('of a descriptor has the name of its field', async () => {
    const { fd } = (await once(createReadStream(path), 'open').then(([it]) => ({ fd: it }))) as {
      fd: number;
    };
    const stream = createReadStream('', { fd });
    expect(await entries({ files: { f: stream } })).toEqual([['f', 'on disk', 'f', 'text/plain']]);
  });

  test('with a filename of null is a plain field', async () => {
    const files = { f: { content: 'x', filename: null } };
    expect(await entries({ files })).toEqual([['f', 'x']]);
  });

  test('has the headers that it is given', async () => {
    const headers = { 'X-A': 'é', 'Content-Language': null };
    expect(await wire({ files: { f: { content: 'x', contentType: 'a/b', headers } } })).toBe(
      '--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n' +
        'X-A: é\r\nContent-Type: a/b\r\n\r\nx\r\n--B--\r\n',
    );
  });
});

describe('files', () => {
  const both = [
    ['a', '1', 'a', 'text/plain'],
    ['b', '2', 'b', 'text/plain'],
    ['b', '3', 'b', 'text/plain'],
  ];

  test.each<[string, Files]>([
    ['a record', { a: '1', none: null, b: ['2', '3'], neither: undefined }],
    [
      'pairs',
      [
        ['a', '1'],
        ['none', [null as never]],
        ['b', '2'],
        ['b', '3'],
      ],
    ],
    [
      'a Map',
      new Map<string, string | string[]>([
        ['a', '1'],
        ['b', ['2', '3']],
      ]),
    ],
    [
      'a generator',
      (function* (): Generator<[string, string]> {
        yield* [
          ['a', '1'],
          ['b', '2'],
          ['b', '3'],
        ] as [string, string][];
      })(),
    ],
  ])('may be %s', async (_, files) => {
    expect(await entries({ files })).toEqual(both);
  });

  test('may be a FormData, and a name a number', async () => {
    const form = new FormData();
    form.append('a', '1');
    expect(await entries({ files: form })).toEqual([['a', '1', 'a', 'text/plain']]);
    const files = [[5, 'x']] as unknown as Files;
    expect(await entries({ files, data: [[6, 'y']] as unknown as Data })).toEqual([
      ['6', 'y'],
      ['5', 'x', '5', 'text/plain'],
    ]);
  });

  test.each<[string, Data]>([
    ['a record', { x: ['1', 2], y: null, z: 'a\nb' }],
    [
      'pairs',
      [
        ['x', '1'],
        ['x', 2n],
        ['z', 'a\nb'],
      ],
    ],
    [
      'URLSearchParams',
      new URLSearchParams([
        ['x', '1'],
        ['x', '2'],
        ['z', 'a\nb'],
      ]),
    ],
  ])('come after the fields of data, %s', async (_, data) => {
    const form = [
      ['x', '1'],
      ['x', '2'],
      ['z', 'a\nb'],
    ];
    const file = ['f', 'x', 'f', 'text/plain'];
    expect(await entries({ data, files: { f: 'x' } })).toEqual([...form, file]);
  });

  test.each([null, undefined, '', {}, []])('may come without fields (data is %j)', async (data) => {
    const expected = [['f', 'x', 'f', 'text/plain']];
    expect(await entries({ data, files: { f: 'x' } })).toEqual(expected);
  });

  test('that are none leave data as it is', async () => {
    expect(await prepared({ data: 'x', files: {} })).toEqual({
      content: 'x',
      contentType: undefined,
    });
  });

  test.each([
    ['a string', 'secret', 'string'],
    ['bytes', Buffer.from('secret'), 'Buffer'],
    ['a Blob', new Blob(['x']), 'Blob'],
    ['a stream', new PassThrough(), 'PassThrough'],
    ['an async iterable', { [Symbol.asyncIterator]: () => generator('x') }, 'Object'],
    ['a function', () => generator('x'), 'function'],
    ['a FormData', new FormData(), 'FormData'],
    ['a Date', new Date(0), 'Date'],
    ['a number', 5, 'number'],
  ])('are refused beside data that is %s', (_, data, got) => {
    expect(refusal({ data, files: { f: 'x' } })).toEqual(
      new InvalidJobError(
        `data must be a record, pairs or URLSearchParams where there are files, got ${got}`,
      ),
    );
  });

  test('leave open what they are refused with', () => {
    const stream = createReadStream(path);
    refusal({ data: stream, files: { f: 'x' } });
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });

  test.each<[string, unknown, string]>([
    ['a string', path, 'files must be a record or pairs, got string'],
    ['a number', 5, 'files must be a record or pairs, got number'],
    ['a function', () => 'x', 'files must be a record or pairs, got function'],
    ['a Blob', new Blob(['x']), 'files must be a record or pairs, got Blob'],
    ['an array of files', ['x'], "files must be a record or pairs, got 'x' in it"],
  ])('must not be %s', (_, files, message) => {
    expect(refusal({ files })).toEqual(new InvalidJobError(message));
  });

  const KINDS =
    'files.f must be a string, bytes, a Blob, a stream, an async iterable, a function that makes ' +
    'one, a file: URL, or a record of content or path, got';

  test.each<[string, unknown, string]>([
    ['a number', 5, `${KINDS} number`],
    ['a Date', new Date(0), `${KINDS} Date`],
    ['an array in an array', [['x']], `${KINDS} Array`],
    ['a record of no content', { content: 5 }, `${KINDS} number`],
    ['a record of null', { content: null }, `${KINDS} null`],
    ['an empty record', {}, 'files.f must have either content or a path'],
    ['a record of both', { content: 'x', path }, 'files.f must have either content or a path'],
    [
      'a record with an unknown key',
      { content: 'x', fileName: 'y' },
      'files.f: unknown key "fileName"; did you mean "filename"?',
    ],
    [
      'a filename of 5',
      { content: 'x', filename: 5 },
      'files.f.filename must be a string or null, got number',
    ],
    [
      'a type of 5',
      { content: 'x', contentType: 5 },
      'files.f.contentType must be a string, got number',
    ],
    ['a path of 5', { path: 5 }, 'files.f.path must be a string or a file: URL, got number'],
    ['another URL', new URL('http://u:p@h/'), 'files.f is no path: The URL must be of scheme file'],
    [
      'a Content-Disposition',
      { content: 'x', headers: { 'content-disposition': 'form-data' } },
      'files.f.headers must not have a Content-Disposition: set filename',
    ],
  ])('must not be %s', (_, f, message) => {
    const error = refusal({ files: { f } });
    expect(error).toBeInstanceOf(InvalidJobError);
    expect((error as Error).message).toBe(message);
  });

  test.each([
    { contentType: 'a/b\r\nX-A: b' },
    { headers: { 'X-A': 'b\r\nX-B: c' } },
    { headers: { 'X-A: b\r\nX-B': 'c' } },
  ])('cannot smuggle a header in (%j)', (description) => {
    const files = { f: { content: 'x', ...description } };
    expect(refusal({ files })).toBeInstanceOf(InvalidHeaderError);
  });

  test.each([
    ['is not there', join(folder, 'missing'), 'files.f cannot be read: ENOENT: no such file'],
    ['is a directory', folder, 'files.f must be a regular file, and '],
  ])('on disk are refused where one %s', async (_, missing, message) => {
    const preparing = prepared({ files: { a: { path }, f: { path: missing } } });
    await expect(preparing).rejects.toThrow(InvalidJobError);
    await expect(preparing).rejects.toThrow(message);
  });

  test('are refused for the first thing that is wrong, whatever is found out later', async () => {
    const files = { a: { path: join(folder, 'missing') }, b: 5 };
    expect(refusal({ files })).toBeInstanceOf(InvalidJobError);
    await expect(prepared({ files: { a: files.a } })).rejects.toThrow('ENOENT');
    await turn();
  });
});

describe('FormData', () => {
  test('is sent as fetch sends it', async () => {
    const form = new FormData();
    form.append('a\nb', 'one\ntwo\rthree\r\nfour');
    form.append('f', new File(['a\nb'], 'x"\n.txt', { type: 'text/csv' }));
    form.append('g', new Blob(['x']));
    const headers = 'Content-Disposition: form-data; name=';
    expect(await wire({ data: form })).toBe(
      `--B\r\n${headers}"a%0D%0Ab"\r\n\r\none\r\ntwo\r\nthree\r\nfour\r\n` +
        `--B\r\n${headers}"f"; filename="x%22%0A.txt"\r\nContent-Type: text/csv\r\n\r\na\nb\r\n` +
        `--B\r\n${headers}"g"; filename="blob"\r\nContent-Type: application/octet-stream\r\n\r\n` +
        'x\r\n--B--\r\n',
    );
    const request = new Request('http://127.0.0.1/', { method: 'POST', body: form });
    const [, boundary = ''] = /boundary=(.*)/.exec(request.headers.get('content-type') ?? '') ?? [];
    const fetched = (await request.text()).replaceAll(boundary, 'B');
    // Older ones end it without a line break, which none needs (RFC 2046 §5.1.1).
    expect((await wire({ data: form })).trimEnd()).toBe(fetched.trimEnd());
  });

  test('without entries is sent too', async () => {
    expect(await wire({ data: new FormData() })).toBe('--B--\r\n');
  });
});

describe('any names, filenames and contents', () => {
  const awkward = fc.constantFrom(
    '"',
    '\r',
    '\n',
    '%',
    '2',
    '0',
    'A',
    'D',
    '\\',
    ';',
    '-',
    'é',
    '😀',
    '\ud83d',
    '\0',
  );
  const name = fc
    .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: awkward }))
    // Parsers differ in whether a byte order mark at the beginning is part of a text.
    .filter((text) => !text.startsWith('\ufeff'));
  const kinds = {
    text: (bytes: Uint8Array) => bytes,
    blob: (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]),
    stream: (bytes: Uint8Array) => Readable.from([bytes]),
    make: (bytes: Uint8Array) => async () =>
      Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]),
  };
  const file = fc.record({
    name,
    filename: name,
    bytes: fc.uint8Array(),
    kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
  });

  /** What is not Unicode is replaced; what looks like an escape is read as one (HTML §4.10.21.8). */
  const readBack = (text: string): string =>
    String(Buffer.from(text)).replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replaceAll('%22', '"');
  const lineBreaks = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');

  test('arrive as they were sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { minLength: 1 }),
        fc.array(fc.tuple(name, name)),
        async (parts, data) => {
          const files: [string, FileInput][] = parts.map(({ name, filename, bytes, kind }) => [
            name,
            { content: kinds[kind](bytes), filename },
          ]);
          const form = [...(await received({ data, files }))];
          const fields = form.splice(0, data.length);
          expect(fields).toEqual(
            data.map(([key, value]) => [readBack(lineBreaks(key)), String(Buffer.from(value))]),
          );
          expect(form).toHaveLength(parts.length);
          for (const [i, part] of parts.entries()) {
            const [key, value] = form[i] as [string, File];
            expect(key).toBe(readBack(lineBreaks(part.name)));
            expect(value.name).toBe(readBack(part.filename));
            expect(new Uint8Array(await value.arrayBuffer())).toEqual(part.bytes);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a body of parts', () => {
  const size = 1024 * 1024;

  test('that is small and in memory is in one piece', async () => {
    const { content } = await prepared({ files: { a: 'x', b: Buffer.from('y') } });
    expect(content).toBeInstanceOf(Uint8Array);
  });

  test('that is large is not copied into one, and can be sent again', async () => {
    const bytes = Buffer.alloc(size, 'x');
    const body = await streamed({ files: { a: bytes, b: 'y' } });
    expect(body).toMatchObject({ size: expect.any(Number), isReplayable: true });
    for (const _ of [1, 2]) expect(await sent({ content: body })).toHaveLength(body.size as number);
  });

  test.each<[string, FileInput, number | undefined, boolean]>([
    ['a path', { path }, 7, true],
    ['a Blob', new Blob(['x']), 1, true],
    ['a function', () => generator('x'), undefined, true],
    ['a stream', Readable.from(['x']), undefined, false],
  ])('knows its size and whether it can be sent again: %s', async (_, f, length, isReplayable) => {
    const around = await prepared({ files: { a: 'a', f: { content: '', filename: 'f' }, b: 'b' } });
    const files = [
      ['a', 'a'],
      ['f', f],
      ['b', 'b'],
    ] as [string, FileInput][];
    const body = await streamed({ files });
    const filename = f instanceof Object && 'path' in f ? basename(path) : 'f';
    const head = (around.content as Uint8Array).length + filename.length - 1;
    const total = length === undefined ? undefined : head + length;
    expect(body).toMatchObject({ size: total, isReplayable });
    const first = await sent({ content: body });
    if (isReplayable) expect(await sent({ content: body })).toEqual(first);
    else expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
  });

  test('has one stream open at a time, of those that are made for it', async () => {
    const events: string[] = [];
    const part = (name: string) => () => {
      events.push(`open ${name}`);
      return Readable.from([name]).on('close', () => events.push(`close ${name}`));
    };
    const files = { a: part('a'), b: ['x', part('b')], c: part('c') };
    const body = await streamed({ files });
    const stream = body.open(REQUEST);
    await turn();
    expect(events).toEqual([]);
    stream.resume();
    await once(stream, 'close');
    expect(events).toEqual(['open a', 'close a', 'open b', 'close b', 'open c', 'close c']);
  });

  test('that has a stream which was read is refused before any of it is sent', async () => {
    const first = new PassThrough();
    const made = vi.fn(() => generator('x'));
    const files = { first, made, used: new PassThrough().destroy(), last: generator('x') };
    const body = await streamed({ files });
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
    expect(made).not.toHaveBeenCalled();
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
  });

  test('that is refused closes the streams that it took', async () => {
    const last = new PassThrough();
    const body = await streamed({ files: { used: new PassThrough().destroy(), last } });
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
    expect(last.destroyed).toBe(true);
  });

  test('destroyed while one is read closes that, and those that would have followed', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, Buffer.alloc(size));
    const file = createReadStream(large);
    const later = new PassThrough();
    const made = vi.fn(() => generator('x'));
    const body = await streamed({ files: { f: () => file, made, later } });
    const stream = body.open(REQUEST);
    await once(stream, 'readable');
    while (!file.readableDidRead) {
      stream.read();
      await turn();
    }
    stream.destroy();
    if (!file.closed) await once(file, 'close');
    expect(later.destroyed).toBe(true);
    await turn();
    expect(made).not.toHaveBeenCalled();
  });

  test('destroyed while one is awaited goes on to no other', async () => {
    const stuck = new ReadableStream();
    const made = vi.fn(() => generator('x'));
    const stream = (await streamed({ files: { stuck, made } })).open(REQUEST);
    stream.read();
    await turn();
    stream.read();
    await turn();
    stream.destroy();
    await turn();
    expect(made).not.toHaveBeenCalled();
  });

  test('breaks with the error of a part as it is, and closes those that would have followed', async () => {
    const failure = new Error('disk');
    const later = new PassThrough();
    const failing = async (): Promise<never> => {
      throw failure;
    };
    const { content } = await prepared({ files: { failing, later } });
    await expect(sent({ content })).rejects.toBe(failure);
    expect(later.destroyed).toBe(true);
  });

  test('breaks where a function makes no stream', async () => {
    const { content } = await prepared({ files: { f: (() => 5) as never } });
    await expect(sent({ content })).rejects.toThrow(
      new InvalidJobError(
        'the function of files.f must return a stream or an async iterable, got number',
      ),
    );
  });

  test('reads no more of a file than is sent: a gigabyte takes no memory', async () => {
    const chunk = Buffer.alloc(size);
    let made = 0;
    async function* content(): AsyncGenerator<Uint8Array> {
      while (made < 1024) {
        made++;
        yield chunk;
      }
    }
    const { content: body } = await prepared({ files: { content } });
    let read = 0;
    let ahead = 0;
    for await (const bytes of (body as Exclude<typeof body, string | Uint8Array>).open(REQUEST)) {
      read += bytes.length;
      ahead = Math.max(ahead, made - Math.floor(read / size));
    }
    expect(read).toBeGreaterThan(1024 * size);
    expect(ahead).toBeLessThanOrEqual(3);
  });
});
