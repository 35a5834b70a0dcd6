import { ConnectionError, ProtocolError, RequestError, TimeoutError, TLSError } from '../errors.js';

/** Of Node's and undici's errors, as a session of the user's own may throw them. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ECONNRESET',
  'EADDRINUSE',
  'ECONNREFUSED',
  'EPIPE',
  'ENOTFOUND',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Whether it was given up on purpose, by a signal of anyone's. */
export function isAbort(exception: unknown): boolean {
  return (exception as { name?: unknown } | null | undefined)?.name === 'AbortError';
}

/**
 * Whether what was thrown may well not happen again: our errors by their class, those of others by
 * their `code`. With `codes` all go by their code.
 */
export function isTransient(exception: unknown, codes?: ReadonlySet<string>): boolean {
  if (codes !== undefined) return hasCode(exception, codes);
  if (exception instanceof RequestError) return isTransientClass(exception);
  return hasCode(exception, TRANSIENT);
}

function isTransientClass(error: RequestError): boolean {
  if (error instanceof ConnectionError) return !(error instanceof TLSError);
  return error instanceof TimeoutError || error instanceof ProtocolError;
}

/** fetch throws a TypeError whose cause has the code. */
function hasCode(exception: unknown, codes: ReadonlySet<string>): boolean {
  const { code, cause } = (exception ?? {}) as {
    code?: unknown;
    cause?: { code?: unknown } | null;
  };
  return codes.has(code as string) || codes.has(cause?.code as string);
}
