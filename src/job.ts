import { checkProxies, type Proxies } from './connect/proxies.js';
import type { Cert, Verify } from './connect/tls.js';
import { InvalidJobError, InvalidURLError } from './errors.js';
import type { Hooks } from './http/hooks.js';
import type { Response } from './http/response.js';
import { unknownKey } from './known-keys.js';
import type { Auth } from './request/auth/auth.js';
import type { Data, Files } from './request/body/body.js';
import type { Cookies } from './request/cookies.js';
import type { HeadersInit } from './request/headers.js';
import { checkMethod } from './request/method.js';
import type { Timeout } from './request/timeouts.js';
import type { Params } from './request/url.js';
import type { Attempt } from './retry/attempt.js';
import type { Retry } from './retry/retry-options.js';
import { jobRules } from './retry/retry-rules.js';
import { show } from './show.js';

/** One request to make: what requests calls the request's keyword arguments. */
export interface Job {
  /** Absolute, http or https. Credentials in it become Basic authorization. */
  url: string | URL;
  /** Any but CONNECT, in any case. @default 'GET' */
  method?: string | undefined;
  /** Added to the URL's query, over the session's. */
  params?: Params | undefined;
  /** Over the session's; null removes one of those. */
  headers?: HeadersInit | undefined;
  /** Over the session's, and not kept: a record goes to the URL's origin alone. */
  cookies?: Cookies | undefined;
  /** In place of the session's, of credentials in the URL, and of netrc's. */
  auth?: Auth | undefined;
  /** A body to be sent as JSON. */
  json?: unknown;
  /** A body as it is, or the fields of a form. */
  data?: Data | null | undefined;
  /** Files to be sent as multipart, after the fields of `data`. */
  files?: Files | undefined;
  /** @default the session's */
  timeout?: Timeout | undefined;
  /** @default true; for `session.head()` false */
  allowRedirects?: boolean | undefined;
  /** @default the session's */
  maxRedirects?: number | undefined;
  /** Bytes of the body, as sent and decoded. @default the session's */
  maxResponseSize?: number | undefined;
  /** Over the session's; null for none at all. */
  proxies?: Proxies | undefined;
  /** @default the session's */
  verify?: Verify | undefined;
  /** @default the session's */
  cert?: Cert | undefined;
  /** Resolves at the response's head: the body comes as it is read. @default false */
  stream?: boolean | undefined;
  /** Ends the request at once when it is aborted, the reading of a streamed body too. */
  signal?: AbortSignal | undefined;
  /** In place of the session's. */
  hooks?: Hooks | undefined;
  /** Makes a status of 400 to 599 an `HTTPError`. @default false */
  raiseForStatus?: boolean | undefined;
  /** When it is tried again, field by field over the pool's. @default the pool's; else not at all */
  retry?: Retry<Attempt<Job, Response>> | undefined;
  /** Of the jobs that a pool has looked at, those of a higher one go first. @default 0 */
  priority?: number | undefined;
  /** Yours: nothing here looks at it. It comes back with the outcome, in `requestKwargs`. */
  context?: unknown;
}

const JOB_KEYS: ReadonlySet<string> = new Set<keyof Job>([
  'url',
  'method',
  'params',
  'headers',
  'cookies',
  'auth',
  'json',
  'data',
  'files',
  'timeout',
  'allowRedirects',
  'maxRedirects',
  'maxResponseSize',
  'proxies',
  'verify',
  'cert',
  'stream',
  'signal',
  'hooks',
  'raiseForStatus',
  'retry',
  'priority',
  'context',
]);

/**
 * @throws InvalidJobError if `job` is not a record, has a key that no job has, or a method that
 * cannot be sent
 * @throws InvalidURLError if it has no URL
 */
export function checkJob(job: unknown): asserts job is Job {
  if (typeof job !== 'object' || job === null || Array.isArray(job))
    throw new InvalidJobError(`a job must be an object with a url, got ${show(job)}`);
  const unknown = unknownKey(job, JOB_KEYS);
  if (unknown !== undefined) throw new InvalidJobError(`job: ${unknown}`);
  checkFields(job as Job);
}

function checkFields(job: Job): void {
  const { url, method, allowRedirects, raiseForStatus, stream, signal, proxies } = job;
  const { retry, priority } = job;
  if (typeof url !== 'string' && !(url instanceof URL))
    throw new InvalidURLError(`a job needs a url, a string or a URL, got ${show(url)}`);
  if (method !== undefined) checkMethod(method);
  if (allowRedirects !== undefined) checkFlag('allowRedirects', allowRedirects);
  if (raiseForStatus !== undefined) checkFlag('raiseForStatus', raiseForStatus);
  if (stream !== undefined) checkFlag('stream', stream);
  if (signal !== undefined) checkSignal(signal);
  if (proxies !== undefined) checkProxies(proxies);
  if (retry !== undefined) jobRules(retry);
  if (priority !== undefined) checkPriority(priority);
}

/** @throws InvalidJobError unless `value` is an integer from 0 on, or Infinity */
export function checkLimit(name: string, value: unknown): void {
  if (value !== Infinity && !(Number.isSafeInteger(value) && (value as number) >= 0))
    throw new InvalidJobError(`${name} must be a whole number from 0 on, got ${show(value)}`);
}

function checkFlag(name: string, value: unknown): void {
  if (typeof value !== 'boolean')
    throw new InvalidJobError(`${name} must be true or false, got ${show(value)}`);
}

function checkSignal(signal: unknown): void {
  if (!(signal instanceof AbortSignal))
    throw new InvalidJobError(`signal must be an AbortSignal, got ${show(signal)}`);
}

function checkPriority(value: unknown): void {
  if (!Number.isFinite(value))
    throw new InvalidJobError(`priority must be a finite number, got ${show(value)}`);
}
