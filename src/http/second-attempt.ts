import { ConnectionError } from '../errors.js';
import { IDEMPOTENT } from '../idempotent.js';
import { isReplayable } from '../request/body/body-stream.js';
import type { PreparedRequest } from '../request/prepared-request.js';

/** What a connection says that the other side has closed, as Node and undici call it. */
const CLOSED: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

/** How a request failed that was given a connection in use. */
export interface Failure {
  readonly error: unknown;
  /** Whether some of it may have gone out. */
  readonly isWritten: boolean;
}

/**
 * Whether a request may be sent once more, at once: the server had closed the connection that it was
 * given, or closed it just then, and has probably not seen it (RFC 9112 §9.3.1).
 */
export function mayBeSentAgain(request: PreparedRequest, { error, isWritten }: Failure): boolean {
  if (!(error instanceof ConnectionError) || !CLOSED.has(error.code)) return false;
  return (!isWritten || IDEMPOTENT.has(request.method)) && isReplayable(request.body);
}
