import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { kHTTP2Session } from '../connect/undici.js';

/** Where undici keeps the session that speaks on a socket. */
type SpokenOn = Socket & { [kHTTP2Session]?: ClientHttp2Session };

/**
 * Knows the stream that an HTTP/2 connection used last. Of one that the server cancelled, Node tells
 * no error but its end, so that a short body would pass for whole (RFC 9113 §8.1).
 */
export class StreamWatch {
  readonly isHTTP2: boolean;
  #last: ClientHttp2Stream | undefined;

  /** To be called once undici has the socket, and before it sends something. */
  constructor(socket: Socket) {
    const session = (socket as SpokenOn)[kHTTP2Session];
    this.isHTTP2 = session !== undefined;
    if (session === undefined) return;
    const request = session.request.bind(session);
    session.request = (...args) => {
      this.#last = request(...args);
      return this.#last;
    };
  }

  /** What the last stream was reset with, if it was. */
  get resetError(): Error | undefined {
    const code = this.#last?.rstCode;
    if (!code) return undefined;
    const error = new Error(`HTTP/2: the server reset the stream with code ${code}`);
    return Object.assign(error, { code: 'ERR_HTTP2_STREAM_ERROR' });
  }
}
