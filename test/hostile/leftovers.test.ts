import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Session } from '../../src/index.js';
import {
  expectUnharmed,
  gives,
  type HostileCase,
  play,
  SOON,
  silent,
} from '../helpers/hostile-case.js';
import { repeats, says, startHostileServer } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const POISON = `${HEAD}Content-Length: 6\r\n\r\npoison`;
const FIRST = `${HEAD}Content-Length: 5\r\n\r\nfirst`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = '5\r\nfirst\r\n0\r\n\r\n';

describe('what comes after a response is for nobody:', () => {
  const then = (text: string) => says(FIRST + text, 'wait');
  const first = gives(200, 'first');

  test.each<HostileCase>([
    ['garbage', then('\0garbage'), first],
    ['line breaks', then('\r\n\r\n'), first],
    ['another response', then(POISON), first],
    ['a thousand others', then(POISON.repeat(1_000)), first],
    ['half of another', then(POISON.slice(0, -3)), first],
    ['an interim one', then('HTTP/1.1 103 Hints\r\n\r\n'), first],
    ['another after chunks', says(`${HEAD}${CHUNKED}\r\n${CHUNKS}${POISON}`, 'wait'), first],
    ['bytes without end', repeats(FIRST, 'x'.repeat(65_536)), first],
    ['others without end', repeats(FIRST, POISON.repeat(1_000)), first],
  ])('%s', play);

  test.each([
    ['garbage', 'garbage'],
    ['another response', POISON],
  ])('%s, while the connection is idle', async (_, late) => {
    let said: Socket | undefined;
    const server = await startHostileServer((socket) => {
      said = socket;
      socket.write(FIRST);
    });
    const session = new Session();
    for (let i = 0; i < 10; i++) {
      expect(await (await session.get(server.url)).text()).toBe('first');
      await new Promise((resolve) => said?.write(late, resolve));
      await expectUnharmed(session, server);
    }
    await session.close();
    await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
  });
});

describe('a response that has no body', () => {
  const bare = (status: number, headers = '', body = '') =>
    says(`HTTP/1.1 ${status} X\r\n${headers}\r\n${body}`, 'wait');
  const GZIP = 'Content-Encoding: gzip\r\n';
  const FIVE = 'Content-Length: 5\r\n';
  const POISONOUS = `Content-Length: ${POISON.length}\r\n`;
  const job = { job: { method: 'HEAD' } };

  test.each<HostileCase>([
    ['is a 204', bare(204), gives(204, '')],
    ['is a 304', bare(304), gives(304, '')],
    ['is a 204 with a length', bare(204, FIVE), gives(204, '')],
    ['is a 304 with a length', bare(304, FIVE), gives(304, '')],
    ['is a 304 with a length and a coding', bare(304, FIVE + GZIP), gives(304, '')],
    ['is a 204 with chunks announced', bare(204, CHUNKED), gives(204, '')],
    ['is a 304 with chunks announced', bare(304, CHUNKED), gives(304, '')],
    ['is a 204 with a body', bare(204, FIVE, 'hello'), gives(204, '')],
    ['is a 304 with a body', bare(304, FIVE, 'hello'), gives(304, '')],
    ['is a 304 with another response for a body', bare(304, POISONOUS, POISON), gives(304, '')],
    ['is a 204 with chunks', bare(204, CHUNKED, CHUNKS), gives(204, '')],
    ['is to HEAD', bare(200), gives(200, ''), job],
    ['is to HEAD with a length', bare(200, FIVE), gives(200, ''), job],
    ['is to HEAD with a length and a coding', bare(200, FIVE + GZIP), gives(200, ''), job],
    ['is to HEAD with chunks announced', bare(200, CHUNKED), gives(200, ''), job],
    ['is to HEAD with a body', bare(200, FIVE, 'hello'), gives(200, ''), job],
    ['is to HEAD with chunks', bare(200, CHUNKED, CHUNKS), gives(200, ''), job],
    ['is to HEAD with another for a body', bare(200, POISONOUS, POISON), gives(200, ''), job],
    ['is no 205 unless it says so', bare(205), silent, SOON],
  ])('%s', play);
});
