import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  fstatSync,
  mkdtempSync,
  openSync,
  ReadStream,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough, Readable, Stream } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { InvalidJobError, UnrewindableBodyError } from '../../../src/errors.js';
import type { Data } from '../../../src/request/body/body.js';
import { Gate } from '../../helpers/gate.js';
import { prepared, REQUEST, sent, streamed } from '../../helpers/prepared-body.js';

type Chunk = string | Uint8Array;

async function* generator(...chunks: Chunk[]): AsyncGenerator<Chunk> {
  yield* chunks;
}

function webStream(...chunks: unknown[]): ReadableStream<Chunk> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk as Chunk);
      controller.close();
    },
  });
}

/** An async iterable that is no generator, and whose iterator has no `return`. */
function plainIterable(...chunks: unknown[]): AsyncIterable<Chunk> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: chunks.length === 0, value: chunks.shift() as Chunk }),
    }),
  };
}

function byteStream(...chunks: Chunk[]): Readable {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  return stream.end();
}

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

/** Text and bytes, those of a view too, an empty chunk among them, as each kind of stream. */
const SOURCES: [string, () => Exclude<Data, string>][] = [
  ['a stream of Node', () => byteStream('a', Buffer.from('b'), 'é')],
  ['a stream of text', () => byteStream('a', Buffer.from('b'), 'é').setEncoding('utf8')],
  ['a stream of objects', () => Readable.from(['a', Buffer.from('b'), '', 'é'])],
  ['a duplex stream', () => Duplex.from(generator('a', Buffer.from('b'), 'é'))],
  ['a stream of the web', () => webStream('a', new DataView(Buffer.from('b').buffer, 0, 0), 'bé')],
  ['an async generator', () => generator('a', '', Buffer.from('b'), new Uint8Array(), 'é')],
  ['an async iterable', () => plainIterable('a', new Uint8Array([98]).buffer, 'é')],
];

test.each(SOURCES)('%s is sent, once', async (_, make) => {
  const data = make();
  const body = await streamed({ data });
  expect(body).toMatchObject({ size: undefined, isReplayable: false });
  expect(await sent({ content: body })).toEqual(Buffer.from('abé'));
  const message =
    "POST http://127.0.0.1/upload: the body's stream was read or closed before, and cannot be " +
    'read again; pass a function that makes the stream';
  const error = new UnrewindableBodyError(message, { phase: 'prepare' });
  expect(() => body.open(REQUEST)).toThrow(error);
  const again = await streamed({ data });
  expect(() => again.open(REQUEST)).toThrow(error);
});

test.each(SOURCES)('a function that makes %s is called each time', async (_, make) => {
  const data = vi.fn(make as () => ReadableStream<Chunk>);
  const body = await streamed({ data });
  expect(body).toMatchObject({ size: undefined, isReplayable: true });
  expect(data).not.toHaveBeenCalled();
  for (const times of [1, 2, 3]) {
    expect(await sent({ content: body })).toEqual(Buffer.from('abé'));
    expect(data).toHaveBeenCalledTimes(times);
  }
});

test.each(SOURCES)('a function that promises %s is called each time', async (_, make) => {
  const body = await streamed({ data: async () => make() as ReadableStream<Chunk> });
  expect(body.isReplayable).toBe(true);
  for (const _ of [1, 2]) expect(await sent({ content: body })).toEqual(Buffer.from('abé'));
});

test('an async generator function is called each time', async () => {
  async function* data(): AsyncGenerator<string> {
    yield 'x';
  }
  const body = await streamed({ data });
  for (const _ of [1, 2]) expect(String(await sent({ content: body }))).toBe('x');
});

test('a Blob is sent as often as is needed, and its size is known', async () => {
  const body = await streamed({ data: new Blob(['blob é']) });
  expect(body).toMatchObject({ size: 7, isReplayable: true });
  for (const _ of [1, 2]) expect(String(await sent({ content: body }))).toBe('blob é');
});

test('a Blob of another library is one too', async () => {
  const data = {
    [Symbol.toStringTag]: 'Blob',
    size: 1,
    type: 'a/b',
    stream: () => generator('x'),
  } as unknown as Blob;
  const body = await prepared({ data });
  expect(body.contentType).toBe('a/b');
  expect(body.content).toMatchObject({ size: 1 });
  expect(String(await sent(body))).toBe('x');
});

describe('a stream that cannot be read any more', () => {
  const unlistened = async (stream: Readable): Promise<Readable> => {
    if (!stream.closed) await once(stream, 'close');
    return stream;
  };

  test.each<[string, () => Data | Promise<Data>]>([
    [
      'was read in part',
      async () => {
        const stream = byteStream('a', 'b');
        await once(stream, 'readable');
        stream.read(1);
        return stream;
      },
    ],
    ['was read to its end', async () => unlistened(byteStream('a').resume())],
    ['was read, and was empty', async () => unlistened(byteStream().resume())],
    [
      'was read, and does not close itself',
      async () => {
        const stream = new Readable({
          autoDestroy: false,
          read() {
            this.push(null);
          },
        });
        await once(stream.resume(), 'end');
        return stream;
      },
    ],
    [
      'was destroyed (one of another library)',
      () => Object.assign(plainIterable('a'), { destroyed: true }),
    ],
    ['was destroyed', () => new PassThrough().destroy()],
    [
      'is locked',
      () => {
        const stream = webStream('a');
        stream.getReader();
        return stream;
      },
    ],
    [
      'was read as a stream of the web',
      async () => {
        const stream = webStream('a');
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
        return stream;
      },
    ],
    [
      'was cancelled',
      async () => {
        const stream = webStream('a');
        await stream.cancel();
        return stream;
      },
    ],
  ])('since it %s is refused', async (_, make) => {
    const body = await streamed({ data: await make() });
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
  });

  test('names its request in the error', async () => {
    const body = await streamed({ data: new PassThrough().destroy() });
    const error = thrownBy(() => body.open(REQUEST));
    expect(error).toBeInstanceOf(UnrewindableBodyError);
    expect(error).toMatchObject({ request: REQUEST, code: 'ERR_UNREWINDABLE_BODY' });
  });

  test.each([
    ['before', (stream: Readable) => stream.destroy(new Error('disk'))],
    ['after', (stream: Readable) => stream],
  ])('since it failed (%s its job was taken) is refused, and tells why', async (when, fail) => {
    const stream = new PassThrough();
    stream.once('error', () => {});
    const body = await streamed({ data: fail(stream) });
    if (when === 'after') stream.destroy(new Error('disk'));
    await turn();
    const error = thrownBy(() => body.open(REQUEST));
    expect(error).toBeInstanceOf(InvalidJobError);
    expect(error).toMatchObject({
      message: "POST http://127.0.0.1/upload: the body's stream failed before it was sent",
      cause: new Error('disk'),
      request: REQUEST,
    });
  });

  test('since it failed as it was sent is refused', async () => {
    const stream = Readable.from(
      (async function* () {
        yield 'a';
        throw new Error('disk');
      })(),
    );
    const body = await streamed({ data: stream });
    await expect(text(body.open(REQUEST))).rejects.toThrow('disk');
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
  });

  test('is the same one that a function makes twice', async () => {
    const stream = byteStream('a');
    const body = await streamed({ data: () => stream });
    expect(String(await sent({ content: body }))).toBe('a');
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
    const promised = await streamed({ data: async () => stream });
    await expect(text(promised.open(REQUEST))).rejects.toThrow(UnrewindableBodyError);
  });
});

test('an error before the stream is opened is told when it is, and breaks nothing', async () => {
  const stream = new PassThrough();
  const body = await streamed({ data: stream });
  await streamed({ data: stream });
  expect(stream.listenerCount('error')).toBe(1);
  stream.destroy(new Error('disk'));
  await turn();
  expect(() => body.open(REQUEST)).toThrow(InvalidJobError);
});

describe('a chunk that is neither text nor bytes', () => {
  test.each<[string, Data]>([
    ['a stream of objects', Readable.from(['a', 5])],
    ['a stream of the web', webStream('a', 5)],
    ['an async iterable', plainIterable('a', 5)],
    ['a function', () => plainIterable('a', 5)],
    ['a function of a promise', async () => plainIterable('a', 5)],
  ])('breaks %s, and is named by its kind', async (_, data) => {
    const body = await streamed({ data });
    await expect(text(body.open(REQUEST))).rejects.toThrow(
      new InvalidJobError('a chunk of a body must be a string or bytes, got number', {
        phase: 'firstByte',
      }),
    );
  });

  test('has the source closed', async () => {
    const cancelled = vi.fn();
    const data = new ReadableStream({
      start: (controller) => controller.enqueue({ secret: 1 }),
      cancel: cancelled,
    });
    const body = await streamed({ data });
    await expect(text(body.open(REQUEST))).rejects.toThrow('got Object');
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

describe('an error of the source comes out as it is', () => {
  const failure = new Error('disk');
  async function* failing(): AsyncGenerator<string> {
    yield 'a';
    throw failure;
  }

  test.each<[string, () => Data]>([
    [
      'a stream of Node',
      () =>
        new Readable({
          read() {
            this.destroy(failure);
          },
        }),
    ],
    ['a stream of objects', () => Readable.from(failing())],
    ['a stream of the web', () => new ReadableStream({ pull: (it) => it.error(failure) })],
    ['a generator', failing],
    ['a function of a promise', () => async () => Promise.reject(failure)],
    [
      'an iterator that throws',
      () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => {
            throw failure;
          },
        }),
      }),
    ],
  ])('from %s', async (_, make) => {
    const body = await streamed({ data: make() });
    await expect(text(body.open(REQUEST))).rejects.toBe(failure);
  });

  test('from a function of a promise, however late it is read', async () => {
    const body = await streamed({ data: async () => Promise.reject(failure) });
    const stream = body.open(REQUEST);
    await turn();
    await expect(text(stream)).rejects.toBe(failure);
  });

  test('from a function that throws', async () => {
    const body = await streamed({
      data: () => {
        throw failure;
      },
    });
    expect(() => body.open(REQUEST)).toThrow(failure);
  });
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'undefined'],
  ['a string', 'x', 'string'],
  ['bytes', Buffer.from('x'), 'Buffer'],
  ['an array', ['x'], 'Array'],
  ['a stream of the kind that Node had first', new Stream(), 'Stream'],
])('a function that returns %s is refused', async (_, made, got) => {
  const message = `the function of data must return a stream or an async iterable, got ${got}`;
  const body = await streamed({ data: (() => made) as () => Readable });
  expect(() => body.open(REQUEST)).toThrow(new InvalidJobError(message));
  const promised = await streamed({ data: (async () => made) as () => Promise<Readable> });
  await expect(text(promised.open(REQUEST))).rejects.toThrow(new InvalidJobError(message));
});

describe('destroyed', () => {
  const reason = new Error('given up');

  /** Destroys the stream while its source owes a chunk, and waits until it is closed. */
  async function giveUp(data: Data): Promise<void> {
    const body = (await streamed({ data })).open(REQUEST);
    body.read();
    await turn();
    const closed = once(body, 'close').catch((error) => expect(error).toBe(reason));
    body.on('error', () => {});
    body.destroy(reason);
    await closed;
  }

  test.each<[string, (stream: Readable) => Data]>([
    ['a stream of Node', (stream) => stream],
    ['a stream of text', (stream) => stream.setEncoding('utf8')],
    ['what a function made', (stream) => () => stream],
    ['what a function promised', (stream) => async () => stream],
  ])('it destroys %s', async (_, dataOf) => {
    const stream = new PassThrough();
    await giveUp(dataOf(stream));
    expect(stream.destroyed).toBe(true);
  });

  test('it destroys a stream of objects', async () => {
    const stream = new PassThrough({ objectMode: true });
    await giveUp(stream);
    expect(stream.destroyed).toBe(true);
  });

  test('it cancels a stream of the web', async () => {
    const cancel = vi.fn();
    await giveUp(new ReadableStream({ cancel }));
    expect(cancel).toHaveBeenCalledExactlyOnceWith(reason);
  });

  test('it returns from a generator, once that comes to it', async () => {
    const gate = new Gate();
    const left = new Gate();
    await giveUp(async function* () {
      try {
        await gate.opened;
        yield 'x';
      } finally {
        left.open();
      }
    });
    gate.open();
    await left.opened;
  });

  test('it leaves alone what cannot be stopped', async () => {
    const never = { next: () => new Promise<never>(() => {}) };
    await giveUp({ [Symbol.asyncIterator]: () => never });
  });

  test('it hears nothing of a source that cannot be stopped without an error', async () => {
    await giveUp(
      new ReadableStream({
        cancel() {
          throw new Error('cancel');
        },
      }),
    );
    await turn();
  });

  test('it closes what is promised later', async () => {
    const cancelled = new Gate();
    const gate = new Gate();
    await giveUp(async () => {
      await gate.opened;
      return new ReadableStream({ cancel: () => cancelled.open() });
    });
    gate.open();
    await cancelled.opened;
  });

  test('and never read, it closes the source too', async () => {
    const stream = new PassThrough({ objectMode: true });
    (await streamed({ data: stream })).open(REQUEST).destroy();
    expect(stream.destroyed).toBe(true);
    const unread = (await streamed({ data: async () => Promise.reject(reason) })).open(REQUEST);
    unread.destroy();
    await turn();
  });
});

test('what was read to its end is not stopped as well', async () => {
  const stopped = vi.fn();
  const chunks = ['a'];
  const iterator: AsyncIterator<string> = {
    next: async () => ({ done: chunks.length === 0, value: chunks.pop() as string }),
    return: stopped,
  };
  const body = await streamed({ data: { [Symbol.asyncIterator]: () => iterator } });
  expect(String(await sent({ content: body }))).toBe('a');
  await turn();
  expect(stopped).not.toHaveBeenCalled();
});

test('a source gives no more than is read', async () => {
  let made = 0;
  const size = 64 * 1024;
  async function* data(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(size, made++);
  }
  const body = (await streamed({ data })).open(REQUEST);
  await turn();
  expect(made).toBe(0);
  for (let read = 1; read <= 100; read++) {
    await once(body, 'readable');
    expect((body.read() as Buffer)[0]).toBe(read - 1);
    expect(made).toBeLessThanOrEqual(read + 2);
  }
  body.destroy();
});

describe('a stream of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-pool-'));
  const path = join(folder, 'digits.txt');
  writeFileSync(path, '0123456789');
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each<[string, { start?: number; end?: number }, string]>([
    ['as a whole', {}, '0123456789'],
    ['from its start on', { start: 3 }, '3456789'],
    ['up to its end', { end: 4 }, '01234'],
    ['in between', { start: 2, end: 4 }, '234'],
    ['up to more than there is', { start: 8, end: 20 }, '89'],
  ])('is sent %s, as often as is needed, and its size is known', async (_, range, digits) => {
    const data = createReadStream(path, range);
    const body = await streamed({ data });
    expect(body).toMatchObject({ size: digits.length, isReplayable: true });
    for (const _ of [1, 2]) expect(String(await sent({ content: body }))).toBe(digits);
    const again = await streamed({ data });
    expect(String(await sent({ content: again }))).toBe(digits);
  });

  test('holds no file open until it is sent', async () => {
    const data = createReadStream(path);
    await once(data, 'open');
    const fd = (data as unknown as { fd: number }).fd;
    await streamed({ data });
    if (!data.closed) await once(data, 'close');
    expect(() => fstatSync(fd)).toThrow('EBADF');
  });

  test('of an empty file is empty', async () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const body = await streamed({ data: createReadStream(empty) });
    expect(body).toMatchObject({ size: 0, isReplayable: true });
    for (const _ of [1, 2]) expect(await sent({ content: body })).toHaveLength(0);
    const beyond = await streamed({ data: createReadStream(path, { start: 10 }) });
    expect(beyond.size).toBe(0);
    expect(await sent({ content: beyond })).toHaveLength(0);
  });

  test('is not sent beyond the size that was told', async () => {
    const log = join(folder, 'log');
    writeFileSync(log, 'one');
    const body = await streamed({ data: createReadStream(log) });
    writeFileSync(log, 'one, two');
    expect(String(await sent({ content: body }))).toBe('one');
    truncateSync(log);
    expect(await buffer(body.open(REQUEST))).toHaveLength(0);
  });

  test.each(['r+', 'a+'])('with the flags %s is sent once', async (flags) => {
    const body = await streamed({ data: createReadStream(path, { flags }) });
    expect(body).toMatchObject({ size: undefined, isReplayable: false });
    expect(String(await sent({ content: body }))).toBe('0123456789');
  });

  test('of a descriptor is sent once, and its size is known if its start is', async () => {
    const fd = openSync(path, 'r');
    const options = { fd, autoClose: false };
    const unknown = await streamed({ data: createReadStream('', options) });
    expect(unknown).toMatchObject({ size: undefined, isReplayable: false });
    expect(String(await sent({ content: unknown }))).toBe('0123456789');
    const known = await streamed({ data: createReadStream(path, { ...options, start: 4 }) });
    expect(known).toMatchObject({ size: 6, isReplayable: false });
    expect(String(await sent({ content: known }))).toBe('456789');
    closeSync(fd);
  });

  test('of a FileHandle is sent once', async () => {
    const handle = await open(path);
    const body = await streamed({ data: handle.createReadStream({ start: 1, end: 3 }) });
    expect(body).toMatchObject({ size: 3, isReplayable: false });
    expect(String(await sent({ content: body }))).toBe('123');
  });

  test('that decodes it is a stream of text', async () => {
    const data = createReadStream(path, { encoding: 'hex', end: 1 });
    const body = await streamed({ data });
    expect(body).toMatchObject({ size: undefined, isReplayable: false });
    expect(String(await sent({ content: body }))).toBe('3031');
  });

  test('of a class of its own may give anything, once', async () => {
    class Shouting extends ReadStream {
      override push(chunk: Buffer | null): boolean {
        return super.push(chunk === null ? null : `${chunk}!`);
      }
    }
    const data = Reflect.construct(Shouting, [path]) as ReadStream;
    const body = await streamed({ data });
    expect(body).toMatchObject({ size: undefined, isReplayable: false });
    expect(String(await sent({ content: body }))).toBe('0123456789!');
  });

  test('that was read in part is refused', async () => {
    const data = createReadStream(path, { highWaterMark: 4 });
    await once(data, 'readable');
    data.read(2);
    const body = await streamed({ data });
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
    data.destroy();
  });

  test('that was closed by someone else is refused', async () => {
    const body = await streamed({ data: createReadStream(path).destroy() });
    expect(() => body.open(REQUEST)).toThrow(UnrewindableBodyError);
  });

  test.each(['before', 'after'])('fails as it does (%s its job was taken)', async (when) => {
    const data = createReadStream(join(folder, 'missing'));
    const failed = new Promise<void>((resolve) => data.once('close', () => resolve()));
    data.once('error', () => {});
    if (when === 'before') await failed;
    const body = await streamed({ data });
    expect(body).toMatchObject({ size: undefined, isReplayable: false });
    await failed;
    expect(() => body.open(REQUEST)).toThrow(InvalidJobError);
  });

  test('of what is no regular file is sent as it comes', async () => {
    const body = await streamed({ data: createReadStream('/dev/null') });
    expect(body).toMatchObject({ size: undefined, isReplayable: false });
    expect(await sent({ content: body })).toHaveLength(0);
  });
});
