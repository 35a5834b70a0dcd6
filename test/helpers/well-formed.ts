import { gzipSync } from 'node:zlib';

const gzipped = gzipSync('hello '.repeat(50));
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\r\n`).join('');

/** Responses as they should be, by what is special about them. */
export const WELL_FORMED = {
  length: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  empty: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n',
  trailers:
    'HTTP/1.1 200 OK\r\nTrailer: Digest\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '5;a=b;c="d"\r\nhello\r\n00A;x\r\n0123456789\r\n0;last\r\nDigest: x\r\nOther: y\r\n\r\n',
  gzip: `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipped.length}\r\n\r\n${gzipped.toString('latin1')}`,
  noContent: 'HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n',
  notModified: 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 5\r\n\r\n',
  redirect: 'HTTP/1.1 302 Found\r\nLocation: ?\r\nContent-Length: 4\r\n\r\nback',
  interim:
    'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  untilClose: 'HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello until the close',
  announcedClose: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
  kept: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello',
  keepAlive: 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\nContent-Length: 5\r\n\r\nhello',
  two:
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst' +
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
  cookies: `HTTP/1.1 200 OK\r\n${lines(20, (i) => `Set-Cookie: c${i}=v; Path=/; Max-Age=${i}`)}Content-Length: 2\r\n\r\nok`,
  headers: `HTTP/1.1 404 Not Found\r\n${lines(64, (i) => `X-${i}: ${i}`)}Content-Length: 2\r\n\r\nno`,
} as const;

export type WellFormed = keyof typeof WELL_FORMED;
