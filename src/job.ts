import { InvalidJobError, InvalidURLError } from './errors.js';
import type { Hooks } from './http/transaction.js';
import { unknownKey } from './known-keys.js';
import type { Auth } from './request/auth.js';
import type { Data } from './request/body.js';
import type { HeadersInit } from './request/headers.js';
import type { Timeout } from './request/timeouts.js';
import type { Params } from './request/url.js';
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
  /** In place of the session's, and of credentials in the URL. */
  auth?: Auth | undefined;
  /** A body to be sent as JSON. */
  json?: unknown;
  /** A body as it is, or the fields of a form. */
  data?: Data | null | undefined;
  /** @default the session's */
  timeout?: Timeout | undefined;
  /** @default true; for `session.head()` false */
  allowRedirects?: boolean | undefined;
  /** @default the session's */
  maxRedirects?: number | undefined;
  /** Bytes of the body, as sent and decoded. @default the session's */
  maxResponseSize?: number | undefined;
  /** In place of the session's. */
  hooks?: Hooks | undefined;
  /** Makes a status of 400 to 599 an `HTTPError`. @default false */
  raiseForStatus?: boolean | undefined;
  /** Yours: nothing here looks at it. It comes back with the outcome, in `requestKwargs`. */
  context?: unknown;
}

const JOB_KEYS: ReadonlySet<string> = new Set<keyof Job>([
  'url',
  'method',
  'params',
  'headers',
  'auth',
  'json',
  'data',
  'timeout',
  'allowRedirects',
  'maxRedirects',
  'maxResponseSize',
  'hooks',
  'raiseForStatus',
  'context',
]);

/** RFC 9110 §9.1. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

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
  const { url, method, allowRedirects, raiseForStatus } = job as Job;
  if (typeof url !== 'string' && !(url instanceof URL))
    throw new InvalidURLError(`a job needs a url, a string or a URL, got ${show(url)}`);
  if (method !== undefined) checkMethod(method);
  if (allowRedirects !== undefined) checkFlag('allowRedirects', allowRedirects);
  if (raiseForStatus !== undefined) checkFlag('raiseForStatus', raiseForStatus);
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

function checkMethod(method: unknown): void {
  if (typeof method !== 'string' || !METHOD.test(method) || /^connect$/i.test(method))
    throw new InvalidJobError(`method must be a token other than CONNECT, got ${show(method)}`);
}
