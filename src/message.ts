/** A request as it goes on the wire, as far as errors and callbacks need to know it. */
export interface RequestMessage {
  /** In upper case. */
  readonly method: string;
  /** Without credentials. */
  readonly url: URL;
  readonly headers: Headers;
}

/** A response as errors carry it; the class `Response` has more. */
export interface ResponseMessage {
  readonly statusCode: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: Headers;
  /** The body, decoded. */
  readonly content: Uint8Array;
  text(encoding?: string): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: as in fetch and requests, the caller knows its type
  json<T = any>(): Promise<T>;
}
