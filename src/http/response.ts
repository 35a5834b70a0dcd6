import { Blob } from 'node:buffer';
import { CookieJar } from 'tough-cookie';
import { HTTPError } from '../errors.js';
import type { ResponseMessage } from '../message.js';
import { charsetOf, decodeText } from '../request/charset.js';
import { storeCookies } from '../request/cookies.js';
import { Headers, rawValues } from '../request/headers.js';
import { type Link, parseLinks } from '../request/links.js';
import type { PreparedRequest } from '../request/prepared-request.js';

/** The head of a response as it came. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly Buffer[];
  /** In milliseconds. */
  readonly elapsed: number;
}

/** Statuses that a fetch Response may not have a body with. */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A response with its whole body: fetch's names for reading it (though it can be read any number
 * of times), and what `requests.Response` has beyond them.
 */
export class Response implements ResponseMessage {
  readonly statusCode: number;
  readonly statusText: string;
  /** The body, decoded. */
  readonly content: Buffer;
  /** From the sending of the request to the response's head, in milliseconds. */
  readonly elapsed: number;
  /** The redirects that led here, the oldest first. */
  readonly history: readonly Response[];
  /** Private, so that whoever logs the response does not log the credentials in it. */
  readonly #request: PreparedRequest;
  readonly #rawHeaders: readonly Buffer[];
  #headers: Headers | undefined;
  #encoding: string | undefined;

  /** @param content the body, decoded */
  constructor(
    head: ResponseHead,
    content: Buffer,
    request: PreparedRequest,
    history: readonly Response[] = [],
  ) {
    this.statusCode = head.statusCode;
    this.statusText = head.statusText;
    this.elapsed = head.elapsed;
    this.content = content;
    this.history = history;
    this.#rawHeaders = head.rawHeaders;
    this.#request = request;
  }

  /** The request that this is the answer to: of several hops, the last one. */
  get request(): PreparedRequest {
    return this.#request;
  }

  get status(): number {
    return this.statusCode;
  }

  /** Whether the status is 200 to 299, as in fetch; requests' `ok` is true below 400. */
  get ok(): boolean {
    return this.statusCode >= 200 && this.statusCode < 300;
  }

  get headers(): Headers {
    this.#headers ??= Headers.fromRaw(this.#rawHeaders);
    return this.#headers;
  }

  /** Where the response came from, after redirects, with the fragment. */
  get url(): string {
    return this.request.url.href;
  }

  get redirected(): boolean {
    return this.history.length > 0;
  }

  /** The name of the text's encoding: what was set, else the Content-Type's charset. */
  get encoding(): string | undefined {
    return this.#encoding ?? charsetOf(rawValues(this.#rawHeaders, 'content-type').at(-1));
  }

  /** Set it to read the text in another encoding than the server says. */
  set encoding(encoding: string | undefined) {
    this.#encoding = encoding;
  }

  /** The cookies that this response set, in a jar of their own. */
  get cookies(): CookieJar {
    const jar = new CookieJar();
    void storeCookies(jar, this.request.url, this.headers.getSetCookie());
    return jar;
  }

  /** The Link header's links by their `rel`, or by URL where they have none. */
  get links(): Record<string, Link> {
    return parseLinks(this.headers.get('link'));
  }

  /** A new stream of the body's bytes. */
  get body(): ReadableStream<Uint8Array> {
    return this.#blob().stream() as ReadableStream<Uint8Array>;
  }

  /** @param encoding @default the response's, else UTF-8; a byte order mark goes before either */
  async text(encoding: string | undefined = this.encoding): Promise<string> {
    return decodeText(this.content, encoding);
  }

  /** @throws SyntaxError if the body is not JSON */
  // biome-ignore lint/suspicious/noExplicitAny: as in fetch and requests, the caller knows its type
  async json<T = any>(): Promise<T> {
    return JSON.parse(decodeText(this.content, this.encoding));
  }

  /** The body's bytes: the response's own, not a copy. */
  async bytes(): Promise<Uint8Array> {
    return this.content;
  }

  /** A copy of the body's bytes. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.content).buffer;
  }

  async blob(): Promise<Blob> {
    return this.#blob();
  }

  /** The text's lines without their ends: `\n`, `\r\n` or `\r`. */
  async *iterLines(): AsyncGenerator<string, void, undefined> {
    const lines = decodeText(this.content, this.encoding).split(/\r\n|\n|\r/);
    if (lines.at(-1) === '') lines.pop();
    yield* lines;
  }

  /** @throws HTTPError if the status is 400 to 599 */
  raiseForStatus(): this {
    if (this.statusCode < 400 || this.statusCode > 599) return this;
    const kind = this.statusCode < 500 ? 'client' : 'server';
    const { request } = this;
    throw new HTTPError(
      `${request.method} ${this.url}: ${kind} error ${`${this.statusCode} ${this.statusText}`.trim()}`,
      { request, response: this },
    );
  }

  /** The same as a fetch Response, for those that take one. Its `url` is empty: fetch cannot set it. */
  toFetchResponse(): globalThis.Response {
    const headers = new globalThis.Headers([...this.headers]);
    // The body is decoded: what the headers say of it as it was sent no longer holds.
    headers.delete('content-encoding');
    headers.delete('content-length');
    return new globalThis.Response(NULL_BODY.has(this.statusCode) ? null : this.content, {
      status: this.statusCode,
      statusText: this.statusText.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'),
      headers,
    });
  }

  #blob(): Blob {
    return new Blob([this.content], { type: this.headers.get('content-type') ?? '' });
  }
}
