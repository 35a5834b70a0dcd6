import type { CookieJar } from 'tough-cookie';
import { type Awaitable, isPromiseLike } from '../awaitable.js';
import { TooManyRedirectsError } from '../errors.js';
import { type Auth, authorize, isAuthenticator } from '../request/auth/auth.js';
import { cookieHeader, cookieHeaderOfBoth, storeCookies } from '../request/cookies.js';
import { decodeBody } from '../request/decoding.js';
import { rawValues } from '../request/headers.js';
import { opened, type PreparedRequest } from '../request/prepared-request.js';
import { FOLLOWING_UP, PREPARING } from './abortable.js';
import { Exchange, type ExchangeOptions } from './exchange.js';
import { runHooks } from './hooks.js';
import { IncomingBody } from './incoming-body.js';
import { checkResendable, isRedirect, isTrusted, redirected } from './redirects.js';
import type { Reply } from './reply.js';
import type { Admit } from './request-context.js';
import { Response } from './response.js';
import { DEFAULT_MAX_RESPONSE_SIZE, StreamedContent } from './streamed-content.js';
import type { TransactionOptions, Watcher } from './transaction-options.js';

const NO_HISTORY: readonly Response[] = Object.freeze([]);

/**
 * A job's request, and those that its redirects and challenges ask for (requests' `Session.send`).
 * State: what has come so far, and what of the job's secrets may still be sent.
 */
export class Transaction {
  readonly #options: TransactionOptions;
  readonly #watcher: Watcher | undefined;
  readonly #admit: Admit | undefined;
  readonly #exchangeOptions: ExchangeOptions;
  readonly #history: Response[] = [];
  #redirects = 0;
  /** How often the request under way was signed anew. */
  #answers = 0;
  /** What signs; another, or none, once the origin that it was for has been left. */
  #auth: Auth | undefined;
  #jobCookies: CookieJar | undefined;
  /** Whether the request came with a Cookie header, which goes before what the jars have. */
  #hasOwnCookie = false;
  /** How long the request under way has waited, in milliseconds. */
  #queued: number;

  /** @param admit may have each request but the first wait for its turn */
  constructor(options: TransactionOptions, watcher?: Watcher, admit?: Admit) {
    this.#options = options;
    this.#watcher = watcher;
    this.#admit = admit;
    this.#auth = options.auth;
    this.#queued = options.queued;
    this.#jobCookies = options.jobCookies?.jar;
    this.#exchangeOptions = {
      timeouts: options.timeouts,
      maxResponseSize: options.maxResponseSize ?? DEFAULT_MAX_RESPONSE_SIZE,
      streaming: options.isStreamed
        ? {
            accepts: (statusCode, rawHeaders) => !this.#isRead(statusCode, rawHeaders),
            maxSize: options.maxResponseSize ?? Infinity,
          }
        : undefined,
    };
  }

  /** To be called once. */
  async send(request: PreparedRequest): Promise<Response> {
    try {
      let current = this.#auth === undefined ? request : await this.#sign(request);
      this.#hasOwnCookie = current.headers.has('Cookie');
      for (let isRepeated = false; ; ) {
        const asking = this.#addCookies(current);
        if (asking !== undefined) await asking;
        const route = this.#options.routeTo(current);
        const exchange = new Exchange(current, this.#exchangeOptions, isRepeated);
        this.#watcher?.watch(exchange, current);
        try {
          const given = this.#receive(await exchange.send(route), exchange, current);
          const response = isPromiseLike(given) ? await given : given;
          const next = this.#next(current, response);
          if (next === undefined) return this.#checked(response);
          this.#history.push(response);
          current = await next;
          isRepeated = false;
        } catch (error) {
          isRepeated = exchange.mayBeRepeated(error);
          if (!isRepeated) {
            exchange.abort(error as Error); // a body that nobody will read
            throw error;
          }
        }
        await this.#waitForTurn(current);
      }
    } finally {
      this.#watcher?.done?.();
    }
  }

  /** At once where the jars have nothing for it. */
  #addCookies(request: PreparedRequest): PromiseLike<void> | undefined {
    const cookies = this.#cookiesFor(request);
    if (isPromiseLike(cookies)) {
      this.#watcher?.watch(PREPARING, request);
      return cookies.then((found) => setCookies(request, found));
    }
    setCookies(request, cookies);
    return undefined;
  }

  /** What has come of a request: at once, unless cookies, a coding or hooks take their time. */
  #receive(reply: Reply, exchange: Exchange, request: PreparedRequest): Awaitable<Response> {
    reply.queued = this.#queued;
    this.#queued = 0;
    const { body } = exchange;
    const stored = this.#store(request, reply);
    if (isPromiseLike(stored) && body instanceof Buffer)
      this.#watcher?.watch(FOLLOWING_UP, request);
    const content = isPromiseLike(stored)
      ? stored.then(() => this.#contentOf(reply, body, request))
      : this.#contentOf(reply, body, request);
    return isPromiseLike(content)
      ? content.then((it) => this.#respond(reply, it, request))
      : this.#respond(reply, content, request);
  }

  #respond(
    reply: Reply,
    content: Buffer | StreamedContent,
    request: PreparedRequest,
  ): Awaitable<Response> {
    const { hooks } = this.#options;
    const history = this.#history.length === 0 ? NO_HISTORY : this.#history.slice();
    const response = new Response(reply, content, request, history);
    if (hooks.length === 0) return response;
    if (content instanceof Buffer) this.#watcher?.watch(FOLLOWING_UP, request);
    return runHooks(hooks, response);
  }

  /** @throws HTTPError if the status is one that will not do */
  #checked(response: Response): Response {
    return this.#options.raisesForStatus ? response.raiseForStatus() : response;
  }

  async #waitForTurn(request: PreparedRequest): Promise<void> {
    const turn = this.#admit?.(request.url);
    if (turn === undefined) return;
    const askedAt = performance.now();
    this.#watcher?.watch({ phase: 'queued', abort: () => turn.cancel() }, request);
    await (this.#watcher?.suspend?.(turn.granted) ?? turn.granted);
    this.#queued += performance.now() - askedAt;
  }

  /** The request to send after it, if it is not the last: for a challenge, or a redirect. */
  #next(request: PreparedRequest, response: Response): Awaitable<PreparedRequest> | undefined {
    if (this.#isAnswered(request, response)) {
      this.#answers++;
      checkResendable(request, response);
      const headers = request.headers.clone();
      if (!this.#hasOwnCookie) headers.delete('Cookie');
      return this.#sign({ ...opened(request), headers });
    }
    const location = this.#locationOf(response);
    return location === undefined ? undefined : this.#redirect(request, response, location);
  }

  #isAnswered(request: PreparedRequest, response: Response): boolean {
    if (response.statusCode !== 401 || !isAuthenticator(this.#auth)) return false;
    const challenges = [...response.headers].filter(isChallenge).map(([, value]) => value);
    return this.#auth.accepts(challenges, request, this.#answers);
  }

  /** An empty Location leads nowhere, as in requests. */
  #locationOf(response: Response): string | undefined {
    const { maxRedirects } = this.#options;
    if (maxRedirects === undefined || !isRedirect(response.statusCode)) return undefined;
    return response.headers.get('location') || undefined;
  }

  #redirect(
    request: PreparedRequest,
    response: Response,
    location: string,
  ): Awaitable<PreparedRequest> {
    const { maxRedirects, sensitiveHeaders, jobCookies, authFor } = this.#options;
    if (this.#redirects++ === maxRedirects) throw tooManyRedirects(request, response, maxRedirects);
    const next = redirected(request, response, location, sensitiveHeaders);
    this.#answers = 0;
    this.#hasOwnCookie = false;
    if (isTrusted(request.url, next.url))
      return isAuthenticator(this.#auth) ? this.#sign(next) : next;
    if (jobCookies?.isBound) this.#jobCookies = undefined;
    this.#auth = authFor(next);
    return this.#auth === undefined ? next : this.#sign(next);
  }

  #sign(request: PreparedRequest): Awaitable<PreparedRequest> {
    if (isAuthenticator(this.#auth)) request.headers.delete('Authorization');
    const signed = authorize(request, this.#auth as Auth);
    if (isPromiseLike(signed)) this.#watcher?.watch(PREPARING, request);
    return signed;
  }

  /** '' for none, or where the request has its own. */
  #cookiesFor(request: PreparedRequest): Awaitable<string> {
    const { cookies } = this.#options;
    if (this.#hasOwnCookie) return '';
    if (this.#jobCookies === undefined) return cookieHeader(cookies, request);
    return cookieHeaderOfBoth(cookies, this.#jobCookies, request.url);
  }

  /** At once, unless a jar takes its time. */
  #store(request: PreparedRequest, { rawHeaders }: Reply): Awaitable<void> {
    const cookies = rawValues(rawHeaders, 'set-cookie');
    if (cookies.length === 0) return undefined;
    const { url } = request;
    const own = this.#jobCookies;
    const stored = storeCookies(this.#options.cookies, url, cookies);
    if (own === undefined) return stored;
    return isPromiseLike(stored)
      ? stored.then(() => storeCookies(own, url, cookies))
      : storeCookies(own, url, cookies);
  }

  #contentOf(
    { statusCode, rawHeaders }: Reply,
    body: Buffer | IncomingBody,
    request: PreparedRequest,
  ): Awaitable<Buffer | StreamedContent> {
    const codings = rawValues(rawHeaders, 'content-encoding');
    const contentEncoding = codings.length === 0 ? '' : codings.join();
    const { maxResponseSize } = this.#options;
    if (body instanceof IncomingBody) {
      const done = () => this.#watcher?.end?.();
      const content = new StreamedContent(body, {
        contentEncoding,
        maxResponseSize,
        request,
        done,
      });
      this.#watcher?.extendTo?.(content.ending);
      return content;
    }
    if (contentEncoding === '' || body.length === 0) return body;
    const limit = maxResponseSize ?? DEFAULT_MAX_RESPONSE_SIZE;
    const content = decodeBody(body, contentEncoding, limit, request);
    // What a redirect has beside its Location is not worth a failure: it stays as it came, if need be.
    return this.#mayGoOn(statusCode) ? content.catch(() => body) : content;
  }

  /** Whether the body of a streamed response is read all the same: for what it is, it is needed. */
  #isRead(statusCode: number, rawHeaders: readonly Buffer[]): boolean {
    if (this.#options.raisesForStatus && statusCode >= 400) return true;
    if (!this.#mayGoOn(statusCode)) return false;
    return !isRedirect(statusCode) || rawValues(rawHeaders, 'location').length > 0;
  }

  /** Whether a response of this status may not be the last. */
  #mayGoOn(statusCode: number): boolean {
    const { maxRedirects } = this.#options;
    if (isRedirect(statusCode)) return maxRedirects !== undefined;
    return statusCode === 401 && isAuthenticator(this.#auth);
  }
}

function isChallenge([name]: readonly [name: string, value: string]): boolean {
  return name.toLowerCase() === 'www-authenticate';
}

function setCookies({ headers }: PreparedRequest, cookies: string): void {
  if (cookies !== '') headers.set('Cookie', cookies);
}

function tooManyRedirects(
  request: PreparedRequest,
  response: Response,
  limit: number,
): TooManyRedirectsError {
  return new TooManyRedirectsError(
    `${request.method} ${request.url}: more than ${limit} redirects`,
    {
      request,
      response,
    },
  );
}
