import type { Awaitable } from '../../awaitable.js';
import {
  type Body,
  bodyOfBlob,
  bodyOfFunction,
  bodyOfStream,
  isBlob,
  type MakeStream,
} from './body-stream.js';
import { type Bytes, bytesOf } from './bytes.js';
import { bodyOfReadStream, isFileStream } from './file-body.js';
import { isStreamSource, type StreamSource } from './stream-source.js';

/**
 * What can be sent as it is: text as UTF-8, bytes, a Blob, or a stream of text or bytes. A stream
 * is sent once; where it would have to be sent again, as after a redirect, that is an
 * `UnrewindableBodyError`. A function that makes the stream is called each time. The stream of
 * `fs.createReadStream(path)` stands for its file, which is opened each time.
 */
export type Content = string | Bytes | Blob | StreamSource | MakeStream;

/**
 * The body that `value` is, a promise if a file's size must be asked for; undefined if it is none.
 *
 * @param name the job's field, for messages
 */
export function contentOf(value: unknown, name: string): Awaitable<Body> | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return bodyOfFunction(value as MakeStream, name);
  if (isBlob(value)) return bodyOfBlob(value);
  if (isFileStream(value)) return bodyOfReadStream(value);
  return isStreamSource(value) ? bodyOfStream(value) : bytesOf(value);
}
