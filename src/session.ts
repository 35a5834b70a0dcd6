import { CookieJar } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import { createAgent } from './http/connections.js';
import { withDeadline } from './http/deadline.js';
import type { Response } from './http/response.js';
import { follow, type Hooks, hooksOf, type Transaction } from './http/transaction.js';
import { checkJob, checkLimit, type Job } from './job.js';
import { unknownKey } from './known-keys.js';
import { isPlainObject } from './plain-object.js';
import type { Auth } from './request/auth.js';
import { prepareBody } from './request/body.js';
import { acceptEncoding } from './request/decoding.js';
import { Headers, type HeadersInit } from './request/headers.js';
import type { PreparedRequest } from './request/prepared-request.js';
import { resolveTimeouts, type Timeout } from './request/timeouts.js';
import { mergeParams, type Params, prepareURL } from './request/url.js';
import { show } from './show.js';
import { version } from './version.js';

/** All of it can be set on the session later as well. */
export interface SessionOptions {
  /** Over the default ones; null removes one of those. */
  headers?: HeadersInit;
  auth?: Auth;
  params?: Params;
  /** @default a new, empty one */
  cookies?: CookieJar;
  timeout?: Timeout;
  /** @default 30 */
  maxRedirects?: number;
  /** @default 134_217_728, that is 128 MiB */
  maxResponseSize?: number;
  hooks?: Hooks;
  dispatcher?: Dispatcher;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof SessionOptions>([
  'headers',
  'auth',
  'params',
  'cookies',
  'timeout',
  'maxRedirects',
  'maxResponseSize',
  'hooks',
  'dispatcher',
]);

const DEFAULT_HEADERS = new Headers({
  'User-Agent': `session-pool/${version}`,
  'Accept-Encoding': acceptEncoding,
  Accept: '*/*',
});

/** A job's fields without those that a method of its own sets. */
export type JobOptions = Omit<Job, 'url' | 'method'>;

/**
 * Settings, cookies and connections that many requests share; the port of `requests.Session`.
 * Safe under concurrent requests: each has a connection of its own.
 */
export class Session {
  /** Authorizes every request that has no `auth` of its own. */
  auth: Auth | undefined;
  /** Added to the query of every request. */
  params: Params | undefined;
  /** Sent to the hosts that set them, and filled from every response. */
  cookies: CookieJar;
  /** @default connect 10 s, read 300 s, no total */
  timeout: Timeout | undefined;
  maxRedirects: number;
  /** Bytes of a body, as sent and decoded. */
  maxResponseSize: number;
  hooks: Hooks;
  #headers: Headers;
  /** The one that was passed in. */
  #dispatcher: Dispatcher | undefined;
  /** The session's own. */
  #agent: Dispatcher | undefined;

  /** @throws TypeError for an unknown option; RequestError for a value that no job could have */
  constructor(options: SessionOptions = {}) {
    checkOptions(options);
    this.#headers = DEFAULT_HEADERS.clone();
    this.#headers.merge(options.headers ?? {});
    this.auth = options.auth;
    this.params = options.params;
    this.cookies = options.cookies ?? new CookieJar();
    this.timeout = options.timeout;
    this.maxRedirects = options.maxRedirects ?? 30;
    this.maxResponseSize = options.maxResponseSize ?? 128 * 1024 * 1024;
    this.hooks = options.hooks ?? {};
    if (options.dispatcher !== undefined) this.dispatcher = options.dispatcher;
    checkLimit('maxRedirects', this.maxRedirects);
    checkLimit('maxResponseSize', this.maxResponseSize);
    resolveTimeouts(this.timeout);
  }

  /** Sent with every request, in this order. */
  get headers(): Headers {
    return this.#headers;
  }

  /** All of them: the default ones too are gone then. */
  set headers(headers: HeadersInit) {
    this.#headers = new Headers(headers);
  }

  /** What sends the requests: an undici `Agent` of the session's own, made when it is first needed. */
  get dispatcher(): Dispatcher {
    if (this.#dispatcher !== undefined) return this.#dispatcher;
    this.#agent ??= createAgent();
    return this.#agent;
  }

  /** One that you pass is yours to close: `MockAgent`, a shared `Agent`. */
  set dispatcher(dispatcher: Dispatcher) {
    if (typeof (dispatcher as Partial<Dispatcher> | null)?.dispatch !== 'function')
      throw new TypeError(`dispatcher must be a Dispatcher of undici, got ${show(dispatcher)}`);
    this.#dispatcher = dispatcher;
  }

  /**
   * Makes a request, follows its redirects and reads its body.
   *
   * @throws RequestError if it cannot be sent or has no whole response; a status of 400 or above
   * is a response. What a hook or an auth function throws comes out as it is.
   */
  async request(job: Job): Promise<Response> {
    checkJob(job);
    const { request, auth } = this.#prepare(job);
    const timeouts = resolveTimeouts(job.timeout ?? this.timeout);
    const maxRedirects = job.maxRedirects ?? this.maxRedirects;
    const maxResponseSize = job.maxResponseSize ?? this.maxResponseSize;
    checkLimit('maxRedirects', maxRedirects);
    checkLimit('maxResponseSize', maxResponseSize);
    const transaction: Transaction = {
      session: this,
      auth,
      limits: { timeouts, maxResponseSize },
      maxRedirects: job.allowRedirects === false ? undefined : maxRedirects,
      hooks: hooksOf(job.hooks ?? this.hooks),
    };
    const response = await (timeouts.total === Infinity
      ? follow(request, transaction)
      : withDeadline(request, timeouts.total, (deadline) =>
          follow(request, { ...transaction, deadline }),
        ));
    return job.raiseForStatus ? response.raiseForStatus() : response;
  }

  get(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'GET', url });
  }

  /** Does not follow redirects unless told to, as in requests. */
  head(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ allowRedirects: false, ...options, method: 'HEAD', url });
  }

  options(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'OPTIONS', url });
  }

  post(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'POST', url });
  }

  put(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'PUT', url });
  }

  patch(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'PATCH', url });
  }

  delete(url: string | URL, options?: JobOptions): Promise<Response> {
    return this.request({ ...options, method: 'DELETE', url });
  }

  /**
   * Lets what is in flight end, then closes the connections. The session stays usable: the next
   * request opens new ones. A dispatcher that was passed in is left alone.
   */
  async close(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await agent?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #prepare(job: Job): Prepared {
    const { url, credentials } = prepareURL(job.url, mergeParams(this.params, job.params));
    const headers = this.#headers.clone();
    if (job.headers !== undefined) headers.merge(job.headers);
    const body = prepareBody(job.data, job.json);
    if (body?.contentType !== undefined && !headers.has('Content-Type'))
      headers.set('Content-Type', body.contentType);
    const method = job.method?.toUpperCase() ?? 'GET';
    return {
      request: { method, url, headers, body: body?.content },
      auth: job.auth ?? this.auth ?? credentials,
    };
  }
}

interface Prepared {
  readonly request: PreparedRequest;
  readonly auth: Auth | undefined;
}

function checkOptions(options: SessionOptions): void {
  if (!isPlainObject(options))
    throw new TypeError(`Session takes a record of options, got ${show(options)}`);
  const unknown = unknownKey(options, OPTIONS);
  if (unknown !== undefined) throw new TypeError(`Session: ${unknown}`);
  const { cookies } = options;
  if (cookies !== undefined && typeof cookies?.getCookieString !== 'function')
    throw new TypeError(`cookies must be a CookieJar, got ${show(cookies)}`);
}
