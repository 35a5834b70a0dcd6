import type { Readable } from 'node:stream';
import { InvalidJobError, type Phase, RequestError } from '../errors.js';
import type { RequestMessage } from '../message.js';
import type { BodyStream } from '../request/body/body-stream.js';

/** What an upload tells of itself. */
export interface UploadListener {
  /** Its source is waited for, and so the server is not. */
  onPause(): void;
  /** What the source gave is being sent. */
  onResume(): void;
}

/** @throws RequestError if the source cannot be made, or not again */
export function openUpload(body: BodyStream, request: RequestMessage): Readable {
  try {
    return body.open(request);
  } catch (cause) {
    throw unreadable(request, cause as Error, 'prepare');
  }
}

/**
 * The chunks of a request's body as they are sent, each when the one before it is.
 *
 * @throws RequestError with what the source broke with
 */
export async function* chunksOf(
  source: Readable,
  request: RequestMessage,
  listener: UploadListener,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  for (;;) {
    listener.onPause();
    const { done, value } = await chunks.next().catch((cause) => {
      throw unreadable(request, cause, 'firstByte');
    });
    listener.onResume();
    if (done) return;
    yield value;
  }
}

/** @param cause an Error, but for a source of the user's that threw something else */
function unreadable(
  request: RequestMessage,
  cause: NodeJS.ErrnoException,
  phase: Phase,
): RequestError {
  if (cause instanceof RequestError) return cause;
  return new RequestError(
    `${request.method} ${request.url}: the body could not be read: ${cause.message ?? cause}`,
    { phase, request, cause, code: cause.code },
  );
}

/** undici's HTTP/2 asserts that the method is one of these, and does not recover from it. */
export function checkMayHaveBody(request: RequestMessage): void {
  if (['POST', 'PUT', 'PATCH'].includes(request.method)) return;
  throw new InvalidJobError(
    `${request.method} ${request.url}: with allowH2, only POST, PUT and PATCH can have a body`,
    { request },
  );
}
