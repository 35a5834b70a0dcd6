import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  AbortError,
  ContentDecodingError,
  HTTPError,
  type Job,
  ProtocolError,
  ReadTimeoutError,
  type Response,
  ResponseTooLargeError,
  Session,
  TimeoutError,
} from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { HandleWatch } from '../helpers/handles.js';
import { startServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';
import { collect } from '../helpers/scripted-session.js';

const MEBIBYTE = 1024 * 1024;
const TEXT = 'a text that is worth packing, '.repeat(10_000);

afterEach(() => {
  vi.useRealTimers();
});

/** Has timeouts run out when the test says so, however busy the machine is. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** Lets a minute go by as soon as no timeout is counted. For a clock that was stopped. */
async function passUntimed(): Promise<void> {
  while (vi.getTimerCount() > 0) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(60_000);
}

/** A server that answers with `first`, and with the rest when the gate is opened. */
async function startHalting(first: string, rest = 'rest') {
  const gate = new Gate();
  const server = await startServer(async (_, reply) => {
    reply.write(first);
    await gate.opened;
    reply.end(rest);
  });
  return { server, gate };
}

/** Sends a piece, and waits until there is room for more, or nobody is there any more. */
async function send(reply: ServerResponse, piece: Buffer): Promise<void> {
  if (reply.write(piece)) return;
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race(['drain', 'close'].map((event) => once(reply, event, { signal })));
  waiting.abort();
}

/** A server that sends without end, as fast as it is read; tells how much it could send. */
async function startEndless() {
  const sent = { bytes: 0 };
  const server = await startServer(async ({ path }, reply) => {
    if (path === '/ok') {
      reply.end('ok');
      return;
    }
    const piece = Buffer.alloc(65_536, 'x');
    while (!reply.destroyed) {
      sent.bytes += piece.length;
      await send(reply, piece);
    }
  });
  return { server, sent };
}

/** Sends bytes under a Content-Encoding, and reads them as a stream. */
async function stream(coding: string, bytes: Buffer, job: Partial<Job> = {}): Promise<Response> {
  const server = await startServer((_, reply) => {
    reply.setHeader('Content-Encoding', coding);
    for (let at = 0; at < bytes.length; at += 1000) reply.write(bytes.subarray(at, at + 1000));
    reply.end();
  });
  return new Session().get(server.url, { stream: true, ...job });
}

/** Waits until what the server could send stands still. */
async function standstill(sent: { bytes: number }): Promise<void> {
  await expect.poll(() => sent.bytes).toBeGreaterThan(65_536);
  for (let before = -1; before !== sent.bytes; ) {
    before = sent.bytes;
    await sleep(50);
  }
}

describe('a streamed response', () => {
  test('is there when its head is, and its body comes as it is read', async () => {
    const { server, gate } = await startHalting('first,');
    const response = await new Session().get(server.url, { stream: true });
    expect(response).toMatchObject({ statusCode: 200, ok: true, bodyUsed: false });
    expect(() => response.content).toThrow(
      new TypeError('the body of a streamed response is not there yet: await its bytes()'),
    );
    const reader = response.body.getReader();
    expect(String(Buffer.from((await reader.read()).value as Uint8Array))).toBe('first,');
    gate.open();
    expect(String(Buffer.from((await reader.read()).value as Uint8Array))).toBe('rest');
    expect(await reader.read()).toMatchObject({ done: true });
    expect(response.bodyUsed).toBe(true);
  });

  test('can be read as a whole, and is then as any other', async () => {
    const { server, gate } = await startHalting('{"a":', '1}');
    gate.open();
    const response = await new Session().get(server.url, { stream: true });
    expect(await response.json()).toEqual({ a: 1 });
    expect(await response.text()).toBe('{"a":1}');
    expect(String(response.content)).toBe('{"a":1}');
    expect(await (await response.blob()).text()).toBe('{"a":1}');
    expect(response.bodyUsed).toBe(false);
    expect(await collect(response.iterLines())).toEqual(['{"a":1}']);
  });

  test('is not used up by a look at its body', async () => {
    const { server, gate } = await startHalting('a');
    gate.open();
    const response = await new Session().get(server.url, { stream: true });
    const { body } = response;
    expect([body instanceof ReadableStream, response.bodyUsed]).toEqual([true, false]);
    expect(await response.text()).toBe('arest');
    await expect(body.getReader().read()).rejects.toThrow(TypeError);
  });

  test('can be read once as it comes', async () => {
    const { server, gate } = await startHalting('a\nb');
    gate.open();
    const response = await new Session().get(server.url, { stream: true });
    expect(await collect(response.iterLines())).toEqual(['a', 'brest']);
    const reason = new TypeError('the body of a streamed response can be read once');
    expect(() => response.iterLines()).toThrow(reason);
    await expect(response.body.getReader().read()).rejects.toThrow(reason);
    await expect(response.text()).rejects.toThrow(reason);
  });

  test('has one body, however often it is asked for', async () => {
    const { server, gate } = await startHalting('a');
    gate.open();
    const response = await new Session().get(server.url, { stream: true });
    expect(response.body).toBe(response.body);
    expect(await new Blob(await collect(response.body)).text()).toBe('arest');
  });

  test('becomes a fetch Response, read or not', async () => {
    const { server, gate } = await startHalting('a');
    gate.open();
    const session = new Session();
    const unread = (await session.get(server.url, { stream: true })).toFetchResponse();
    expect(await unread.text()).toBe('arest');
    const read = await session.get(server.url, { stream: true });
    await read.bytes();
    expect(await read.toFetchResponse().text()).toBe('arest');
  });

  test('of a redirect that is followed is the last one', async () => {
    const server = await startServer(({ path }, reply) => {
      if (path === '/') reply.writeHead(302, { Location: '/there' }).end('elsewhere');
      else reply.end('there');
    });
    const response = await new Session().get(server.url, { stream: true });
    expect(String(response.history[0]?.content)).toBe('elsewhere');
    expect(await response.text()).toBe('there');
    expect(server.connections).toBe(1);
  });

  test('of a redirect that is not followed is that one', async () => {
    const server = await startServer((_, reply) =>
      reply.writeHead(302, { Location: '/there' }).end('elsewhere'),
    );
    const job = { stream: true, allowRedirects: false };
    const response = await new Session().get(server.url, job);
    expect(() => response.content).toThrow(TypeError);
    expect(await response.text()).toBe('elsewhere');
  });

  test('that is an error by its status has been read, and holds no connection', async () => {
    const server = await startServer((_, reply) => reply.writeHead(500).end('why'.repeat(50_000)));
    const job = { stream: true, raiseForStatus: true };
    const session = new Session();
    const error = await session.get(server.url, job).catch((reason) => reason);
    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response.content).toHaveLength(150_000);
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('is streamed, if it is a redirect that leads nowhere', async () => {
    const server = await startServer((_, reply) => reply.writeHead(302).end('nowhere'));
    const response = await new Session().get(server.url, { stream: true });
    expect(() => response.content).toThrow(TypeError);
    expect(await response.text()).toBe('nowhere');
  });

  test('sets its cookies at its head', async () => {
    const server = await startServer((_, reply) => {
      reply.setHeader('Set-Cookie', 'a=1');
      reply.write('first');
    });
    const session = new Session();
    const response = await session.get(server.url, { stream: true });
    expect(session.cookies.getCookieStringSync(server.url)).toBe('a=1');
    response.close();
  });
});

describe('a streamed body is decoded as it comes', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['gzip', Buffer.concat([gzipSync(TEXT.slice(0, 9)), gzipSync(TEXT.slice(9))])],
    ['gzip', Buffer.concat([gzipSync(TEXT), Buffer.alloc(9)])],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    ['identity', Buffer.from(TEXT)],
    ['unknown', Buffer.from(TEXT)],
  ])('%s', async (coding, bytes) => {
    expect(await (await stream(coding, bytes)).text()).toBe(TEXT);
  });

  test.each(['gzip', 'deflate', 'br', 'gzip, br'])('%s of nothing is nothing', async (coding) => {
    expect(await (await stream(coding, Buffer.alloc(0))).text()).toBe('');
  });

  test.each([
    ['gzip', Buffer.from('plain text'), 'the body is not valid gzip'],
    ['gzip', gzipSync(TEXT).subarray(0, -5), 'the body is not valid gzip'],
    ['gzip', Buffer.concat([gzipSync(TEXT), Buffer.from('junk')]), 'the body is not valid gzip'],
    ['deflate', Buffer.from('x'), 'the body is not valid deflate'],
    ['br', brotliCompressSync(TEXT).subarray(0, -5), 'the body is not valid br'],
    [
      'deflate',
      Buffer.concat([deflateSync(TEXT), Buffer.from('junk')]),
      'the body goes on after the end of its deflate',
    ],
    ['gzip, br', brotliCompressSync('plain text'), 'the body is not valid gzip'],
    ['gzip,'.repeat(6), gzipSync(''), 'the body has 6 codings, 5 at most are undone'],
  ])('%s that is broken is a ContentDecodingError', async (coding, bytes, message) => {
    const response = await stream(coding, bytes);
    const error = await response.text().catch((reason) => reason);
    expect(error).toBeInstanceOf(ContentDecodingError);
    expect(error.message).toContain(message);
  });

  test('and what breaks the connection is not taken for its fault', async () => {
    const server = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n');
      socket.end(gzipSync(TEXT).subarray(0, 50));
    });
    const response = await new Session().get(server.url, { stream: true });
    await expect(response.text()).rejects.toBeInstanceOf(ProtocolError);
  });
});

describe('a slow reader', () => {
  test('slows the server down, and the server is not timed meanwhile', async () => {
    const { server, sent } = await startEndless();
    stopClock();
    const session = new Session({ timeout: { read: 40 } });
    const response = await session.get(server.url, { stream: true });
    await standstill(sent);
    await passUntimed();
    const reader = response.body.getReader();
    const before = sent.bytes;
    for (let read = 0; read < 2 * before; )
      read += ((await reader.read()).value as Uint8Array).length;
    expect(sent.bytes).toBeGreaterThan(before);
    await reader.cancel();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('lets its decoder read ahead, and no more than that', async () => {
    const sent = { bytes: 0 };
    const piece = gzipSync(randomBytes(MEBIBYTE));
    const server = await startServer(async (_, reply) => {
      reply.writeHead(200, { 'Content-Encoding': 'gzip' });
      for (; !reply.destroyed; sent.bytes += piece.length) await send(reply, piece);
    });
    stopClock();
    const response = await new Session({ timeout: { read: 40 } }).get(server.url, { stream: true });
    const reader = response.body.getReader();
    for (let read = 0; read < 5 * MEBIBYTE; )
      read += ((await reader.read()).value as Uint8Array).length;
    await standstill(sent);
    await passUntimed();
    expect((await reader.read()).done).toBe(false);
    await reader.cancel();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('holds up nobody else on the same session', async () => {
    const { server, sent } = await startEndless();
    const session = new Session();
    const response = await session.get(server.url, { stream: true });
    await standstill(sent);
    expect(await (await session.get(`${server.url}/ok`)).text()).toBe('ok');
    response.close();
  });
});

describe('a streamed response that is not read to its end frees its connection', () => {
  test.each<[string, (response: Response) => unknown]>([
    ['when it is closed', (response) => response.close()],
    ['when it is disposed of', (response) => response[Symbol.asyncDispose]()],
    ['when its body is cancelled', (response) => response.body.cancel()],
    [
      'when the loop over its body breaks off',
      async (response) => {
        for await (const _piece of response.body) break;
      },
    ],
  ])('%s', async (_, leave) => {
    const { server, sent } = await startEndless();
    const session = new Session();
    const response = await session.get(server.url, { stream: true });
    await standstill(sent);
    await leave(response);
    await expect.poll(() => server.openConnections).toBe(0);
    expect(await (await session.get(`${server.url}/ok`)).text()).toBe('ok');
    await session.close();
  });

  test('when the loop over its decoded body breaks off', async () => {
    const server = await startServer(async (_, reply) => {
      reply.writeHead(200, { 'Content-Encoding': 'gzip' });
      const piece = gzipSync(Buffer.alloc(MEBIBYTE));
      while (!reply.destroyed) await send(reply, piece);
    });
    const response = await new Session().get(server.url, { stream: true });
    for await (const _piece of response.body) break;
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('when its signal is aborted, at once', async () => {
    const { server } = await startHalting('first');
    const control = new AbortController();
    const job = { stream: true, signal: control.signal };
    const response = await new Session().get(server.url, job);
    const reading = response.text();
    control.abort('enough');
    await expect(reading).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('when its signal is aborted, although all of it has come', async () => {
    const { server, gate } = await startHalting('first');
    gate.open();
    const control = new AbortController();
    const session = new Session();
    const response = await session.get(server.url, { stream: true, signal: control.signal });
    await session.get(server.url);
    control.abort('enough');
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
  });

  test('when there are more codings than are undone', async () => {
    const server = await startServer((_, reply) => {
      reply.setHeader('Content-Encoding', 'gzip,'.repeat(6));
      reply.write('x');
    });
    const response = await new Session().get(server.url, { stream: true });
    await expect(response.text()).rejects.toBeInstanceOf(ContentDecodingError);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('when the whole time is up, although all of it has come and is being decoded', async () => {
    const packed = gzipSync(Buffer.alloc(16 * MEBIBYTE));
    const server = await startServer((_, reply) => {
      reply.setHeader('Content-Encoding', 'gzip').end(packed);
    });
    stopClock();
    const job = { stream: true, timeout: { total: 80 } };
    const response = await new Session().get(server.url, job);
    const reader = response.body.getReader();
    await reader.read();
    await expect.poll(() => response.timings.body).toBeDefined();
    vi.advanceTimersByTime(80);
    await expect(reader.read()).rejects.toBeInstanceOf(TimeoutError);
  });

  test.each<[string, Partial<Job>]>([
    ['forgotten', {}],
    ['forgotten, although it has a limit', { timeout: { total: 60_000 } }],
    ['forgotten, although it has a signal', { signal: new AbortController().signal }],
  ])('when it was %s', async (_, options) => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc');
    const { server, sent } = await startEndless();
    const session = new Session();
    const forget = async (): Promise<void> => {
      const job = { stream: true, ...options };
      await session.get(server.url, job);
      const { body } = await session.get(server.url, job);
      await body.getReader().read();
    };
    await forget();
    expect(server.connections).toBe(2);
    await standstill(sent);
    await expect
      .poll(
        () => {
          collectGarbage();
          return server.openConnections;
        },
        { timeout: 5000 },
      )
      .toBe(0);
  });

  test('when it was broken off, and nothing of it is held', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc');
    const session = new Session();
    const server = await startServer((_, reply) => {
      reply.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(TEXT));
    });
    const read = async (): Promise<WeakRef<object>> => {
      const { body } = await session.get(server.url, { stream: true });
      for await (const _piece of body) break;
      return new WeakRef(body);
    };
    const bodies = [await read(), await read(), await read()];
    await session.get(server.url);
    await expect
      .poll(() => {
        collectGarbage();
        return bodies.filter((body) => body.deref() !== undefined).length;
      })
      .toBe(0);
  });

  test('when a hook throws', async () => {
    const { server } = await startEndless();
    const job = {
      stream: true,
      hooks: {
        response: () => {
          throw new RangeError('no');
        },
      },
    };
    await expect(new Session().get(server.url, job)).rejects.toThrow(RangeError);
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe('the reader of a streamed response is told', () => {
  test('that it was closed', async () => {
    const { server } = await startHalting('first');
    const response = await new Session().get(server.url, { stream: true });
    const reading = response.text();
    response.close();
    await expect(reading).rejects.toBeInstanceOf(AbortError);
  });

  test('that the server lets it wait', async () => {
    const { server } = await startHalting('first');
    stopClock();
    const job = { stream: true, timeout: { read: 30 } };
    const response = await new Session().get(server.url, job);
    const text = response.text();
    vi.advanceTimersByTime(30);
    await expect(text).rejects.toMatchObject({
      name: 'ReadTimeoutError',
      message: `GET ${server.url}/: no more of the body within 30 ms`,
    });
  });

  test('that the server let it wait, although nobody read then', async () => {
    const { server } = await startHalting('first');
    stopClock();
    const job = { stream: true, timeout: { read: 20 } };
    const response = await new Session().get(server.url, job);
    vi.advanceTimersByTime(20);
    await expect.poll(() => server.openConnections).toBe(0);
    await expect(response.text()).rejects.toBeInstanceOf(ReadTimeoutError);
  });

  test('that the whole time is up', async () => {
    const { server } = await startHalting('first');
    stopClock();
    const job = { stream: true, timeout: { total: 60 } };
    const response = await new Session().get(server.url, job);
    const text = response.text();
    vi.advanceTimersByTime(60);
    const error = await text.catch((reason) => reason);
    expect(error.constructor).toBe(TimeoutError);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('that the rest never came', async () => {
    const server = await startRawServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst'),
    );
    const response = await new Session().get(server.url, { stream: true });
    await expect(response.text()).rejects.toBeInstanceOf(ProtocolError);
  });

  test.each([
    ['as sent', 'identity', Buffer.alloc(2 * MEBIBYTE)],
    ['decoded', 'gzip', gzipSync(Buffer.alloc(2 * MEBIBYTE))],
  ])('that there is more of it than the limit, %s', async (_, coding, bytes) => {
    const response = await stream(coding, bytes, { maxResponseSize: MEBIBYTE });
    await expect(response.text()).rejects.toBeInstanceOf(ResponseTooLargeError);
  });
});

test('a streamed body has no limit by default, but where it is held', async () => {
  const size = 130 * MEBIBYTE;
  const server = await startServer(async (_, reply) => {
    const piece = Buffer.alloc(MEBIBYTE);
    for (let sent = 0; sent < size && !reply.destroyed; sent += MEBIBYTE) await send(reply, piece);
    reply.end();
  });
  const session = new Session();
  let read = 0;
  for await (const piece of (await session.get(server.url, { stream: true })).body)
    read += piece.length;
  expect(read).toBe(size);
  const held = (await session.get(server.url, { stream: true })).bytes();
  await expect(held).rejects.toBeInstanceOf(ResponseTooLargeError);
});

test('a streamed text is read by its byte order mark, however small its pieces are', async () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('añ\nb', 'utf16le')]);
  const server = await startServer(async (_, reply) => {
    reply.setHeader('Content-Type', 'text/plain; charset=latin1');
    for (const byte of bytes) {
      reply.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    reply.end();
  });
  const response = await new Session().get(server.url, { stream: true });
  expect(await collect(response.iterLines())).toEqual(['añ', 'b']);
});

test.each([
  ['windows-1252', Buffer.from([0x80, 0x0a, 0xe9])],
  ['utf-8', Buffer.from('€\né')],
  [undefined, Buffer.from('€\né')],
])('a streamed text in %s is read as it says', async (charset, bytes) => {
  const server = await startServer((_, reply) => {
    if (charset !== undefined) reply.setHeader('Content-Type', `text/plain; charset=${charset}`);
    reply.end(bytes);
  });
  const response = await new Session().get(server.url, { stream: true });
  expect(await collect(response.iterLines())).toEqual(['€', 'é']);
});

test('a streamed text of a letter is that letter', async () => {
  const server = await startServer((_, reply) => reply.end('a'));
  const response = await new Session().get(server.url, { stream: true });
  expect(await collect(response.iterLines())).toEqual(['a']);
});

test('what is closed and was not streamed stays as it is', async () => {
  const server = await startServer((_, reply) => reply.end('whole'));
  const response = await new Session().get(server.url);
  response.close();
  expect(await response.text()).toBe('whole');
});

test.each(['gzip', 'deflate'])('a %s whose first byte comes alone is decoded', async (coding) => {
  const bytes = coding === 'gzip' ? gzipSync(TEXT) : deflateSync(TEXT);
  const server = await startServer(async (_, reply) => {
    reply.setHeader('Content-Encoding', coding);
    reply.write(bytes.subarray(0, 1));
    await new Promise((resolve) => setTimeout(resolve, 10));
    reply.end(bytes.subarray(1));
  });
  const response = await new Session().get(server.url, { stream: true });
  expect(await response.text()).toBe(TEXT);
});

describe('the reading of what has come already', () => {
  test('does nothing to a connection that is gone', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const server = await startServer((_, reply) => {
      reply.writeHead(200, { Connection: 'close', 'Content-Encoding': 'gzip' });
      reply.end(gzipSync(Buffer.alloc(4 * MEBIBYTE)));
    });
    const response = await new Session().get(server.url, { stream: true });
    await expect.poll(() => server.openConnections).toBe(0);
    let size = 0;
    for await (const piece of response.body) size += piece.length;
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect([size, warnings]).toEqual([4 * MEBIBYTE, []]);
  });

  test('lets no other request go that is on its connection now', async () => {
    const gate = new Gate();
    const server = await startServer(async ({ path }, reply) => {
      if (path === '/second') await gate.opened;
      reply.end('done');
    });
    const session = new Session({ timeout: Infinity });
    const first = await session.get(server.url, { stream: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = session.get(`${server.url}/second`);
    await server.received(2);
    expect(server.connections).toBe(1);
    const held = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
    expect(await first.text()).toBe('done');
    expect(process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')).toEqual(
      held,
    );
    gate.open();
    expect(await (await second).text()).toBe('done');
  });
});

describe('the process is held', () => {
  test('by nothing that nobody waits for', async () => {
    const { server } = await startHalting('first');
    const watch = new HandleWatch();
    const session = new Session();
    const job = { stream: true, timeout: { total: 5000, read: 4000 } };
    const response = await watch.run(() => session.get(server.url, job));
    await session.close();
    await expect.poll(() => watch.count).toBe(0);
    const reading = response.text();
    expect(watch.count).toBeGreaterThan(0);
    response.close();
    await expect(reading).rejects.toBeInstanceOf(AbortError);
    await expect.poll(() => watch.count).toBe(0);
    watch.stop();
  });
});

test('a session that is closed before the head has come waits for it, and for no reader', async () => {
  const gate = new Gate();
  const server = await startServer(async (_, reply) => {
    await gate.opened;
    reply.end(Buffer.alloc(MEBIBYTE));
  });
  const session = new Session();
  const coming = session.get(server.url, { stream: true });
  await server.received(1);
  const closed = session.close();
  gate.open();
  const response = await coming;
  await closed;
  expect(await response.bytes()).toHaveLength(MEBIBYTE);
});

test('the closing of a session waits for no reader, and leaves what is read alone', async () => {
  const { server, gate } = await startHalting('first,');
  const session = new Session();
  const response = await session.get(server.url, { stream: true });
  await session.close();
  gate.open();
  expect(await response.text()).toBe('first,rest');
  await expect.poll(() => server.openConnections).toBe(0);
});
