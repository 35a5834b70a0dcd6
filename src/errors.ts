/**
 * Everything a request can fail with:
 *
 *     RequestError
 *     ├── ConnectionError            no connection, or it broke before an answer came
 *     │   ├── ProxyError
 *     │   └── TLSError
 *     ├── TimeoutError               `timeout.total` ran out
 *     │   ├── ConnectTimeoutError
 *     │   └── ReadTimeoutError
 *     ├── ProtocolError              the answer is broken or was cut off
 *     ├── ContentDecodingError
 *     ├── ResponseTooLargeError
 *     ├── TooManyRedirectsError
 *     ├── HTTPError                  a status of 400 or above, where one was asked to be an error
 *     ├── UnrewindableBodyError      a body that can be read once would have to be sent twice
 *     ├── InvalidJobError            the job cannot be sent as it is
 *     │   ├── InvalidURLError
 *     │   └── InvalidHeaderError
 *     └── AbortError
 */
import type { RequestMessage, ResponseMessage } from './message.js';

/**
 * Where a request was when it failed:
 *
 * - `queued`: it waited, in a pool, for its turn or for its retry
 * - `prepare`: before anything was sent
 * - `connect`: name look-up, TCP, the proxy, TLS
 * - `firstByte`: it was sent, or was being sent, and the response's head had not come
 * - `body`: the head was there, the body on its way or being decoded
 * - `response`: the response was whole, and what was to be made of it failed
 */
export type Phase = 'queued' | 'prepare' | 'connect' | 'firstByte' | 'body' | 'response';

/** What an error carries beside its message. */
export interface RequestErrorOptions {
  /** @default the class's own, such as `ERR_READ_TIMEOUT` */
  code?: string | undefined;
  /** @default the class's own: the one that its errors are most likely in */
  phase?: Phase | undefined;
  /** The error below this one: undici's, Node's, or what a callback threw. */
  cause?: unknown;
  request?: RequestMessage | undefined;
  response?: ResponseMessage | undefined;
}

/** The base of all errors that a request ends with (`requests.RequestException`). */
export class RequestError extends Error {
  override name = 'RequestError';
  /** The system's or the library's code where one is known (`ECONNREFUSED`), else the class's. */
  readonly code: string;
  /** Where the request was when it failed. */
  readonly phase: Phase;
  /** The request as it was sent; for a redirected one, the hop that failed. */
  declare readonly request: RequestMessage | undefined;
  /** The response, if one came. */
  declare readonly response: ResponseMessage | undefined;

  constructor(message: string, options: RequestErrorOptions = {}) {
    const { code, phase, cause, request, response } = options;
    super(message, cause === undefined ? undefined : { cause });
    const ownClass = new.target as typeof RequestError;
    this.code = code ?? ownClass.code;
    this.phase = phase ?? ownClass.phase;
    // Not enumerable: whoever logs the error must not log the credentials in its headers.
    Object.defineProperty(this, 'request', { value: request });
    Object.defineProperty(this, 'response', { value: response });
  }

  protected static readonly code: string = 'ERR_REQUEST';
  protected static readonly phase: Phase = 'prepare';
}

/** Name look-up, connect, or the connection itself failed before the response's head came. */
export class ConnectionError extends RequestError {
  override name = 'ConnectionError';
  protected static override readonly code: string = 'ERR_CONNECTION';
  protected static override readonly phase: Phase = 'connect';
}

/** The proxy could not be reached, refused, or broke its protocol. */
export class ProxyError extends ConnectionError {
  override name = 'ProxyError';
  protected static override readonly code = 'ERR_PROXY';
}

/** The handshake failed, or the certificate is not to be trusted; `code` says which. */
export class TLSError extends ConnectionError {
  override name = 'TLSError';
  protected static override readonly code = 'ERR_TLS';
}

/** The whole request, redirects and body included, took longer than `timeout.total`. */
export class TimeoutError extends RequestError {
  override name = 'TimeoutError';
  protected static override readonly code: string = 'ERR_TIMEOUT';
  protected static override readonly phase: Phase = 'firstByte';
}

/** No connection (TLS included) within `timeout.connect`. */
export class ConnectTimeoutError extends TimeoutError {
  override name = 'ConnectTimeoutError';
  protected static override readonly code = 'ERR_CONNECT_TIMEOUT';
  protected static override readonly phase = 'connect';
}

/** The server let `timeout.read` pass without the response's head, or without more of its body. */
export class ReadTimeoutError extends TimeoutError {
  override name = 'ReadTimeoutError';
  protected static override readonly code = 'ERR_READ_TIMEOUT';
}

/** What came is not HTTP, or the connection ended before the response did. */
export class ProtocolError extends RequestError {
  override name = 'ProtocolError';
  protected static override readonly code = 'ERR_PROTOCOL';
  protected static override readonly phase = 'firstByte';
}

/** The body is not what its Content-Encoding says. */
export class ContentDecodingError extends RequestError {
  override name = 'ContentDecodingError';
  protected static override readonly code = 'ERR_CONTENT_DECODING';
  protected static override readonly phase = 'body';
}

/** The body, as sent or once decoded, has more bytes than `maxResponseSize`. */
export class ResponseTooLargeError extends RequestError {
  override name = 'ResponseTooLargeError';
  protected static override readonly code = 'ERR_RESPONSE_TOO_LARGE';
  protected static override readonly phase = 'body';
}

/** More redirects than `maxRedirects`; `response` is the last one. */
export class TooManyRedirectsError extends RequestError {
  override name = 'TooManyRedirectsError';
  protected static override readonly code = 'ERR_TOO_MANY_REDIRECTS';
  protected static override readonly phase = 'response';
}

/** Thrown by `raiseForStatus()` for a status of 400 to 599, and by nothing else. */
export class HTTPError extends RequestError {
  override name = 'HTTPError';
  protected static override readonly code = 'ERR_HTTP_STATUS';
  protected static override readonly phase = 'response';
}

/** A redirect or a challenge asks for a body again that could be read only once. */
export class UnrewindableBodyError extends RequestError {
  override name = 'UnrewindableBodyError';
  protected static override readonly code = 'ERR_UNREWINDABLE_BODY';
  protected static override readonly phase = 'response';
}

/** The job is no job, or a field of it has a value that cannot be sent. */
export class InvalidJobError extends RequestError {
  override name = 'InvalidJobError';
  protected static override readonly code: string = 'ERR_INVALID_JOB';
}

/** The URL, or a redirect's Location, is not an absolute http or https URL. */
export class InvalidURLError extends InvalidJobError {
  override name = 'InvalidURLError';
  protected static override readonly code = 'ERR_INVALID_URL';
}

/** A header's name is no token, or its value has a line break or another forbidden character. */
export class InvalidHeaderError extends InvalidJobError {
  override name = 'InvalidHeaderError';
  protected static override readonly code = 'ERR_INVALID_HEADER';
}

/** The request was given up before it had its response. */
export class AbortError extends RequestError {
  override name = 'AbortError';
  protected static override readonly code = 'ERR_ABORTED';
  protected static override readonly phase = 'queued';
}
