import type { CookieJar } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import type { Awaitable, OrNothing } from '../awaitable.js';
import { InvalidJobError, TooManyRedirectsError } from '../errors.js';
import { unknownKey } from '../known-keys.js';
import { isPlainObject } from '../plain-object.js';
import { type Auth, authorize } from '../request/auth.js';
import { cookieHeader, storeCookies } from '../request/cookies.js';
import { decodeBody } from '../request/decoding.js';
import { rawValues } from '../request/headers.js';
import type { PreparedRequest } from '../request/prepared-request.js';
import { show } from '../show.js';
import type { Deadline } from './deadline.js';
import { Exchange, type ExchangeLimits, type Reply } from './exchange.js';
import { isRedirect, redirected } from './redirects.js';
import { Response } from './response.js';

/**
 * Is called with each response, redirects included, before it is followed or handed out. What it
 * returns, if anything, takes the response's place (requests' response hook).
 */
export type ResponseHook = (response: Response) => Awaitable<OrNothing<Response>>;

/** Callbacks by the event that they are called at. */
export interface Hooks {
  readonly response?: ResponseHook | readonly ResponseHook[];
}

/** What the requests of one job share. */
export interface Transaction {
  /** Asked at each hop: a session that is closed meanwhile has another dispatcher then. */
  readonly session: { readonly cookies: CookieJar; readonly dispatcher: Dispatcher };
  /** Signs the first request; the redirected ones keep its signature where they may. */
  readonly auth: Auth | undefined;
  readonly limits: ExchangeLimits;
  /** Undefined if redirects are not to be followed. */
  readonly maxRedirects: number | undefined;
  readonly hooks: readonly ResponseHook[];
  readonly deadline?: Deadline;
}

/** Sends a request, and then those that its redirects ask for (requests' `Session.send`). */
export async function follow(
  request: PreparedRequest,
  transaction: Transaction,
): Promise<Response> {
  const { auth } = transaction;
  const history: Response[] = [];
  for (let current = auth === undefined ? request : await authorize(request, auth); ; ) {
    const response = await hop(current, history.slice(), transaction);
    const location = redirectOf(response, transaction);
    if (location === undefined) return response;
    if (history.length === transaction.maxRedirects) throw tooManyRedirects(current, response);
    history.push(response);
    current = redirected(current, response, location);
  }
}

/** @throws InvalidJobError for an unknown event, or a hook that is no function */
export function hooksOf(hooks: Hooks): readonly ResponseHook[] {
  if (!isPlainObject(hooks))
    throw new InvalidJobError(`hooks must be a record of functions, got ${show(hooks)}`);
  const unknown = unknownKey(hooks, EVENTS);
  if (unknown !== undefined) throw new InvalidJobError(`hooks: ${unknown}`);
  const { response } = hooks;
  if (response === undefined) return NO_HOOKS;
  const all: readonly unknown[] = Array.isArray(response) ? response : [response];
  for (const hook of all)
    if (typeof hook !== 'function')
      throw new InvalidJobError(`hooks.response must be functions, got ${show(hook)}`);
  return all as readonly ResponseHook[];
}

const EVENTS: ReadonlySet<string> = new Set<keyof Hooks>(['response']);
const NO_HOOKS: readonly ResponseHook[] = [];

/** One request and its response, with the cookies of both. */
async function hop(
  request: PreparedRequest,
  history: readonly Response[],
  transaction: Transaction,
): Promise<Response> {
  const { session, limits, hooks, deadline } = transaction;
  if (!request.headers.has('Cookie')) {
    const cookies = cookieHeader(session.cookies, request.url);
    if (cookies !== '') setCookies(request, await cookies);
  }
  const exchange = new Exchange(request, limits);
  deadline?.watch(exchange);
  const reply = await exchange.send(session.dispatcher);
  const cookies = rawValues(reply.rawHeaders, 'set-cookie');
  if (cookies.length > 0) await storeCookies(session.cookies, request.url, cookies);
  const content = await decoded(reply, request, transaction);
  let response = new Response(reply, content, request, history);
  for (const hook of hooks) response = checked((await hook(response)) ?? response);
  return response;
}

function checked(response: Response): Response {
  if (!(response instanceof Response))
    throw new InvalidJobError(
      `hooks.response must return a Response or nothing, got ${show(response)}`,
    );
  return response;
}

function setCookies({ headers }: PreparedRequest, cookies: string): void {
  if (cookies !== '') headers.set('Cookie', cookies);
}

/** What a redirect has beside its Location is not worth a failure: it stays as it came, if need be. */
function decoded(
  { statusCode, rawHeaders, body }: Reply,
  request: PreparedRequest,
  { limits, maxRedirects }: Transaction,
): Buffer | Promise<Buffer> {
  const encodings = rawValues(rawHeaders, 'content-encoding');
  if (encodings.length === 0 || body.length === 0) return body;
  const content = decodeBody(body, encodings.join(), limits.maxResponseSize, request);
  const isFollowed = maxRedirects !== undefined && isRedirect(statusCode);
  return isFollowed ? content.catch(() => body) : content;
}

/** An empty Location leads nowhere, as in requests. */
function redirectOf(response: Response, { maxRedirects }: Transaction): string | undefined {
  if (maxRedirects === undefined || !isRedirect(response.statusCode)) return undefined;
  return response.headers.get('location') || undefined;
}

function tooManyRedirects(request: PreparedRequest, response: Response): TooManyRedirectsError {
  return new TooManyRedirectsError(
    `${request.method} ${request.url}: more than ${response.history.length} redirects`,
    { request, response },
  );
}
