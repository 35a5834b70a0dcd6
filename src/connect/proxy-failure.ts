import { proxyPort } from './proxy-url.js';

/** A proxy that could not be reached, refused, or broke its protocol. The message names it. */
export class ProxyFailure extends Error {
  override name = 'ProxyFailure';
  /** The system's, TLS's, or one that says what the proxy did: `ERR_PROXY_STATUS_407`. */
  readonly code: string;

  /** @param what it did: "closed the connection" */
  constructor(proxy: URL, what: string, code: string, cause?: Error) {
    super(`proxy ${proxy.hostname}:${proxyPort(proxy)} ${what}`, cause && { cause });
    this.code = code;
  }

  /** For what broke on the way to it. */
  static of(proxy: URL, cause: Error & { code?: string }): ProxyFailure {
    const { code = 'ERR_PROXY' } = cause;
    // Where several addresses were tried there is no message (RFC 8305), but a code.
    const what = `failed: ${cause.message.trim() || code}`;
    return new ProxyFailure(proxy, what, code, cause);
  }
}
