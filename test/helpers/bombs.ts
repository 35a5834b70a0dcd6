import { gzipSync } from 'node:zlib';

const BLOCK = 8 * 2 ** 20;

/**
 * A gigabyte of zeros as gzip of 1 MB: one member a hundred times and more, which a decoder takes
 * for one body (RFC 1952 §2.2), and which is made in no time.
 */
export function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(BLOCK), { level: 9 });
  return Buffer.concat(Array(2 ** 30 / BLOCK).fill(member));
}

/** The same within another gzip: about 10 kB. */
export function nestedGzipBomb(): Buffer {
  return gzipSync(gzipBomb(), { level: 9 });
}
