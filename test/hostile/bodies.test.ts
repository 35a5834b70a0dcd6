import * as zlib from 'node:zlib';
import { describe, test } from 'vitest';
import { ContentDecodingError, ResponseTooLargeError } from '../../src/index.js';
import { gzipBomb, nestedGzipBomb } from '../helpers/bombs.js';
import { fails, gives, type HostileCase, play } from '../helpers/hostile-case.js';
import { repeats, type Script, says } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const MEGABYTE = 2 ** 20;
const BLOCK = 'x'.repeat(65_536);
const tooLarge = fails(ResponseTooLargeError, 'ERR_RESPONSE_TOO_LARGE');
const undecodable = fails(ContentDecodingError, 'ERR_CONTENT_DECODING');

/** A response of this coding, whole, on a connection that stays open. */
function coded(coding: string, body: Buffer): Script {
  const head = `${HEAD}Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return says(Buffer.concat([Buffer.from(head, 'latin1'), body]), 'wait');
}

describe('a body without end', () => {
  const limited = { job: { maxResponseSize: MEGABYTE }, growth: 50 };
  const CHUNK = `10000\r\n${BLOCK}\r\n`;

  test.each<HostileCase>([
    ['that lasts until the close', repeats(`${HEAD}\r\n`, BLOCK), tooLarge, limited],
    [
      'that gave a length',
      repeats(`${HEAD}Content-Length: 999999999999\r\n\r\n`, BLOCK),
      tooLarge,
      limited,
    ],
    ['in chunks', repeats(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, CHUNK), tooLarge, limited],
    [
      'in tiny chunks',
      repeats(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'.repeat(9_999)),
      tooLarge,
      { job: { maxResponseSize: 65_536 }, growth: 100 },
    ],
    [
      'of a redirect',
      repeats(`HTTP/1.1 302 Found\r\nLocation: /ok/next\r\n\r\n`, BLOCK),
      tooLarge,
      limited,
    ],
    [
      'and a limit of its own by default',
      repeats(`${HEAD}\r\n`, 'x'.repeat(MEGABYTE)),
      tooLarge,
      { growth: 300 },
    ],
  ])('%s', play);
});

describe('a bomb', () => {
  const small = { job: { maxResponseSize: 8 * MEGABYTE }, growth: 100 };
  const br = zlib.brotliCompressSync(Buffer.alloc(64 * MEGABYTE), {
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 },
  });
  const deflate = zlib.deflateSync(Buffer.alloc(64 * MEGABYTE));
  const deflateRaw = zlib.deflateRawSync(Buffer.alloc(64 * MEGABYTE));

  test.each<HostileCase>([
    ['of gzip', coded('gzip', gzipBomb()), tooLarge, small],
    ['of gzip, with the default limit', coded('gzip', gzipBomb()), tooLarge, { growth: 300 }],
    ['of gzip within gzip', coded('gzip, gzip', nestedGzipBomb()), tooLarge, small],
    ['of deflate', coded('deflate', deflate), tooLarge, small],
    ['of deflate without a header', coded('deflate', deflateRaw), tooLarge, small],
    ['of br', coded('br', br), tooLarge, small],
    [
      'to HEAD, which has no body',
      coded('gzip', gzipBomb()),
      gives(200, ''),
      { job: { method: 'HEAD' } },
    ],
  ])('%s', play);
});

describe('a coded body', () => {
  const hello = Buffer.from('hello');
  const gzip = zlib.gzipSync(hello);
  const deflate = zlib.deflateSync(hello);
  const br = zlib.brotliCompressSync(hello);
  const garbage = (body: Buffer) => Buffer.concat([body, Buffer.from('garbage')]);
  const times = (count: number) => {
    let body: Buffer = hello;
    for (let i = 0; i < count; i++) body = zlib.gzipSync(body);
    return coded(Array(count).fill('gzip').join(), body);
  };

  test.each<HostileCase>([
    ['that is whole', coded('gzip', gzip), gives(200, 'hello')],
    ['in several members', coded('gzip', Buffer.concat([gzip, gzip])), gives(200, 'hellohello')],
    ['coded five times', times(5), gives(200, 'hello')],
    ['coded six times', times(6), undecodable],
    ['coded a thousand times', coded(Array(1000).fill('gzip').join(), gzip), undecodable],
    ['of a coding unknown', coded('what', gzip.subarray(0, 0)), gives(200, '')],
    ['that is not coded at all', coded('gzip', hello), undecodable],
    ['of another coding', coded('br', gzip), undecodable],
    ['of gzip, cut off', coded('gzip', gzip.subarray(0, -9)), undecodable],
    ['of gzip, cut off in its end', coded('gzip', gzip.subarray(0, -1)), undecodable],
    ['of gzip, cut off in its head', coded('gzip', gzip.subarray(0, 5)), undecodable],
    ['of deflate, cut off', coded('deflate', deflate.subarray(0, -3)), undecodable],
    ['of br, cut off', coded('br', br.subarray(0, -1)), undecodable],
    ['of gzip, and garbage', coded('gzip', garbage(gzip)), undecodable],
    ['of deflate, and garbage', coded('deflate', garbage(deflate)), undecodable],
    ['of br, and garbage', coded('br', garbage(br)), undecodable],
    [
      'with a wrong checksum',
      coded('gzip', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])),
      undecodable,
    ],
  ])('%s', play);
});
