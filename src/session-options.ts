import type { CookieJar } from 'tough-cookie';
import type { Dispatcher } from 'undici';
import { checkProxies, type Proxies } from './connect/proxies.js';
import type { Cert, Verify } from './connect/tls.js';
import { type Hooks, hooksOf } from './http/hooks.js';
import { checkLimit } from './job.js';
import { unknownKey } from './known-keys.js';
import { isPlainObject } from './plain-object.js';
import { type Auth, checkAuth } from './request/auth/auth.js';
import { isJar } from './request/cookies.js';
import { Headers, type HeadersInit } from './request/headers.js';
import { resolveTimeouts, type Timeout } from './request/timeouts.js';
import type { Params } from './request/url.js';
import { show } from './show.js';

/** All but `allowH2` can be set on the session later as well. */
export interface SessionOptions {
  /** Over the default ones; null removes one of those. */
  headers?: HeadersInit;
  auth?: Auth;
  params?: Params;
  /** @default a new, empty one */
  cookies?: CookieJar;
  timeout?: Timeout;
  /** @default those of the environment, unless `trustEnv` is false */
  proxies?: Proxies;
  /** Whether a server's certificate is checked; or the CAs to check it with. @default true */
  verify?: Verify;
  /** The client's certificate. */
  cert?: Cert;
  /** Whether proxies and netrc are taken from the environment. @default true */
  trustEnv?: boolean;
  /** @default 30 */
  maxRedirects?: number;
  /** In bytes. @default 134_217_728, that is 128 MiB; for a streamed body none */
  maxResponseSize?: number;
  /** More headers that do not follow a redirect to another origin. */
  sensitiveHeaders?: readonly string[];
  hooks?: Hooks;
  /** Whether HTTP/2 is offered to https servers. @default false */
  allowH2?: boolean;
  dispatcher?: Dispatcher;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof SessionOptions>([
  'headers',
  'auth',
  'params',
  'cookies',
  'timeout',
  'proxies',
  'verify',
  'cert',
  'trustEnv',
  'maxRedirects',
  'maxResponseSize',
  'sensitiveHeaders',
  'hooks',
  'allowH2',
  'dispatcher',
]);

/** @throws TypeError for an unknown option; RequestError for a value that no job could have */
export function checkSessionOptions(options: SessionOptions): void {
  if (!isPlainObject(options))
    throw new TypeError(`Session takes a record of options, got ${show(options)}`);
  const unknown = unknownKey(options, OPTIONS);
  if (unknown !== undefined) throw new TypeError(`Session: ${unknown}`);
  const { cookies, proxies, maxRedirects, maxResponseSize } = options;
  if (cookies !== undefined && !isJar(cookies))
    throw new TypeError(`cookies must be a CookieJar, got ${show(cookies)}`);
  if (maxRedirects !== undefined) checkLimit('maxRedirects', maxRedirects);
  if (maxResponseSize !== undefined) checkLimit('maxResponseSize', maxResponseSize);
  if (proxies !== undefined) checkProxies(proxies);
  resolveTimeouts(options.timeout);
  checkNames(options.sensitiveHeaders ?? []);
  if (options.auth !== undefined) checkAuth(options.auth);
  if (options.hooks !== undefined) hooksOf(options.hooks);
  checkFlags(options);
  checkDispatcher(options);
}

/** @throws InvalidHeaderError for what is no name */
function checkNames(names: unknown): void {
  if (!Array.isArray(names))
    throw new TypeError(`sensitiveHeaders must be an array of names, got ${show(names)}`);
  new Headers(names.map((name) => [name, '']));
}

function checkFlags(options: SessionOptions): void {
  for (const name of ['trustEnv', 'allowH2'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`${name} must be true or false, got ${show(value)}`);
  }
}

/** What a dispatcher does is its own to say. */
function checkDispatcher(options: SessionOptions): void {
  if (options.dispatcher === undefined) return;
  for (const name of ['proxies', 'verify', 'cert', 'allowH2'] as const)
    if (options[name] !== undefined)
      throw new TypeError(`a session with a dispatcher of its own can have no ${name}`);
}
