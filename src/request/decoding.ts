import { constants } from 'node:buffer';
import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ContentDecodingError, RequestError, ResponseTooLargeError } from '../errors.js';
import type { RequestMessage } from '../message.js';

/** zlib's functions for one coding: for a whole body, and for one that comes in pieces. */
interface Decoder {
  readonly whole: (body: Uint8Array, options: zlib.ZlibOptions, done: Done) => void;
  readonly create: () => Transform & zlib.Zlib;
}

/** With the option `info`, which node's types do not know. */
type Done = (error: NodeJS.ErrnoException | null, result: Decoded) => void;

interface Decoded {
  readonly buffer: Buffer;
  /** Its `bytesWritten` is how much of the input the coding took. */
  readonly engine: zlib.Zlib;
}

const ZLIB = zlib as unknown as Readonly<Record<string, unknown>>;

const [NODE_MAJOR] = process.versions.node.split('.').map(Number) as [number];

/**
 * RFC 9110 §8.4.1 and RFC 8878, by zlib's names, and from which Node.js on. Zstandard is in 22.15 as
 * well, but there a body that is cut off passes for whole.
 */
const CODINGS = (
  [
    ['gzip', 'gunzip', 'createGunzip', 20],
    ['x-gzip', 'gunzip', 'createGunzip', 20],
    ['deflate', 'inflate', 'createInflate', 20],
    ['br', 'brotliDecompress', 'createBrotliDecompress', 20],
    ['zstd', 'zstdDecompress', 'createZstdDecompress', 24],
  ] as const
).filter(([, , , since]) => NODE_MAJOR >= since);

const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  CODINGS.map(([coding, whole, create]) => [
    coding,
    { whole: ZLIB[whole], create: ZLIB[create] } as Decoder,
  ]),
);

/** "deflate" without its zlib header, as some servers send it. */
const RAW_DEFLATE: Decoder = {
  whole: zlib.inflateRaw as unknown as Decoder['whole'],
  create: zlib.createInflateRaw as Decoder['create'],
};

/** What may be asked for: the encodings that are decoded here. */
export const acceptEncoding = CODINGS.map(([coding]) => coding)
  .filter((coding) => coding !== 'x-gzip')
  .join(', ');

/** More of them one over the other is an attack: each can blow the body up by a thousand (urllib3). */
const MAX_CODINGS = 5;

/**
 * Undoes a Content-Encoding, the last one first. A coding that is not known leaves the rest as it
 * is, as requests does.
 *
 * @param limit bytes that may come out of any step
 * @param request for the errors
 * @throws ContentDecodingError if the body is not what the header says, is cut off, or goes on
 * after its end
 * @throws ResponseTooLargeError once more than `limit` bytes came out
 */
export async function decodeBody(
  body: Buffer,
  contentEncoding: string,
  limit: number,
  request: RequestMessage,
): Promise<Buffer> {
  const maxOutputLength = Math.min(limit, constants.MAX_LENGTH);
  let decoded = body;
  for (const coding of codingsOf(contentEncoding, request)) {
    if (decoded.length === 0) break;
    decoded = await decodeWhole(decoded, { coding, maxOutputLength, request });
  }
  return decoded;
}

/**
 * The same for a body that comes in pieces; without a limit, as nothing is held.
 *
 * @throws ContentDecodingError as it is read, but for too many codings, which is at once
 */
export function decodeStream(
  body: AsyncIterable<Buffer>,
  contentEncoding: string,
  request: RequestMessage,
): AsyncIterable<Buffer> {
  let decoded = body;
  for (const coding of codingsOf(contentEncoding, request))
    decoded = decodePieces(decoded, coding, request);
  return decoded;
}

/** The codings to undo, in that order. */
function codingsOf(contentEncoding: string, request: RequestMessage): string[] {
  const codings = contentEncoding
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse();
  const unknown = codings.findIndex((coding) => !DECODERS.has(coding));
  if (unknown !== -1) codings.length = unknown;
  if (codings.length > MAX_CODINGS)
    throw new ContentDecodingError(
      `${request.method} ${request.url}: the body has ${codings.length} codings, ${MAX_CODINGS} at most are undone`,
      { request },
    );
  return codings;
}

interface Step {
  readonly coding: string;
  readonly maxOutputLength: number;
  readonly request: RequestMessage;
}

function decodeWhole(body: Buffer, { coding, maxOutputLength, request }: Step): Promise<Buffer> {
  const options = { maxOutputLength, info: true };
  return new Promise((resolve, reject) => {
    decoderFor(coding, body).whole(body, options, (cause, decoded) => {
      if (cause !== null) reject(decodingError(request, coding, cause));
      else if (goesOn(coding, body.length, decoded.engine)) reject(trailing(request, coding));
      else resolve(decoded.buffer);
    });
  });
}

/** Whoever breaks off destroys the decoder, and so ends what feeds it. */
async function* decodePieces(
  body: AsyncIterable<Buffer>,
  coding: string,
  request: RequestMessage,
): AsyncGenerator<Buffer, void, undefined> {
  const pieces = body[Symbol.asyncIterator]() as AsyncGenerator<Buffer>;
  const head = await headOf(pieces);
  if (head.length === 0) return;
  const decoder = decoderFor(coding, head).create();
  let size = 0;
  const all = joined(head, pieces, (piece) => {
    size += piece.length;
  });
  pipeline(all, decoder, () => {}); // what breaks is told by the loop
  try {
    for await (const piece of decoder) yield piece;
  } catch (cause) {
    throw cause instanceof RequestError ? cause : decodingError(request, coding, cause as Error);
  }
  if (goesOn(coding, size, decoder)) throw trailing(request, coding);
}

async function* joined(
  head: Buffer,
  pieces: AsyncGenerator<Buffer>,
  note: (piece: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let piece = head; ; ) {
      note(piece);
      yield piece;
      const next = await pieces.next();
      if (next.done) return;
      piece = next.value;
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** The first two bytes tell deflate's forms apart. */
async function headOf(pieces: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return head;
}

function decoderFor(coding: string, head: Uint8Array): Decoder {
  const isRaw = coding === 'deflate' && !hasZlibHeader(head);
  return isRaw ? RAW_DEFLATE : (DECODERS.get(coding) as Decoder);
}

/** RFC 1950 §2.2: method 8, and a multiple of 31. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [method, flags] = body as unknown as [number, number];
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}

/** Of gzip, zlib itself refuses what follows, but for zeros: they are padding. */
function goesOn(coding: string, size: number, { bytesWritten }: zlib.Zlib): boolean {
  return !coding.endsWith('gzip') && bytesWritten < size;
}

function trailing(request: RequestMessage, coding: string): ContentDecodingError {
  return new ContentDecodingError(
    `${request.method} ${request.url}: the body goes on after the end of its ${coding}`,
    { request },
  );
}

function decodingError(
  request: RequestMessage,
  coding: string,
  cause: NodeJS.ErrnoException,
): RequestError {
  const subject = `${request.method} ${request.url}`;
  return cause.code === 'ERR_BUFFER_TOO_LARGE'
    ? new ResponseTooLargeError(`${subject}: the ${coding} body is too large decoded`, {
        request,
        cause,
      })
    : new ContentDecodingError(`${subject}: the body is not valid ${coding}`, { request, cause });
}
