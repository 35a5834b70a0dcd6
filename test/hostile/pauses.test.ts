import { describe, test } from 'vitest';
import { TimeoutError } from '../../src/index.js';
import { fails, gives, type HostileCase, play, SOON, silent } from '../helpers/hostile-case.js';
import { drips, says } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const late = fails(TimeoutError, 'ERR_TIMEOUT');
/** Bytes come every 25 ms. */
const GAP = 25;
const patient = { job: { timeout: { read: 500, total: 200 } } };

function* forever(text: string): Generator<string> {
  for (;;) yield text;
}

describe('a server that pauses', () => {
  test.each<HostileCase>([
    ['before it answers', says('', 'wait'), silent, SOON],
    ['in the status line', says('HTTP/1.1 2', 'wait'), silent, SOON],
    ['in the headers', says(`${HEAD}Content-`, 'wait'), silent, SOON],
    ['after the head', says(`${HEAD}Content-Length: 9\r\n\r\n`, 'wait'), silent, SOON],
    ['in the body', says(`${HEAD}Content-Length: 9\r\n\r\nabc`, 'wait'), silent, SOON],
    ['in a body that lasts until the close', says(`${HEAD}\r\nabc`, 'wait'), silent, SOON],
    ['before it answers, with a total', says('', 'wait'), late, patient],
    ['in the body, with a total', says(`${HEAD}\r\nabc`, 'wait'), late, patient],
  ])('%s', play);
});

describe('a byte at a time', () => {
  const timeout = { read: 250, total: 400 };

  test.each<HostileCase>([
    ['is a head that does not come in time', drips('', `${HEAD}X: y\r\n`, GAP), silent, SOON],
    ['is a head without end', drips(HEAD, forever('X'), GAP), silent, { job: { timeout } }],
    ['is a body without end', drips(`${HEAD}\r\n`, forever('x'), GAP), late, { job: { timeout } }],
    [
      'is a body in chunks without end',
      drips(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, forever('1\r\nx\r\n'), GAP),
      late,
      { job: { timeout } },
    ],
    [
      'is a response once it is whole',
      drips(`${HEAD}Content-Length: 18\r\n\r\n`, 'the whole response', GAP),
      gives(200, 'the whole response'),
      { job: { timeout: { read: 250 } } },
    ],
  ])('%s', play);
});

describe('redirects', () => {
  const FOUND = 'HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 5\r\n\r\n';

  test.each<HostileCase>([
    [
      'of which each takes its time are late in the end',
      drips(FOUND, 'hello', GAP),
      late,
      { job: { timeout: { read: 250, total: 400 } } },
    ],
  ])('%s', play);
});
