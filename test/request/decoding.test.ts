import * as zlib from 'node:zlib';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ContentDecodingError,
  type Job,
  type RequestError,
  type Response,
  ResponseTooLargeError,
  Session,
} from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

const TEXT = 'a text that is worth packing, '.repeat(100);

/** A request that is answered with these bytes under this Content-Encoding. */
async function receive(
  coding: string | string[],
  body: Buffer | string,
  job: Partial<Job> = {},
  status = 200,
): Promise<Response> {
  const server = await startServer((_, reply) => {
    reply.writeHead(status, { 'Content-Encoding': coding });
    reply.end(body);
  });
  return new Session().request({ url: server.url, ...job });
}

async function failure(...args: Parameters<typeof receive>): Promise<RequestError> {
  return receive(...args).then(
    () => expect.fail('there was a response'),
    (error) => error,
  );
}

describe('a body is decoded', () => {
  test.each<[string, string | string[], Buffer]>([
    ['gzip', 'gzip', gzipSync(TEXT)],
    ['gzip, by its old name', 'x-gzip', gzipSync(TEXT)],
    ['gzip, in other case', 'GZip', gzipSync(TEXT)],
    [
      'gzip of several members',
      'gzip',
      Buffer.concat([gzipSync(TEXT.slice(0, 9)), gzipSync(TEXT.slice(9))]),
    ],
    ['gzip with something behind it', 'gzip', Buffer.concat([gzipSync(TEXT), Buffer.from('\0\0')])],
    ['deflate', 'deflate', deflateSync(TEXT)],
    ['deflate of another window', 'deflate', deflateSync(TEXT, { windowBits: 9, level: 1 })],
    ['deflate without its zlib header', 'deflate', deflateRawSync(TEXT)],
    ['br', 'br', brotliCompressSync(TEXT)],
    ['identity', 'identity', Buffer.from(TEXT)],
    ['an empty coding', '', Buffer.from(TEXT)],
    ['two codings', 'deflate, gzip', gzipSync(deflateSync(TEXT))],
    ['two codings on two lines', ['gzip', 'br'], brotliCompressSync(gzipSync(TEXT))],
    ['two codings, one of them identity', 'identity, br', brotliCompressSync(TEXT)],
  ])('%s', async (_, coding, body) => {
    const response = await receive(coding, body);
    expect(await response.text()).toBe(TEXT);
    expect(response.headers.get('content-encoding')).toBe([coding].flat().join(', '));
  });

  test.each([404, 500])('with a status of %i too', async (status) => {
    expect(await (await receive('gzip', gzipSync(TEXT), {}, status)).text()).toBe(TEXT);
  });
});

test.runIf(Number.parseInt(process.versions.node, 10) >= 24)(
  'zstd is decoded where Node can',
  async () => {
    const compress = (zlib as unknown as { zstdCompressSync(text: string): Buffer })
      .zstdCompressSync;
    expect(await (await receive('zstd', compress(TEXT))).text()).toBe(TEXT);
    const streamed = await receive('zstd', compress(TEXT), { stream: true });
    expect(await streamed.text()).toBe(TEXT);
    expect(new Session().headers.get('Accept-Encoding')).toBe('gzip, deflate, br, zstd');
    const cut = compress(TEXT).subarray(0, -3);
    await expect(receive('zstd', cut)).rejects.toBeInstanceOf(ContentDecodingError);
  },
);

test.each([
  ['is not known', 'lzma', 'lzma'],
  ['is a name of every object', 'constructor', 'constructor'],
])('a coding that %s leaves the body as it is', async (_, coding) => {
  const packed = gzipSync(TEXT);
  expect((await receive(coding, packed)).content).toEqual(packed);
  expect((await receive(`gzip, ${coding}`, packed)).content).toEqual(packed);
  expect(await (await receive(`${coding}, gzip`, packed)).text()).toBe(TEXT);
});

test.each([
  ['an empty body', {}, 200],
  ['an answer to HEAD', { method: 'HEAD' }, 200],
  ['a 204', {}, 204],
  ['a 304', {}, 304],
])('%s needs no decoding', async (_, job, status) => {
  const response = await receive('gzip', '', job, status);
  expect(response.content).toHaveLength(0);
});

test('an empty body may be packed too', async () => {
  expect((await receive('br, gzip', gzipSync(''))).content).toHaveLength(0);
});

describe('a body that is not what its Content-Encoding says is a ContentDecodingError', () => {
  const packed = gzipSync(TEXT);
  test.each<[string, string, Buffer, string]>([
    ['no gzip at all', 'gzip', Buffer.from(TEXT), 'incorrect header check'],
    [
      'corrupt gzip',
      'gzip',
      Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
      'incorrect data check',
    ],
    ['truncated gzip', 'gzip', packed.subarray(0, -9), 'unexpected end of file'],
    ['truncated deflate', 'deflate', deflateSync(TEXT).subarray(0, -5), 'unexpected end of file'],
    ['a single byte of deflate', 'deflate', Buffer.from('x'), 'unexpected end of file'],
    ['text as deflate', 'deflate', Buffer.from('\xffno', 'latin1'), 'invalid block type'],
    ['truncated br', 'br', brotliCompressSync(TEXT).subarray(0, -1), 'unexpected end of file'],
    ['no br at all', 'br', Buffer.from(TEXT), 'Decompression failed'],
  ])('%s', async (_, coding, body, cause) => {
    const error = await failure(coding, body);
    expect(error).toBeInstanceOf(ContentDecodingError);
    expect(error.message).toMatch(
      new RegExp(`^GET http://127.0.0.1:\\d+/: the body is not valid ${coding}$`),
    );
    expect(error.code).toBe('ERR_CONTENT_DECODING');
    expect(error.cause).toMatchObject({ message: cause });
    expect(error.request?.method).toBe('GET');
  });
});

describe('maxResponseSize', () => {
  const bomb = (coding: 'gzip' | 'br', size: number) =>
    coding === 'gzip'
      ? gzipSync(Buffer.alloc(size), { level: 9 })
      : brotliCompressSync(Buffer.alloc(size), {
          params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
        });

  test('is a limit of the body as it is sent', async () => {
    const limit = { maxResponseSize: TEXT.length };
    expect((await receive('identity', TEXT, limit)).content).toHaveLength(TEXT.length);
    const error = await failure('identity', `${TEXT}!`, limit);
    expect(error).toBeInstanceOf(ResponseTooLargeError);
    expect(error.message).toMatch(/^GET http:\S+: the body has more than 3000 bytes$/);
    expect(error.code).toBe('ERR_RESPONSE_TOO_LARGE');
  });

  test.each(['gzip', 'br'] as const)('is a limit of the body decoded from %s', async (coding) => {
    const limit = { maxResponseSize: 1_000_000 };
    expect((await receive(coding, bomb(coding, 1_000_000), limit)).content).toHaveLength(1_000_000);
    const error = await failure(coding, bomb(coding, 1_000_001), limit);
    expect(error).toBeInstanceOf(ResponseTooLargeError);
    expect(error.message).toMatch(
      new RegExp(`^GET http:\\S+: the ${coding} body is too large decoded$`),
    );
    expect(error.code).toBe('ERR_RESPONSE_TOO_LARGE');
  });

  test('is a limit of each step', async () => {
    const error = await failure('gzip, gzip', gzipSync(bomb('gzip', 2_000_000)), {
      maxResponseSize: 1_000_000,
    });
    expect(error).toBeInstanceOf(ResponseTooLargeError);
  });

  test('of 0 allows empty bodies alone', async () => {
    expect((await receive('gzip', '', { maxResponseSize: 0 })).statusCode).toBe(200);
    expect(await failure('gzip', gzipSync(''), { maxResponseSize: 0 })).toBeInstanceOf(
      ResponseTooLargeError,
    );
  });

  test("is the session's unless the job has one, and may be Infinity", async () => {
    const server = await startServer((_, reply) => reply.end(TEXT));
    const session = new Session({ maxResponseSize: 10 });
    await expect(session.get(server.url)).rejects.toThrow(ResponseTooLargeError);
    const response = await session.get(server.url, { maxResponseSize: Infinity });
    expect(await response.text()).toBe(TEXT);
  });

  test('that is reached breaks the connection of that request alone', async () => {
    const server = await startServer(({ path }, reply) => {
      reply.write(TEXT);
      if (path !== '/endless') reply.end();
    });
    const session = new Session();
    const endless = session.get(`${server.url}/endless`, { maxResponseSize: 10 });
    await expect(endless).rejects.toThrow(ResponseTooLargeError);
    expect(await (await session.get(server.url)).text()).toBe(TEXT);
    await expect.poll(() => server.openConnections).toBeLessThan(2);
  });
});
