import { type InspectOptions, inspect } from 'node:util';
import { CookieJar } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import { type Awaitable, isPromiseLike } from './awaitable.js';
import { type Proxies, selectProxy } from './connect/proxies.js';
import type { Cert, Verify } from './connect/tls.js';
import { Environment } from './environment.js';
import { InvalidJobError } from './errors.js';
import { type Hooks, hooksOf } from './http/hooks.js';
import { SENSITIVE_HEADERS } from './http/redirects.js';
import { RequestContext, type RequestOptions } from './http/request-context.js';
import type { Response } from './http/response.js';
import { type Route, Routes } from './http/routes.js';
import { type TransactionOwners, transact } from './http/transact.js';
import type { JobCookies, TransactionOptions } from './http/transaction-options.js';
import { checkJob, checkLimit, type Job } from './job.js';
import { prepareRequest, type UnsignedRequest } from './prepare-request.js';
import type { Auth } from './request/auth/auth.js';
import { type PreparedBody, prepareBody } from './request/body/body.js';
import { type Cookies, isJar, jarOf } from './request/cookies.js';
import { acceptEncoding } from './request/decoding.js';
import { Headers, type HeadersInit } from './request/headers.js';
import type { PreparedRequest } from './request/prepared-request.js';
import { resolveTimeouts, type Timeout } from './request/timeouts.js';
import type { Params } from './request/url.js';
import { checkSessionOptions, type SessionOptions } from './session-options.js';
import { requestWithRetries } from './session-retry.js';
import { show } from './show.js';
import { version } from './version.js';

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
  /** Which proxy a request goes through; what it leaves open, the environment says. */
  proxies: Proxies | undefined;
  /** @default true */
  verify: Verify | undefined;
  cert: Cert | undefined;
  /** Whether proxies and netrc are taken from the environment, as it is at the first request. */
  trustEnv: boolean;
  maxRedirects: number;
  /** Bytes of a body, as sent and decoded. @default 128 MiB; for a streamed body none */
  maxResponseSize: number | undefined;
  /** Headers that do not follow a redirect to another origin, beside Authorization and Cookie. */
  sensitiveHeaders: string[];
  hooks: Hooks;
  #headers: Headers;
  /** The one that was passed in. */
  #dispatcher: Dispatcher | undefined;
  readonly #routes: Routes;
  /** Read when it is first needed. */
  #knownEnvironment: Environment | undefined;

  /** @throws TypeError for an unknown option; RequestError for a value that no job could have */
  constructor(options: SessionOptions = {}) {
    checkSessionOptions(options);
    this.#headers = DEFAULT_HEADERS.clone();
    this.#headers.merge(options.headers ?? {});
    this.auth = options.auth;
    this.params = options.params;
    this.cookies = options.cookies ?? new CookieJar();
    this.timeout = options.timeout;
    this.proxies = options.proxies;
    this.verify = options.verify;
    this.cert = options.cert;
    this.trustEnv = options.trustEnv ?? true;
    this.maxRedirects = options.maxRedirects ?? 30;
    this.maxResponseSize = options.maxResponseSize;
    this.sensitiveHeaders = [...SENSITIVE_HEADERS, ...(options.sensitiveHeaders ?? [])];
    this.hooks = options.hooks ?? {};
    this.#routes = new Routes({ allowH2: options.allowH2 ?? false });
    if (options.dispatcher !== undefined) this.dispatcher = options.dispatcher;
  }

  /** Sent with every request, in this order. */
  get headers(): Headers {
    return this.#headers;
  }

  /** All of them: the default ones too are gone then. */
  set headers(headers: HeadersInit) {
    this.#headers = new Headers(headers);
  }

  /**
   * What sends the requests: an undici `Agent` of the session's own, made when it is first needed.
   * (Proxies, `verify` and `cert` have others.)
   */
  get dispatcher(): Dispatcher {
    return this.#dispatcher ?? this.#routes.direct;
  }

  /**
   * One that you pass is yours to close: `MockAgent`, a shared `Agent`. It has its own idea of
   * proxies and TLS.
   */
  set dispatcher(dispatcher: Dispatcher) {
    if (typeof (dispatcher as Partial<Dispatcher> | null)?.dispatch !== 'function')
      throw new TypeError(`dispatcher must be a Dispatcher of undici, got ${show(dispatcher)}`);
    this.#dispatcher = dispatcher;
  }

  /**
   * Makes a request, follows its redirects and reads its body, or with `stream` its head alone.
   *
   * @param context what a pool says of the job, or whoever does its retries in place of the session
   * @throws RequestError if it cannot be sent or has no whole response; a status of 400 or above
   * is a response. What a hook or an auth function throws comes out as it is.
   */
  request(job: Job, context?: RequestOptions): Promise<Response> {
    return context?.retry !== false && hasRetry(job)
      ? requestWithRetries(job, context?.signal, () => this.#attempt(job, context))
      : this.#attempt(job, context);
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
   * Lets what is in flight end, then closes the connections; streamed bodies can still be read. The
   * session stays usable: the next request opens new connections. A dispatcher that was passed in
   * is left alone.
   */
  close(): Promise<void> {
    return this.#routes.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What may be logged: no credentials and no cookies. */
  toJSON(): object {
    const { timeout, maxRedirects, maxResponseSize, trustEnv } = this;
    return { timeout, maxRedirects, maxResponseSize, trustEnv };
  }

  [Symbol.for('nodejs.util.inspect.custom')](depth: number, options: InspectOptions): string {
    if (depth < 0) return '[Session]';
    return `Session ${inspect(this.toJSON(), options)}`;
  }

  /** A promise whatever is wrong with the job: nothing is thrown at once. */
  #attempt(job: Job, context: RequestOptions | undefined): Promise<Response> {
    const watch = context instanceof RequestContext ? context.begin() : undefined;
    try {
      checkJob(job);
      const owners = { signal: job.signal, context, watch };
      const body = prepareBody(job);
      return isPromiseLike(body) || job.cookies
        ? this.#prepareAndSend(job, body, owners)
        : this.#send(job, { prepared: prepareRequest(job, body, this), owners });
    } catch (error) {
      watch?.done();
      return Promise.reject(error);
    }
  }

  /** For a body or cookies that take time. */
  async #prepareAndSend(
    job: Job,
    body: Awaitable<PreparedBody | undefined>,
    owners: TransactionOwners,
  ): Promise<Response> {
    try {
      const prepared = prepareRequest(job, isPromiseLike(body) ? await body : body, this);
      const { url } = prepared.request;
      const jobCookies = job.cookies ? await jobCookiesOf(job.cookies, url) : undefined;
      return await this.#send(job, { prepared, jobCookies, owners });
    } finally {
      owners.watch?.done();
    }
  }

  #send(job: Job, unsent: Unsent): Promise<Response> {
    const { prepared, owners } = unsent;
    return transact(prepared.request, this.#transactionOptions(job, unsent), owners);
  }

  /** The most particular one; netrc only where no Authorization was set by hand. */
  #authOf(job: Job, { request, credentials }: UnsignedRequest): Auth | undefined {
    const auth = job.auth ?? this.auth ?? credentials;
    if (auth !== undefined) return auth;
    const known = this.#authFor(request, true);
    return known === undefined || request.headers.has('Authorization') ? undefined : known;
  }

  #transactionOptions(
    job: Job,
    { prepared, jobCookies, owners: { context } }: Unsent,
  ): TransactionOptions {
    const timeouts = resolveTimeouts(job.timeout ?? this.timeout);
    const maxRedirects = job.maxRedirects ?? this.maxRedirects;
    const maxResponseSize = job.maxResponseSize ?? this.maxResponseSize;
    checkLimit('maxRedirects', maxRedirects);
    if (maxResponseSize !== undefined) checkLimit('maxResponseSize', maxResponseSize);
    return {
      cookies: this.cookies,
      jobCookies,
      auth: this.#authOf(job, prepared),
      authFor: (request) => this.#authFor(request, false),
      routeTo: (request) => this.#routeTo(request, job),
      timeouts,
      maxResponseSize,
      maxRedirects: job.allowRedirects === false ? undefined : maxRedirects,
      sensitiveHeaders: this.sensitiveHeaders,
      isStreamed: job.stream === true,
      raisesForStatus: job.raiseForStatus ?? context?.raiseForStatus ?? false,
      hooks: hooksOf(job.hooks ?? this.hooks),
      queued: context?.queued ?? 0,
    };
  }

  /** What the environment has for the request's host. */
  #authFor(request: PreparedRequest, isChosen: boolean): Auth | undefined {
    return this.trustEnv ? this.#environment.credentialsFor(request, isChosen) : undefined;
  }

  #routeTo(request: PreparedRequest, job: Job): Route {
    const verify = job.verify ?? this.verify;
    const cert = job.cert ?? this.cert;
    if (this.#dispatcher === undefined)
      return this.#routes.routeTo(request, { proxy: this.#proxyFor(request, job), verify, cert });
    const proxies = job.proxies ?? this.proxies;
    if ((proxies ?? verify ?? cert) !== undefined)
      throw new InvalidJobError(
        'a session with a dispatcher of its own has no proxies, verify and cert beside it',
      );
    return { dispatcher: this.#dispatcher };
  }

  /** The job's go before the session's, and those before the environment's. */
  #proxyFor(request: PreparedRequest, job: Job): URL | undefined {
    let proxy = job.proxies === undefined ? undefined : selectProxy(request.url, job.proxies);
    if (proxy === undefined && this.proxies !== undefined)
      proxy = selectProxy(request.url, this.proxies);
    if (proxy === undefined && this.trustEnv) proxy = this.#environment.proxyFor(request);
    return proxy ?? undefined;
  }

  get #environment(): Environment {
    this.#knownEnvironment ??= new Environment();
    return this.#knownEnvironment;
  }
}

/** A job's first request, and what else is to be known of the job to send it. */
interface Unsent {
  readonly prepared: UnsignedRequest;
  readonly jobCookies?: JobCookies | undefined;
  readonly owners: TransactionOwners;
}

async function jobCookiesOf(cookies: Cookies, url: URL): Promise<JobCookies> {
  return { jar: await jarOf(cookies, url), isBound: !isJar(cookies) };
}

/** What cannot be looked at will be refused. */
function hasRetry(job: Job): boolean {
  try {
    return (job as Job | undefined)?.retry !== undefined;
  } catch {
    return false;
  }
}
