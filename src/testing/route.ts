import type { Awaitable } from '../awaitable.js';
import { Headers, type HeadersInit } from '../request/headers.js';
import { show } from '../show.js';
import type { Reply, ScriptedRequest } from './scripted-dispatcher.js';

/** A response as a function of a script returns it. */
export interface Answer {
  /** From 200 to 999. @default 200 */
  readonly statusCode?: number;
  /** Text, bytes, or anything else, which becomes JSON. @default no body */
  readonly body?: unknown;
  /** Over the Content-Type that goes with the body. */
  readonly headers?: HeadersInit;
}

type Step = (request: ScriptedRequest) => Awaitable<Reply>;

/**
 * What becomes of the requests that one `on()` matches. Each method adds a step. The first request
 * takes the first one, the next request the next; the last one is there for all that follow.
 */
export class Route {
  readonly #steps: Step[] = [];
  #taken = 0;

  /**
   * Answers with a response.
   *
   * @throws RangeError for a status that no response has; RequestError for headers that cannot be
   * sent. Where a function returns such, that is what the request fails with.
   */
  reply(statusCode: number, body?: unknown, headers?: HeadersInit): this;
  /** Answers with what a function returns or resolves with. What it throws, the request fails with. */
  reply(answer: (request: ScriptedRequest) => Awaitable<Answer>): this;
  reply(
    given: number | ((request: ScriptedRequest) => Awaitable<Answer>),
    body?: unknown,
    headers: HeadersInit = {},
  ): this {
    if (typeof given === 'function')
      return this.#add(async (request) => toReply(await given(request)));
    const reply = toReply({ statusCode: given, body, headers });
    return this.#add(() => reply);
  }

  /** Fails with what is given, an error or anything else, thrown as it is. */
  fail(thrown: unknown): this {
    return this.#add(() => {
      throw thrown;
    });
  }

  /** Never answers: the request ends by its timeout or its signal. */
  stall(): this {
    return this.#add(() => new Promise(() => {}));
  }

  /** Takes the next step; undefined if there is none at all. */
  take(): Step | undefined {
    const step = this.#steps[Math.min(this.#taken, this.#steps.length - 1)];
    this.#taken++;
    return step;
  }

  #add(step: Step): this {
    this.#steps.push(step);
    return this;
  }
}

function toReply({ statusCode = 200, body, headers = {} }: Answer): Reply {
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 999)
    throw new RangeError(
      `statusCode must be a whole number from 200 to 999, got ${show(statusCode)}`,
    );
  const [content, contentType] = toContent(body);
  const all = new Headers(contentType === undefined ? {} : { 'Content-Type': contentType });
  all.merge(headers);
  return { statusCode, headers: all, body: content };
}

function toContent(body: unknown): [content: Buffer, contentType?: string] {
  if (body === undefined) return [Buffer.alloc(0)];
  if (typeof body === 'string') return [Buffer.from(body), 'text/plain; charset=utf-8'];
  if (body instanceof Uint8Array) return [Buffer.from(body), 'application/octet-stream'];
  return [Buffer.from(JSON.stringify(body)), 'application/json'];
}
