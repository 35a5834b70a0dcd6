import { constants } from 'node:buffer';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ContentDecodingError, ResponseTooLargeError } from '../errors.js';
import type { RequestMessage } from '../message.js';

type Decoder = (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzip: Decoder = promisify(zlib.gunzip);
const inflate: Decoder = promisify(zlib.inflate);
const inflateRaw: Decoder = promisify(zlib.inflateRaw);

/** RFC 9110 §8.4.1; "deflate" without its zlib header, as some servers send it, is read too. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: (body, options) => (hasZlibHeader(body) ? inflate : inflateRaw)(body, options),
  br: promisify(zlib.brotliDecompress),
};

/** What may be asked for: the encodings that are decoded here. */
export const acceptEncoding = 'gzip, deflate, br';

/**
 * Undoes a Content-Encoding, the last one first. A coding that is not known leaves the rest as it
 * is, as requests does.
 *
 * @param limit bytes that may come out of any step
 * @param request for the errors
 * @throws ContentDecodingError if the body is not what the header says, or is cut off
 * @throws ResponseTooLargeError once more than `limit` bytes came out
 */
export async function decodeBody(
  body: Buffer,
  contentEncoding: string,
  limit: number,
  request: RequestMessage,
): Promise<Buffer> {
  const codings = contentEncoding.split(',').map((coding) => coding.trim().toLowerCase());
  const options = { maxOutputLength: Math.min(limit, constants.MAX_LENGTH) };
  let decoded = body;
  for (const coding of codings.reverse()) {
    if (coding === 'identity' || coding === '') continue;
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decode === undefined || decoded.length === 0) break;
    decoded = await decode(decoded, options).catch((cause) => {
      throw decodingError(`${request.method} ${request.url}`, coding, { request, cause });
    });
  }
  return decoded;
}

function decodingError(
  subject: string,
  coding: string,
  options: { request: RequestMessage; cause: NodeJS.ErrnoException },
): Error {
  return options.cause.code === 'ERR_BUFFER_TOO_LARGE'
    ? new ResponseTooLargeError(`${subject}: the ${coding} body is too large decoded`, options)
    : new ContentDecodingError(`${subject}: the body is not valid ${coding}`, options);
}

/** RFC 1950 §2.2: method 8, and a multiple of 31. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [method, flags] = body as unknown as [number, number];
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}
