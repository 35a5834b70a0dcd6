import { describe, test } from 'vitest';
import {
  cutOff,
  gives,
  type HostileCase,
  malformed,
  overflown,
  play,
  SOON,
  silent,
} from '../helpers/hostile-case.js';
import { type Ending, repeats, says } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const LAST = '0\r\n\r\n';
const NOT_A_NUMBER = malformed('Invalid character in chunk size');

const body = (text: string, ending: Ending = 'wait') => says(CHUNKED + text, ending);
/** The size of the first chunk. */
const size = (text: string, ending?: Ending) => body(`${text}\r\nhello\r\n${LAST}`, ending);

describe('chunks', () => {
  test.each<HostileCase>([
    ['that are whole', size('5'), gives(200, 'hello')],
    ['with extensions', size('5;a=b;c="d"'), gives(200, 'hello')],
    ['with trailers', body('5\r\nhello\r\n0\r\nA: b\r\n\r\n'), gives(200, 'hello')],
    ['with zeros before the size', size('00000000000000000005'), gives(200, 'hello')],
    ['with a size that is no number', size('xyz'), NOT_A_NUMBER],
    ['without a size', size(''), NOT_A_NUMBER],
    ['with a size below zero', size('-5'), NOT_A_NUMBER],
    ['with a size that begins with 0x', size('0x5'), NOT_A_NUMBER],
    ['with a space before the size', size(' 5'), NOT_A_NUMBER],
    ['with a size beyond 64 bits', size('10000000000000005'), malformed('Chunk size overflow')],
    ['with a size of 64 bits', size('ffffffffffffffff', 'close'), cutOff],
    ['with a size too small', size('3'), malformed('Expected LF after chunk data')],
    ['with a size too large', size('6'), malformed('Missing expected CR after chunk data')],
    ['with line feeds', body('5\nhello\n0\n\n'), malformed('Missing expected CR after chunk size')],
    ['with carriage returns', body('5\rhello\r0\r\r'), malformed('Expected LF after chunk size')],
    ['that are cut off', body('5\r\nhel', 'close'), cutOff],
    ['that end without the last one', body('5\r\nhello\r\n', 'close'), cutOff],
    ['that end within the last one', body('5\r\nhello\r\n0\r\n', 'close'), cutOff],
    [
      'that end without the last one, as was announced',
      says(CHUNKED.replace('\r\n', '\r\nConnection: close\r\n')),
      malformed('Invalid EOF state'),
    ],
    ['of which no more come', body('5\r\nhello\r\n'), silent, SOON],
    [
      'with a broken trailer',
      body('5\r\nhello\r\n0\r\nno colon\r\n\r\n'),
      malformed('Invalid header token'),
    ],
    [
      'with another length in a trailer',
      body('5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n'),
      malformed("Content-Length can't be present with Transfer-Encoding"),
    ],
    ['with trailers without end', repeats(`${CHUNKED}0\r\n`, 'A: b\r\n'.repeat(999)), overflown],
    ['with an extension without end', repeats(`${CHUNKED}5;`, 'a'.repeat(65_536)), silent, SOON],
  ])('%s', play);
});
