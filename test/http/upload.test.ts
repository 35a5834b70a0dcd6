import { createReadStream } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  InvalidJobError,
  ReadTimeoutError,
  RequestError,
  Session,
  UnrewindableBodyError,
} from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { HandleWatch } from '../helpers/handles.js';
import { startServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';

/** Tells what it gave, and whether it was let go. */
function pieces(all: readonly (string | Gate)[]) {
  const source = { given: 0, isReleased: false, stream: undefined as unknown as Readable };
  async function* generate() {
    try {
      for (const piece of all) {
        if (typeof piece !== 'string') await piece.opened;
        else {
          source.given++;
          yield piece;
        }
      }
    } finally {
      source.isReleased = true;
    }
  }
  source.stream = Readable.from(generate());
  return source;
}

describe('a streamed body', () => {
  test('is sent in chunks, as it comes', async () => {
    const gate = new Gate();
    const server = await startRawServer((socket, received) => {
      if (received.includes('first')) gate.open();
      if (received.endsWith('0\r\n\r\n'))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const data = pieces(['first', gate, 'second']).stream;
    expect((await new Session().post(server.url, { data })).statusCode).toBe(200);
  });

  test('is sent with the length that the headers give it', async () => {
    const server = await startServer();
    const data = pieces(['first,', 'second']).stream;
    await new Session().post(server.url, { data, headers: { 'Content-Length': 12 } });
    const [request] = server.requests;
    expect(request).toMatchObject({ headers: { 'content-length': '12' } });
    expect(request?.headers).not.toHaveProperty('transfer-encoding');
    expect(String(request?.body)).toBe('first,second');
  });

  test.each([3, 30])('of another length than the headers say is an error: %i', async (length) => {
    const server = await startServer();
    const data = pieces(['first,', 'second']).stream;
    const headers = { 'Content-Length': length };
    const failed = new Session().post(server.url, { data, headers });
    await expect(failed).rejects.toBeInstanceOf(InvalidJobError);
    expect(server.requests).toEqual([]);
  });

  test('is read no faster than it is sent', async () => {
    const server = await startRawServer((socket) => socket.pause());
    const source = pieces(Array.from({ length: 1000 }, () => 'x'.repeat(65_536)));
    const control = new AbortController();
    const job = { data: source.stream, signal: control.signal };
    const failed = new Session().post(server.url, job).catch((error) => error);
    await expect.poll(() => source.given).toBeGreaterThan(1);
    for (let before = -1; before !== source.given; ) {
      before = source.given;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(source.given).toBeLessThan(900);
    control.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    await expect.poll(() => source.isReleased).toBe(true);
  });

  test('that breaks is the error of its request, with what it broke with', async () => {
    const server = await startServer();
    const cause = Object.assign(new Error('no such thing'), { code: 'ENOENT' });
    const data = new Readable({ read: () => undefined });
    data.push('first');
    setImmediate(() => data.destroy(cause));
    const error = await new Session().post(server.url, { data }).catch((reason) => reason);
    expect(error.constructor).toBe(RequestError);
    expect(error).toMatchObject({
      message: `POST ${server.url}/: the body could not be read: no such thing`,
      code: 'ENOENT',
      cause,
    });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('whose function throws is an error that says so', async () => {
    const cause = new RangeError('no stream today');
    const data = () => {
      throw cause;
    };
    const url = 'http://127.0.0.1:1/';
    const error = await new Session().post(url, { data }).catch((reason) => reason);
    expect(error.constructor).toBe(RequestError);
    expect(error).toMatchObject({
      message: `POST ${url}: the body could not be read: no stream today`,
      cause,
    });
  });

  test('that breaks with what is no Error is an error nevertheless', async () => {
    const server = await startServer();
    async function* data() {
      yield 'first';
      throw 'a string';
    }
    const error = await new Session().post(server.url, { data: data() }).catch((reason) => reason);
    expect(error.message).toBe(`POST ${server.url}/: the body could not be read: a string`);
  });

  test('of what is neither text nor bytes is an error that says so', async () => {
    const server = await startServer();
    const data = Readable.from([5]) as unknown as Readable;
    const failed = new Session().post(server.url, { data });
    await expect(failed).rejects.toThrow(
      new InvalidJobError('a chunk of a body must be a string or bytes, got number', {
        phase: 'firstByte',
      }),
    );
  });

  test('that gives a piece and ends its job in one leaves nothing behind', async () => {
    const server = await startRawServer(() => undefined);
    const control = new AbortController();
    const data = new Readable({
      read() {
        this.push('last words');
        control.abort();
      },
    });
    const watch = new HandleWatch();
    const job = { data, signal: control.signal };
    const sent = watch.run(() => new Session().post(server.url, job));
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => watch.count).toBe(0);
    watch.stop();
  });

  test('has the Content-Type and the length of what it is, unless they are set', async () => {
    const server = await startServer();
    const session = new Session();
    const data = new Blob(['{}'], { type: 'application/json' });
    await session.post(server.url, { data });
    await session.post(server.url, { data, headers: { 'Content-Type': 'x/y' } });
    await session.post(server.url, { files: { a: 'text' } });
    const [blob, typed, files] = server.requests;
    expect(blob?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '2',
    });
    expect(typed?.headers).toMatchObject({ 'content-type': 'x/y', 'content-length': '2' });
    expect(files?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(String(files?.body)).toContain('name="a"; filename="a"\r\n\r\ntext\r\n');
  });

  test('of a file has its length, and may be sent any number of times', async () => {
    const server = await startServer();
    const path = join(await mkdtemp(join(tmpdir(), 'upload-')), 'letter.txt');
    await writeFile(path, 'Dear Ada');
    const session = new Session();
    const job = { url: server.url, method: 'PUT', data: createReadStream(path) };
    for (let i = 0; i < 2; i++) await session.request(job);
    await session.post(server.url, { files: { letter: { path } } });
    for (const { headers, body } of server.requests.slice(0, 2))
      expect([headers['content-length'], String(body)]).toEqual(['8', 'Dear Ada']);
    expect(server.requests[2]?.headers).toHaveProperty('content-length');
    expect(String(server.requests[2]?.body)).toContain('filename="letter.txt"\r\n');
  });

  test('is let go when the answer comes before its end', async () => {
    const server = await startRawServer((socket) =>
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!'),
    );
    const source = pieces(['first', new Gate(), 'second']);
    const response = await new Session().post(server.url, { data: source.stream });
    expect([response.statusCode, await response.text()]).toEqual([413, 'no!']);
    expect(source.stream.destroyed).toBe(true);
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe('the read timeout', () => {
  test('does not count while the body is waited for', async () => {
    const gate = new Gate();
    const server = await startServer();
    const source = pieces(['first', gate, 'second']);
    const job = { data: source.stream, timeout: { read: 30 } };
    const sent = new Session().post(server.url, job);
    await new Promise((resolve) => setTimeout(resolve, 90));
    gate.open();
    expect((await sent).statusCode).toBe(200);
    expect(String(server.requests[0]?.body)).toBe('firstsecond');
  });

  test('counts while the server does not take it', async () => {
    const server = await startRawServer((socket) => socket.pause());
    const source = pieces(Array.from({ length: 1000 }, () => 'x'.repeat(65_536)));
    const job = { data: source.stream, timeout: { read: 50 } };
    const failed = new Session().post(server.url, job);
    await expect(failed).rejects.toBeInstanceOf(ReadTimeoutError);
    expect(source.stream.destroyed).toBe(true);
  });

  test('counts from its end on', async () => {
    const server = await startRawServer(() => undefined);
    const job = { data: pieces(['all']).stream, timeout: { read: 30 } };
    await expect(new Session().post(server.url, job)).rejects.toBeInstanceOf(ReadTimeoutError);
  });
});

describe('a body that is asked for again', () => {
  const again = async (status: number, data: () => Readable, isFactory: boolean) => {
    const server = await startServer(({ path }, reply) => {
      if (path === '/') reply.writeHead(status, { Location: '/again' }).end();
      else reply.end();
    });
    const sent = new Session().post(server.url, { data: isFactory ? data : data() });
    return { server, sent };
  };

  test.each([307, 308])('by a %i is made again by its function', async (status) => {
    const { server, sent } = await again(status, () => Readable.from(['a', 'b']), true);
    await sent;
    expect(server.requests.map(({ path, body }) => `${path} ${body}`)).toEqual([
      '/ ab',
      '/again ab',
    ]);
  });

  test.each([307, 308])('by a %i and cannot be read again is an error', async (status) => {
    const { server, sent } = await again(status, () => Readable.from(['a', 'b']), false);
    const error = await sent.catch((reason) => reason);
    expect(error).toBeInstanceOf(UnrewindableBodyError);
    expect(error).toMatchObject({
      message: `POST ${server.url}/: a ${status} asks for the body again, which can be read only once; pass a function that makes the stream`,
      code: 'ERR_UNREWINDABLE_BODY',
      response: { statusCode: status },
    });
  });

  test.each([301, 302, 303])('is not, by a %i', async (status) => {
    const { server, sent } = await again(status, () => Readable.from(['a', 'b']), false);
    await sent;
    expect(server.requests[1]).toMatchObject({ method: 'GET', path: '/again' });
    expect(server.requests[1]?.headers).not.toHaveProperty('transfer-encoding');
  });

  test('by the same job is an error, and never an empty body', async () => {
    const server = await startServer();
    const job = { url: server.url, method: 'POST', data: Readable.from(['a']) };
    const session = new Session();
    await session.request(job);
    await expect(session.request(job)).rejects.toBeInstanceOf(UnrewindableBodyError);
    expect(server.requests).toHaveLength(1);
  });
});
