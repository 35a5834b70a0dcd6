import { Blob } from 'node:buffer';
import { CookieJar } from 'tough-cookie';
import { type Awaitable, isPromiseLike } from '../awaitable.js';
import { HTTPError } from '../errors.js';
import type { ResponseMessage } from '../message.js';
import { charsetOf, decodeText, decodeTextStream } from '../request/charset.js';
import { storeCookies } from '../request/cookies.js';
import { Headers, rawValues } from '../request/headers.js';
import { linesOf } from '../request/lines.js';
import { type Link, parseLinks } from '../request/links.js';
import { hrefOf, opened, type PreparedRequest } from '../request/prepared-request.js';
import { type Reply, type Timings, timingsOf } from './reply.js';
import { StreamedContent } from './streamed-content.js';

/** Statuses that a fetch Response may not have a body with. */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * A response: fetch's names for reading it, and what `requests.Response` has beyond them. Its whole
 * body is there, to be read any number of times, but for a request with `stream`: then the body
 * comes as it is read, which can be done once, by `body` or `iterLines()`, or as a whole, which
 * makes it as any other.
 */
export class Response implements ResponseMessage {
  readonly statusCode: number;
  readonly statusText: string;
  /** From the sending of the request to the response's head, in milliseconds. */
  readonly elapsed: number;
  /** The redirects and challenges that led here, the oldest first. */
  readonly history: readonly Response[];
  /** Private, so that whoever logs the response does not log the credentials in it. */
  readonly #request: PreparedRequest;
  readonly #reply: Reply;
  #content: Buffer | StreamedContent;
  #headers: Headers | undefined;
  #encoding: string | undefined;
  /** Of a streamed response. */
  #body: ReadableStream<Uint8Array> | undefined;

  /** @param content the body, decoded: whole, or as it comes */
  constructor(
    reply: Reply,
    content: Buffer | StreamedContent,
    request: PreparedRequest,
    history: readonly Response[] = [],
  ) {
    this.statusCode = reply.statusCode;
    this.statusText = reply.statusText;
    this.elapsed = reply.elapsed;
    this.#content = content;
    this.history = history;
    this.#reply = reply;
    this.#request = request;
  }

  /** The request that this is the answer to: of several hops, the last one. */
  get request(): PreparedRequest {
    return opened(this.#request);
  }

  get status(): number {
    return this.statusCode;
  }

  /** Whether the status is 200 to 299, as in fetch; requests' `ok` is true below 400. */
  get ok(): boolean {
    return this.statusCode >= 200 && this.statusCode < 300;
  }

  get headers(): Headers {
    this.#headers ??= Headers.fromRaw(this.#reply.rawHeaders);
    return this.#headers;
  }

  /** Where its time went: of several hops, that of the last one. `history` has the others'. */
  get timings(): Timings {
    return timingsOf(this.#reply);
  }

  /** Where the response came from, after redirects, with the fragment. */
  get url(): string {
    return hrefOf(this.#request);
  }

  get redirected(): boolean {
    return this.history.some(({ statusCode }) => statusCode < 400);
  }

  /** The name of the text's encoding: what was set, else the Content-Type's charset. */
  get encoding(): string | undefined {
    return this.#encoding ?? charsetOf(rawValues(this.#reply.rawHeaders, 'content-type').at(-1));
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

  /**
   * The body, decoded.
   *
   * @throws TypeError if it was not read yet, as only a request with `stream` has it
   */
  get content(): Buffer {
    if (this.#content instanceof StreamedContent)
      throw new TypeError('the body of a streamed response is not there yet: await its bytes()');
    return this.#content;
  }

  /** How many bytes of the body are in memory: of a streamed response none until it is read. */
  get bufferedBytes(): number {
    return this.#content instanceof StreamedContent ? 0 : this.#content.length;
  }

  /** A new stream of the body's bytes; of a streamed response, the one that there is. */
  get body(): ReadableStream<Uint8Array> {
    if (!(this.#content instanceof StreamedContent)) return streamOf(this.#content);
    this.#body ??= this.#content.stream();
    return this.#body;
  }

  /** Whether the body can be read no more; only that of a streamed response. */
  get bodyUsed(): boolean {
    return this.#content instanceof StreamedContent && this.#content.isUsed;
  }

  /**
   * @param encoding @default the response's, else UTF-8; a byte order mark goes before either
   * @throws RequestError if a streamed body breaks
   */
  async text(encoding: string | undefined = this.encoding): Promise<string> {
    const content = this.#whole();
    return decodeText(isPromiseLike(content) ? await content : content, encoding);
  }

  /** @throws SyntaxError if the body is not JSON */
  // biome-ignore lint/suspicious/noExplicitAny: as in fetch and requests, the caller knows its type
  async json<T = any>(): Promise<T> {
    const content = this.#whole();
    return JSON.parse(decodeText(isPromiseLike(content) ? await content : content, this.encoding));
  }

  /** The body's bytes: the response's own, not a copy. */
  async bytes(): Promise<Uint8Array> {
    return this.#whole();
  }

  /** A copy of the body's bytes. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(await this.#whole()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.#whole()], { type: this.headers.get('content-type') ?? '' });
  }

  /** The text's lines without their ends: `\n`, `\r\n` or `\r`. */
  iterLines(): AsyncGenerator<string, void, undefined> {
    const content = this.#content;
    return linesOf(
      content instanceof StreamedContent
        ? decodeTextStream(content.pieces(), this.encoding)
        : [decodeText(content, this.encoding)],
    );
  }

  /**
   * Gives up the rest of a streamed body, and its connection (`requests.Response.close`); any other
   * stays as it is.
   */
  close(): void {
    if (this.#content instanceof StreamedContent) this.#content.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
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
    return new globalThis.Response(NULL_BODY.has(this.statusCode) ? null : this.#fetchBody(), {
      status: this.statusCode,
      statusText: this.statusText.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'),
      headers,
    });
  }

  #fetchBody(): Buffer | ReadableStream<Uint8Array> {
    return this.#content instanceof StreamedContent ? this.body : this.#content;
  }

  /** The whole body, at once but for a streamed one, which is there from then on. */
  #whole(): Awaitable<Buffer> {
    return this.#content instanceof StreamedContent ? this.#keep(this.#content) : this.#content;
  }

  async #keep(content: StreamedContent): Promise<Buffer> {
    const whole = await content.read();
    this.#content = whole;
    return whole;
  }
}

function streamOf(content: Buffer): ReadableStream<Uint8Array> {
  return new Blob([content]).stream() as ReadableStream<Uint8Array>;
}
