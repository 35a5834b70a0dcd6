import { describe, test } from 'vitest';
import {
  cutOff,
  gives,
  type HostileCase,
  malformed,
  miscounted,
  play,
  SOON,
  silent,
} from '../helpers/hostile-case.js';
import { says } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = 'Transfer-Encoding: chunked';
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';
const NOT_A_NUMBER = malformed('Invalid character in Content-Length');
const BOTH = malformed("Content-Length can't be present with Transfer-Encoding");

/** What follows the colon of the Content-Length, and the body; the connection stays open. */
const length = (value: string, body = 'hello') =>
  says(`${HEAD}Content-Length:${value}\r\n\r\n${body}`, 'wait');

describe('a Content-Length', () => {
  test.each<HostileCase>([
    ['of what is there', length(' 5'), gives(200, 'hello')],
    ['of nothing', length(' 0', ''), gives(200, '')],
    ['with zeros before it', length(' 0005'), gives(200, 'hello')],
    ['without a space', length('5'), gives(200, 'hello')],
    ['with spaces around it', length('  5  '), gives(200, 'hello')],
    ['of less than there is', length(' 5', 'hello, unasked'), gives(200, 'hello')],
    ['of more than comes before the close', says(`${HEAD}Content-Length: 9\r\n\r\nabc`), cutOff],
    [
      'of more than comes before the close, which was announced',
      says(`${HEAD}Content-Length: 9\r\nConnection: close\r\n\r\nabc`),
      miscounted,
    ],
    ['of more than comes', length(' 9'), silent, SOON],
    ['with a plus', length(' +5'), NOT_A_NUMBER],
    ['below zero', length(' -5'), NOT_A_NUMBER],
    ['in hexadecimal', length(' x5'), NOT_A_NUMBER],
    ['without a value', length(''), malformed('Empty Content-Length')],
    ['that goes on with x', length(' 0x5'), NOT_A_NUMBER],
    ['with a fraction', length(' 5.0'), miscounted],
    ['in two parts', length(' 5 5'), miscounted],
    ['twice in a line', length(' 5, 5'), miscounted],
    ['beyond 53 bits', length(' 9007199254740993'), silent, SOON],
    ['beyond 64 bits', length(' 18446744073709551616'), miscounted],
    ['said twice', length(' 5\r\nContent-Length: 5'), miscounted],
    ['and another one', length(' 5\r\nContent-Length: 6'), miscounted],
    ['before chunks', length(` 5\r\n${CHUNKED}`, CHUNKS), miscounted],
    [
      'of nothing before chunks',
      length(` 0\r\n${CHUNKED}`, CHUNKS),
      malformed("Transfer-Encoding can't be present with Content-Length"),
    ],
    ['after chunks', says(`${HEAD}${CHUNKED}\r\nContent-Length: 5\r\n\r\n${CHUNKS}`), BOTH],
    ['before another coding', length(' 5\r\nTransfer-Encoding: gzip'), miscounted],
  ])('%s', play);
});

describe('a Transfer-Encoding', () => {
  /** What follows the colon. */
  const coding = (value: string) => says(`${HEAD}Transfer-Encoding:${value}\r\n\r\n${CHUNKS}`);

  test.each<HostileCase>([
    ['of chunks', coding(' chunked'), gives(200, 'hello')],
    ['in capitals', coding(' CHUNKED'), gives(200, 'hello')],
    ['twice in a line', coding(' chunked, chunked'), gives(200, 'hello')],
    ['said twice', coding(` chunked\r\n${CHUNKED}`), gives(200, 'hello')],
    ['that ends with chunks', coding(' gzip, chunked'), gives(200, 'hello')],
    ['that does not end with chunks', coding(' chunked, identity'), gives(200, CHUNKS)],
    ['that is another', coding(' gzip'), gives(200, CHUNKS)],
    ['that sounds alike', coding(' xchunked'), gives(200, CHUNKS)],
    ['without a value', coding(''), gives(200, CHUNKS)],
    ['after a vertical tab', coding('\x0bchunked'), malformed('Invalid header value char')],
    ['of HTTP/1.0', says(`HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n${CHUNKS}`), gives(200, 'hello')],
  ])('%s', play);
});
