import {
  AbortError,
  ConnectionError,
  ConnectTimeoutError,
  InvalidHeaderError,
  InvalidJobError,
  type Phase,
  ProtocolError,
  ProxyError,
  ReadTimeoutError,
  RequestError,
  type RequestErrorOptions,
  ResponseTooLargeError,
  TLSError,
} from '../errors.js';
import type { RequestMessage } from '../message.js';

type RequestErrorClass = new (message: string, options?: RequestErrorOptions) => RequestError;

/**
 * undici's errors by their `name`, each with ours. A test holds that every error class of undici
 * is here.
 */
export const FAILURES: Readonly<Record<string, RequestErrorClass>> = {
  UndiciError: RequestError,
  ConnectTimeoutError,
  HeadersTimeoutError: ReadTimeoutError,
  BodyTimeoutError: ReadTimeoutError,
  HeadersOverflowError: ProtocolError,
  HTTPParserError: ProtocolError,
  ResponseContentLengthMismatchError: ProtocolError,
  ResponseExceededMaxSizeError: ResponseTooLargeError,
  InvalidArgumentError: InvalidJobError,
  RequestContentLengthMismatchError: InvalidJobError,
  NotSupportedError: InvalidHeaderError,
  AbortError,
  RequestAbortedError: AbortError,
  ClientDestroyedError: AbortError,
  ClientClosedError: AbortError,
  SocketError: ConnectionError,
  InformationalError: ConnectionError,
  MaxOriginsReachedError: ConnectionError,
  MissingUpstreamError: ConnectionError,
  SecureProxyConnectionError: ProxyError,
  Socks5ProxyError: ProxyError,
  ProxyFailure: ProxyError,
  InvalidReturnValueError: RequestError,
  RequestRetryError: RequestError,
  ResponseError: RequestError,
  MessageSizeExceededError: RequestError,
  // Its parser takes a status of 000, and it asserts that there is none.
  AssertionError: ProtocolError,
};

/** What the request itself is to blame for. */
const REFUSALS: ReadonlySet<RequestErrorClass> = new Set([InvalidJobError, InvalidHeaderError]);

/** The codes of Node's and OpenSSL's errors in a handshake or with a certificate. */
const TLS_CODE =
  /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CRL_|ERROR_IN_|EPROTO$)/;

/** What undici says of a 100 or a 101 that nobody asked for. */
const UNASKED = /^bad (response|upgrade)$/;

/**
 * Our error for one of undici's or Node's.
 *
 * @param phase where it came: what breaks once the response's head is there was cut off
 */
export function toRequestError(
  cause: Error & { code?: string },
  request: RequestMessage,
  phase: Phase,
): RequestError {
  if (cause instanceof RequestError) return cause;
  const message = `${request.method} ${request.url}: ${describe(cause)}`;
  const ErrorClass = classOf(cause, phase === 'body');
  // What undici refuses it has not even tried to send.
  const isRefused = phase === 'connect' && REFUSALS.has(ErrorClass);
  const details = { code: codeOf(cause), cause, request };
  return new ErrorClass(message, isRefused ? details : { ...details, phase });
}

function classOf(cause: Error & { code?: string }, answered: boolean): RequestErrorClass {
  const known = FAILURES[cause.name] ?? ConnectionError;
  if (known === ProxyError) return known;
  if (cause.code !== undefined && TLS_CODE.test(cause.code)) return TLSError;
  const isBroken = answered || UNASKED.test(cause.message);
  return isBroken && known === ConnectionError ? ProtocolError : known;
}

/** Several addresses were tried (RFC 8305): the first one's error says it. */
function firstOf(cause: Error): Error & { code?: string } {
  return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
}

function codeOf(cause: Error): string | undefined {
  return firstOf(cause).code;
}

/** OpenSSL's messages end with a line break. */
function describe(cause: Error): string {
  if (cause.name === 'AssertionError') return 'undici did not expect what happened';
  return cause.message.trim() || firstOf(cause).message || codeOf(cause) || cause.name;
}
