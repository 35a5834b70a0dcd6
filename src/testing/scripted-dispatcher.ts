import { STATUS_CODES } from 'node:http';
import type * as undici from 'undici';
import { Dispatcher } from '../connect/undici.js';
import { RequestError } from '../errors.js';
import { Headers } from '../request/headers.js';

/** A request as it came to a script: each redirect that is followed is one more. */
export interface ScriptedRequest {
  /** In upper case. */
  readonly method: string;
  readonly url: URL;
  /** As they would go on the wire, the session's, cookies and authorization included. */
  readonly headers: Headers;
  /** Empty if there is none. */
  readonly body: Buffer;
}

/** A response as a server would send it. */
export interface Reply {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Answers a request. The signal is aborted when the answer is no longer wanted. */
export type Respond = (request: ScriptedRequest, signal: AbortSignal) => Promise<Reply>;

/** What a script has thrown, on its way through a session that would make an error of its own of it. */
export class ScriptedFailure extends RequestError {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super('the script says that this request fails');
    this.thrown = thrown;
  }
}

/** Statuses whose responses have no body, whatever their heads say. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** The way to a script in place of a server. It opens no connection and sets no timer. */
export class ScriptedDispatcher extends Dispatcher {
  readonly #respond: Respond;

  constructor(respond: Respond) {
    super();
    this.#respond = respond;
  }

  override dispatch(
    options: undici.Dispatcher.DispatchOptions,
    handler: undici.Dispatcher.DispatchHandler,
  ): boolean {
    const controller = new AbortController();
    handler.onConnect?.(() => controller.abort());
    void this.#perform(options, handler, controller.signal);
    return true;
  }

  /** A handler that has aborted takes an error for nothing, and expects nothing else. */
  async #perform(
    options: undici.Dispatcher.DispatchOptions,
    handler: undici.Dispatcher.DispatchHandler,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const request = await readRequest(options);
      signal.throwIfAborted(); // too late, it would be in flight for ever
      const { statusCode, headers, body } = await this.#respond(request, signal);
      const lines = headers.toRaw().map((line) => Buffer.from(line, 'latin1'));
      handler.onHeaders?.(statusCode, lines, () => {}, STATUS_CODES[statusCode] ?? '');
      if (options.method !== 'HEAD' && !BODILESS.has(statusCode)) handler.onData?.(body);
      handler.onComplete?.([]);
    } catch (error) {
      handler.onError?.(error as Error);
    }
  }
}

/** @throws what the body's stream breaks with */
async function readRequest(options: undici.Dispatcher.DispatchOptions): Promise<ScriptedRequest> {
  const { method, origin, path, headers, body } = options;
  const lines = (headers as string[]).map((line) => Buffer.from(line, 'latin1'));
  return {
    method,
    url: new URL(`${origin}${path}`),
    headers: Headers.fromRaw(lines),
    body: await readBody(body as Content),
  };
}

/** What a session passes on for a body. */
type Content = null | string | Uint8Array | AsyncIterable<Uint8Array>;

async function readBody(body: Content): Promise<Buffer> {
  if (body === null || typeof body === 'string') return Buffer.from(body ?? '');
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
