import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  ContentDecodingError,
  ProtocolError,
  ResponseTooLargeError,
  Session,
} from '../../src/index.js';
import { gzipBomb } from '../helpers/bombs.js';
import { Gate } from '../helpers/gate.js';
import {
  cutOff,
  expectUnharmed,
  fails,
  gives,
  type HostileCase,
  malformed,
  overflown,
  play,
  silent,
  wholeOf,
} from '../helpers/hostile-case.js';
import { drips, repeats, says, startHostileServer } from '../helpers/hostile-server.js';
import { quiet } from '../helpers/scripted-session.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const BLOCK = 'x'.repeat(65_536);
const reset = fails(ProtocolError, 'ECONNRESET');
const tooLarge = fails(ResponseTooLargeError, 'ERR_RESPONSE_TOO_LARGE');
const undecodable = fails(ContentDecodingError, 'ERR_CONTENT_DECODING');

const streamed = { job: { stream: true } };
const limited = { job: { stream: true, maxResponseSize: 2 ** 20 }, growth: 60 };
const soon = { job: { stream: true, timeout: { read: 100 } } };

const counted = (body: string, headers = '') =>
  `${HEAD}${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const gzip = (body: Buffer) => counted(body.toString('latin1'), 'Content-Encoding: gzip\r\n');
const hello = gzipSync('hello');

describe('a streamed body', () => {
  test.each<HostileCase>([
    ['that is whole', says(counted('hello'), 'wait'), gives(200, 'hello'), streamed],
    ['with more after it', says(counted('a') + counted('b'), 'wait'), gives(200, 'a'), streamed],
    ['that is cut off', says(`${HEAD}Content-Length: 9\r\n\r\nabc`), cutOff, streamed],
    ['that is reset', says(`${HEAD}Content-Length: 9\r\n\r\nabc`, 'reset'), reset, streamed],
    ['that is reset before the close', says(`${HEAD}\r\nabc`, 'reset'), reset, streamed],
    ['that never began to be reset', says(`${HEAD}\r\n`, 'reset'), reset, streamed],
    ['without its last chunk', says(`${CHUNKED}3\r\nabc\r\n`), cutOff, streamed],
    [
      'with a broken chunk',
      says(`${CHUNKED}3\r\nabc\r\nxyz`, 'wait'),
      malformed('Invalid character in chunk size'),
      streamed,
    ],
    [
      'with endless trailers',
      repeats(`${CHUNKED}0\r\n`, 'A: b\r\n'.repeat(999)),
      overflown,
      streamed,
    ],
    ['without end', repeats(`${HEAD}\r\n`, BLOCK), tooLarge, limited],
    ['of chunks without end', repeats(CHUNKED, `10000\r\n${BLOCK}\r\n`), tooLarge, limited],
    ['that is a bomb', says(gzip(gzipBomb()), 'wait'), tooLarge, limited],
    ['that is not gzip', says(gzip(Buffer.from('hello')), 'wait'), undecodable, streamed],
    ['of gzip, cut off', says(gzip(hello.subarray(0, -9)), 'wait'), undecodable, streamed],
    [
      'of gzip, and garbage',
      says(gzip(Buffer.concat([hello, Buffer.from('garbage')])), 'wait'),
      undecodable,
      streamed,
    ],
    ['that stops', says(`${HEAD}Content-Length: 9\r\n\r\nabc`, 'wait'), silent, soon],
    [
      'that comes a byte at a time',
      drips(`${HEAD}Content-Length: 18\r\n\r\n`, 'the whole response', 25),
      gives(200, 'the whole response'),
      { job: { stream: true, timeout: { read: 250 } } },
    ],
  ])('%s', play);

  test.each([
    ['without end', repeats(`${HEAD}\r\n`, BLOCK)],
    ['that stops', says(`${HEAD}Content-Length: 9\r\n\r\nabc`, 'wait')],
    ['that is reset', says(`${HEAD}\r\nabc`, 'reset')],
    ['that is whole, with more after it', says(counted('a') + counted('poison'), 'wait')],
  ])('%s, and that nobody reads does no harm', async (_, script) => {
    const server = await startHostileServer(script);
    const session = new Session();
    const response = await session.get(server.url, { stream: true });
    await expectUnharmed(session, server);
    response.close();
    await expectUnharmed(session, server);
    await session.close();
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });

  test.each([
    ['until the close', `${HEAD}\r\n`],
    ['of a length', `${HEAD}Content-Length: 999999\r\n\r\n`],
    [
      'of a length, before an announced close',
      `${HEAD}Connection: close\r\nContent-Length: 999999\r\n\r\n`,
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n'],
  ])('%s, that is reset while its reader is slow, breaks and does no harm', async (_, head) => {
    const gate = new Gate();
    const server = await startHostileServer(async (socket) => {
      socket.write(head + BLOCK + BLOCK);
      await gate.opened;
      socket.resetAndDestroy();
    });
    const session = new Session({ timeout: { read: 4_000 } });
    const response = await session.get(server.url, { stream: true });
    await quiet();
    gate.open();
    await quiet();
    const [outcome] = await Promise.allSettled([wholeOf(Promise.resolve(response))]);
    reset(outcome);
    await expectUnharmed(session, server);
    await session.close();
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });
});
