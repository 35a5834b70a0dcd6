import { createReadStream, fstat, ReadStream, type Stats, stat } from 'node:fs';
import { promisify } from 'node:util';
import { InvalidJobError } from '../../errors.js';
import { show } from '../../show.js';
import { type BodyStream, bodyOfStream } from './body-stream.js';

/** What Node's documentation leaves out. */
interface FileStream extends ReadStream {
  readonly fd: number | null;
  /** Undefined of a stream that was made of a descriptor. */
  readonly flags: string | undefined;
  readonly start: number | undefined;
  readonly end: number;
}

/** Those that were closed here, and whose file is opened anew each time that it is sent. */
const replaced = new WeakSet<ReadStream>();

/**
 * The file as it is now: what is written to its end later is not sent.
 *
 * @param name the job's field, for the message
 * @throws InvalidJobError if it is no regular file, or there is none
 */
export async function bodyOfPath(path: string, name: string): Promise<BodyStream> {
  const stats = await promisify(stat)(path).catch((cause: Error) => {
    throw new InvalidJobError(`${name} cannot be read: ${cause.message}`, { cause });
  });
  if (!stats.isFile())
    throw new InvalidJobError(`${name} must be a regular file, and ${show(path)} is none`);
  return bodyOfRange(path, 0, stats.size);
}

/**
 * A fresh `createReadStream(path)` stands for its file, which can be opened again, where requests
 * rewinds it (`rewind_body`); the stream itself is closed. Any other stream of a file is sent once,
 * but its size is found where it can be (`super_len`).
 */
export async function bodyOfReadStream(stream: ReadStream): Promise<BodyStream> {
  const { path, flags, start = 0, end } = stream as FileStream;
  // Before anything is awaited: it listens for errors.
  const once = bodyOfStream(stream);
  const stats = await statsOf(stream as FileStream).catch(() => undefined);
  if (!stats?.isFile()) return once;
  const size = Math.max(0, Math.min(end + 1, stats.size) - start);
  if (flags !== 'r' || isUsed(stream)) return { ...once, size };
  replaced.add(stream);
  stream.destroy();
  return bodyOfRange(path, start, size);
}

/** Whether it is Node's own, and gives the file's bytes as they are. */
export function isFileStream(value: unknown): value is ReadStream {
  return (
    value instanceof ReadStream &&
    value.constructor === ReadStream &&
    value.readableEncoding === null
  );
}

/** The position in an open file is not known, unless the stream sets it. */
async function statsOf({ path, flags, fd, start }: FileStream): Promise<Stats | undefined> {
  if (flags === 'r') return promisify(stat)(path);
  return start === undefined || fd === null ? undefined : promisify(fstat)(fd);
}

function isUsed(stream: ReadStream): boolean {
  return !replaced.has(stream) && (stream.bytesRead > 0 || stream.destroyed);
}

/** Where there is nothing to read one byte is asked for, as a stream cannot ask for none. */
function bodyOfRange(path: string | Buffer, start: number, size: number): BodyStream {
  const end = start + Math.max(size, 1) - 1;
  return { size, isReplayable: true, open: () => createReadStream(path, { start, end }) };
}
