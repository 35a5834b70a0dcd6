import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ConnectionError,
  InvalidJobError,
  type Job,
  ProtocolError,
  ReadTimeoutError,
  type RequestError,
  Session,
} from '../../src/index.js';
import { createAuthority } from '../helpers/certificate.js';

const AUTHORITY = createAuthority();

interface H2Server {
  readonly url: string;
  readonly paths: string[];
  readonly sessions: () => number;
}

/** An HTTP/2 server on loopback, which closes itself when the test ends. */
async function startH2(
  answer: (
    stream: ServerHttp2Stream,
    path: string,
    headers: NodeJS.Dict<string | string[]>,
  ) => unknown,
): Promise<H2Server> {
  const server: Http2SecureServer = createSecureServer({ ...AUTHORITY.issue(), allowHTTP1: true });
  const paths: string[] = [];
  let open = 0;
  server.on('session', (session) => {
    open++;
    session.once('close', () => open--);
    session.on('error', () => undefined);
    onTestFinished(() => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    paths.push(`${headers[':method']} ${headers[':path']}`);
    answer(stream, String(headers[':path']), headers as NodeJS.Dict<string | string[]>);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, paths, sessions: () => open };
}

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];
const ACK = 1;
const END_HEADERS = 4;
/** HPACK (RFC 7541): an indexed field, and a literal whose name is indexed. */
const STATUS_200 = Buffer.of(0x88);
const CONTENT_LENGTH_10 = Buffer.of(0x0f, 0x0d, 2, 0x31, 0x30);
const PREFACE = 24;

/** RFC 9113 §4.1. */
function frame(type: number, flags: number, id: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

function* framesOf(bytes: Buffer) {
  for (let at = bytes.toString('latin1', 0, 3) === 'PRI' ? PREFACE : 0; at < bytes.length; ) {
    yield { type: bytes[at + 3], flags: bytes[at + 4], id: bytes.readUInt32BE(at + 5) };
    at += 9 + bytes.readUIntBE(at, 3);
  }
}

/** A server that answers each request with frames, such as no proper server sends. Its URL. */
async function startFrames(answer: (id: number) => Buffer[]): Promise<string> {
  const server = createServer({ ...AUTHORITY.issue(), ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.write(frame(SETTINGS, 0, 0));
    socket.on('data', (received) => {
      for (const { type, flags, id } of framesOf(received)) {
        if (type === SETTINGS && flags !== ACK) socket.write(frame(SETTINGS, ACK, 0));
        if (type === HEADERS) socket.write(Buffer.concat(answer(id)));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(): Session {
  const session = new Session({ allowH2: true, verify: AUTHORITY.cert });
  onTestFinished(() => session.close());
  return session;
}

const failureOf = (session: Session, job: Job): Promise<RequestError> =>
  session.request(job).then(
    () => expect.fail('there was a response'),
    (error) => error,
  );

describe('HTTP/2', () => {
  test('is spoken where it is asked for, on one connection for one caller', async () => {
    const server = await startH2((stream, path) => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(JSON.stringify({ path }));
    });
    const session = open();
    for (const path of ['/a', '/b?c=d'])
      expect(await (await session.get(server.url + path)).json()).toEqual({ path });
    expect(server.paths).toEqual(['GET /a', 'GET /b?c=d']);
    expect(server.sessions()).toBe(1);
    await session.close();
    await expect.poll(server.sessions).toBe(0);
  });

  test('is not spoken unless it is asked for', async () => {
    const server = await startH2((stream) => stream.respond({ ':status': 200 }));
    const session = new Session({ verify: AUTHORITY.cert, timeout: { read: 200 } });
    await session.get(server.url).catch(() => undefined);
    expect(server.paths).toEqual([]);
    await session.close();
  });

  test('has bodies both ways, whole and streamed', async () => {
    const server = await startH2(async (stream) => {
      const received = await text(stream);
      stream.respond({ ':status': 200, 'content-encoding': 'gzip' });
      stream.end(gzipSync(`got ${received}`));
    });
    const session = open();
    const whole = await session.post(server.url, { json: { a: 1 } });
    expect(await whole.text()).toBe('got {"a":1}');
    const data = Readable.from(['first,', 'second']);
    const streamed = await session.post(server.url, { data, stream: true });
    expect(await streamed.text()).toBe('got first,second');
  });

  test('has cookies, redirects and header lines as ever', async () => {
    const server = await startH2((stream, path, headers) => {
      if (path === '/') {
        stream.respond({ ':status': 302, location: '/there', 'set-cookie': ['a=1', 'b=2'] });
        stream.end();
        return;
      }
      stream.respond({ ':status': 200, link: ['<x>; rel=y', '<z>; rel=w'] });
      stream.end(String(headers.cookie));
    });
    const session = open();
    const response = await session.get(server.url);
    expect(await response.text()).toBe('a=1; b=2');
    expect(response.history[0]?.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Object.keys(response.links)).toEqual(['y', 'w']);
  });

  test('serves many at once', async () => {
    const server = await startH2((stream, path) => {
      stream.respond({ ':status': 200 });
      stream.end(path);
    });
    const session = open();
    const all = Array.from({ length: 50 }, async (_, i) =>
      (await session.get(`${server.url}/${i}`)).text(),
    );
    expect(await Promise.all(all)).toEqual(all.map((_, i) => `/${i}`));
  });

  test('a connection that is idle is closed in its time, and one that is used is not', async () => {
    const server = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.end();
    });
    const session = open();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    for (let i = 0; i < 3; i++) {
      await session.get(server.url, { timeout: Infinity });
      await vi.advanceTimersByTimeAsync(3_900);
    }
    expect(server.sessions()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    vi.useRealTimers();
    await expect.poll(server.sessions).toBe(0);
    expect((await session.get(server.url)).statusCode).toBe(200);
  });

  test('an answer that does not come is a ReadTimeoutError', async () => {
    const server = await startH2(() => undefined);
    const job = { url: server.url, timeout: { read: 50 } };
    expect(await failureOf(open(), job)).toBeInstanceOf(ReadTimeoutError);
    await expect.poll(server.sessions).toBe(0);
  });

  test('an abort ends it', async () => {
    const server = await startH2((stream) => stream.respond({ ':status': 200 }));
    const control = new AbortController();
    const session = open();
    const failed = failureOf(session, { url: server.url, signal: control.signal });
    await expect.poll(() => server.paths.length).toBe(1);
    control.abort();
    expect((await failed).name).toBe('AbortError');
    await expect.poll(server.sessions).toBe(0);
  });

  test.each([2, 7, 8])('a stream that is reset with code %i is an error', async (code) => {
    const url = await startFrames((id) => [
      frame(HEADERS, END_HEADERS, id, STATUS_200),
      frame(DATA, 0, id, Buffer.from('some of it')),
      frame(RST_STREAM, 0, id, Buffer.of(0, 0, 0, code)),
    ]);
    const session = open();
    const error = await failureOf(session, { url });
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.code).toBe('ERR_HTTP2_STREAM_ERROR');
    const streamed = await session.get(url, { stream: true });
    await expect(streamed.text()).rejects.toBeInstanceOf(ProtocolError);
  });

  test.each([0, 8])('a body that is shorter than its length is an error: %i', async (code) => {
    const url = await startFrames((id) => [
      frame(HEADERS, END_HEADERS, id, Buffer.concat([STATUS_200, CONTENT_LENGTH_10])),
      frame(DATA, 0, id, Buffer.from('four')),
      frame(RST_STREAM, 0, id, Buffer.of(0, 0, 0, code)),
    ]);
    const session = open();
    expect(await failureOf(session, { url })).toBeInstanceOf(ProtocolError);
    const streamed = await session.get(url, { stream: true });
    await expect(streamed.text()).rejects.toBeInstanceOf(ProtocolError);
  });

  test('a length without a body is none where there can be none', async () => {
    const server = await startH2((stream, path) => {
      stream.respond({ ':status': path === '/304' ? 304 : 200, 'content-length': '10' });
      stream.end();
    });
    const session = open();
    expect((await session.head(server.url)).statusCode).toBe(200);
    expect((await session.get(`${server.url}/304`)).statusCode).toBe(304);
  });

  test('a stream that is reset before its head is an error', async () => {
    const url = await startFrames((id) => [frame(RST_STREAM, 0, id, Buffer.of(0, 0, 0, 8))]);
    expect(await failureOf(open(), { url })).toBeInstanceOf(ConnectionError);
  });

  test('a body with a GET is an error, and leaves the session as it was', async () => {
    const server = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    const session = open();
    const error = await failureOf(session, { url: server.url, data: 'x' });
    expect(error).toBeInstanceOf(InvalidJobError);
    expect(error.message).toBe(
      `GET ${server.url}/: with allowH2, only POST, PUT and PATCH can have a body`,
    );
    expect(await (await session.get(server.url)).text()).toBe('ok');
  });

  test('a connection that the server ended is replaced', async () => {
    const server = await startH2((stream) => {
      const { session } = stream;
      stream.respond({ ':status': 200 });
      stream.end('ok');
      setTimeout(() => session?.close(), 10);
    });
    const session = open();
    for (let i = 0; i < 3; i++) {
      expect(await (await session.get(server.url)).text()).toBe('ok');
      await expect.poll(server.sessions).toBe(0);
    }
  });
});
