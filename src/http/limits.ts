import {
  ConnectTimeoutError,
  type Phase,
  ProtocolError,
  ReadTimeoutError,
  type RequestError,
  ResponseTooLargeError,
} from '../errors.js';
import type { RequestMessage } from '../message.js';
import type { Timeouts } from '../request/timeouts.js';

/** How many responses of 1xx may come before the real one; there are seldom more than two. */
export const MAX_INTERIM = 100;

/** The error of an exchange that waited too long for what its phase brings. */
export function timeoutError(
  request: RequestMessage,
  phase: Phase,
  { connect, read }: Timeouts,
): RequestError {
  const isConnecting = phase === 'connect';
  const missing = phase === 'body' ? 'no more of the body' : 'no response';
  const what = isConnecting ? `no connection within ${connect}` : `${missing} within ${read}`;
  const ErrorClass = isConnecting ? ConnectTimeoutError : ReadTimeoutError;
  return new ErrorClass(`${subjectOf(request)}: ${what} ms`, { phase, request });
}

/** That of one whose response has a larger body than it may have. @param maxSize in bytes */
export function tooLargeError(request: RequestMessage, maxSize: number): RequestError {
  const message = `${subjectOf(request)}: the body has more than ${maxSize} bytes`;
  return new ResponseTooLargeError(message, { request });
}

/** That of one with more responses of 1xx than `MAX_INTERIM`. */
export function interimError(request: RequestMessage): RequestError {
  const message = `${subjectOf(request)}: more than ${MAX_INTERIM} responses of 1xx`;
  return new ProtocolError(message, { phase: 'firstByte', request });
}

function subjectOf({ method, url }: RequestMessage): string {
  return `${method} ${url}`;
}
