import { describe, test } from 'vitest';
import { ProtocolError } from '../../src/index.js';
import {
  fails,
  gives,
  type HostileCase,
  malformed,
  miscounted,
  overflown,
  play,
  SOON,
  silent,
} from '../helpers/hostile-case.js';
import { drips, repeats, says } from '../helpers/hostile-server.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** undici asserts that there is no such thing. */
const absurd = fails(ProtocolError, 'ERR_ASSERTION');

describe('a status line', () => {
  const line = (text: string) => says(`${text}\r\nContent-Length: 2\r\n\r\nok`, 'wait');
  const ok = gives(200, 'ok');
  const NOT_HTTP = malformed('Expected HTTP/, RTSP/ or ICE/');
  const NOT_A_NUMBER = malformed('Invalid status code');

  test.each<HostileCase>([
    ['without a reason', line('HTTP/1.1 200'), ok],
    ['with a space for a reason', line('HTTP/1.1 200 '), ok],
    ['with a reason in latin1', line('HTTP/1.1 200 \xdcber'), ok],
    ['of a status that nobody knows', line('HTTP/1.1 999 What'), gives(999, 'ok')],
    ['after blank lines', line('\r\n\r\nHTTP/1.1 200 OK'), ok],
    ['after blank lines without end', repeats('', '\r\n'.repeat(8_192)), silent, SOON],
    ['of status 000', line('HTTP/1.1 000 OK'), absurd],
    ['of status 099', line('HTTP/1.1 099 OK'), absurd],
    ['of two digits', line('HTTP/1.1 20 OK'), NOT_A_NUMBER],
    ['of four digits', line('HTTP/1.1 2000 OK'), malformed('Invalid response status')],
    ['of no digits', line('HTTP/1.1 abc OK'), NOT_A_NUMBER],
    ['of a status below zero', line('HTTP/1.1 -20 OK'), NOT_A_NUMBER],
    ['without a status', line('HTTP/1.1'), malformed('Expected space after version')],
    ['without a second space', line('HTTP/1.1 200OK'), malformed('Invalid response status')],
    ['with a CR in the reason', line('HTTP/1.1 200 O\rK'), malformed('Expected LF after CR')],
    ['in small letters', line('http/1.1 200 OK'), NOT_HTTP],
    ['of another protocol', line('ICY 200 OK'), NOT_HTTP],
    ['of a version without a dot', line('HTTP/1 200 OK'), malformed('Expected dot')],
    ['of HTTP/9.9', line('HTTP/9.9 200 OK'), malformed('Invalid HTTP version')],
    ['that is missing, as in HTTP/0.9', says('<html>hello</html>'), NOT_HTTP],
    ['that is an alert of TLS', says('\x15\x03\x01\x00\x02\x02\x46'), NOT_HTTP],
    ['that is a frame of HTTP/2', says('\0\0\x12\x04\0\0\0\0\0'), NOT_HTTP],
    ['that is a request', says('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), NOT_HTTP],
    ['without end', repeats('HTTP/1.1 200 ', 'x'.repeat(65_536)), silent, SOON],
  ])('%s', play);
});

describe('HTTP/1.0', () => {
  const head = (headers = '') => `HTTP/1.0 200 OK\r\n${headers}\r\nhello`;
  const FIVE = 'Content-Length: 5\r\n';
  const KEPT = 'Connection: keep-alive\r\n';
  const hello = gives(200, 'hello');

  test.each<HostileCase>([
    ['lasts until the close', says(head()), hello],
    ['may give a length', says(head(FIVE)), hello],
    ['is done with its length, closed or not', says(head(FIVE), 'wait'), hello],
    ['may keep its connection', says(head(KEPT + FIVE), 'wait'), hello],
    ['may want to keep its connection, and give no length', says(head(KEPT)), hello],
    ['may be cut off', says(head('Content-Length: 9\r\n')), miscounted],
    ['may neither end nor close', says(head(), 'wait'), silent, SOON],
  ])('%s', play);
});

describe('an interim response', () => {
  const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
  const hints = (count: number) => says(HINTS.repeat(count) + OK, 'wait');
  const interim = (status: string, headers = '') =>
    says(`HTTP/1.1 ${status}\r\n${headers}\r\n${OK}`, 'wait');
  const tooMany = fails(ProtocolError, 'ERR_PROTOCOL', 'more than 100 responses of 1xx');
  const unasked = fails(ProtocolError, 'UND_ERR_SOCKET', 'bad ');
  const UPGRADE = 'Connection: upgrade\r\nUpgrade: x\r\n';
  const ok = gives(200, 'ok');

  test.each<HostileCase>([
    ['is skipped', hints(1), ok],
    ['of any status is skipped', interim('199 What'), ok],
    ['is skipped a hundred times', hints(100), ok],
    ['is skipped no more often', hints(101), tooMany],
    ['without end is too much', repeats('', HINTS.repeat(100)), tooMany],
    [
      'with headers without end is too much',
      repeats('HTTP/1.1 103 X\r\n', 'X: y\r\n'.repeat(999)),
      overflown,
    ],
    [
      'time and again is no sign of life',
      drips('', [...Array(20).fill(HINTS), OK], 20),
      silent,
      SOON,
    ],
    ['is no response', says(HINTS, 'wait'), silent, SOON],
    ['has no body', interim('103 Early Hints', 'Content-Length: 5\r\n'), ok],
    ['that asks to go on is refused', interim('100 Continue'), unasked],
    ['that upgrades is refused', interim('101 Switching', UPGRADE), unasked],
    ['that upgrades to nothing is refused', interim('101 Switching'), absurd],
  ])('%s', play);

  test('is not needed for an upgrade to be offered', () =>
    play('', says(OK.replace('\r\n', `\r\n${UPGRADE}`), 'wait'), ok));
});
