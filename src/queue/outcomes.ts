import type { RequestError } from '../errors.js';
import {
  type FailureRecord,
  type FailureRecordOptions,
  readFailure,
  withheldFrom,
  writeFailure,
} from '../failures/failure-record.js';
import type { Job } from '../job.js';
import { showThrough } from './show-through.js';

/** What a job ended in. */
export type Outcome<J, R = unknown, E = unknown, S = unknown> =
  | ThreadResponse<J, R, S>
  | ThreadException<J, E, S>;

/**
 * A response and the job that it answers. Has every property and method of the response beside
 * its own, so that it can be used as if it were the response; its own go first.
 */
export type ThreadResponse<J, R, S = unknown> = ResponseWrapper<J, R, S> &
  Shown<R, ResponseWrapper<J, R, S>>;

/** The properties of a `ThreadResponse` itself. */
interface ResponseWrapper<J, R, S> {
  readonly kind: 'response';
  /** The very object that was queued. */
  readonly requestKwargs: J;
  /** The response itself. */
  readonly response: R;
  /** The job's place in the source, from 0; -1 if it came from none. */
  readonly index: number;
  /** How often the job was sent, retries included; 0 if it was aborted before. */
  readonly attempts: number;
  /** The one that ran it, the last time; undefined if none did. */
  readonly session: S | undefined;
}

/**
 * What was thrown while a job ran, and that job. Has every property and method of the exception
 * beside its own, so that it can be used as if it were the exception; its own go first.
 */
export type ThreadException<J, E, S = unknown> = ExceptionWrapper<J, E, S> &
  Shown<E, ExceptionWrapper<J, E, S>>;

/** The properties of a `ThreadException` itself. */
interface ExceptionWrapper<J, E, S> {
  readonly kind: 'exception';
  /** The very object that was queued. */
  readonly requestKwargs: J;
  /** What was thrown: an error, or whatever a callback or a custom session throws. */
  readonly exception: E;
  /** The job's place in the source, from 0; -1 if it came from none. */
  readonly index: number;
  /** How often the job was sent, retries included; 0 if it was aborted before. */
  readonly attempts: number;
  /** The one that ran it, the last time; undefined if none did. */
  readonly session: S | undefined;
  /**
   * The names of what was left out of the job when it was written as JSON, such as `auth`,
   * `headers.authorization`, and `url` for credentials in it; none if it never was.
   */
  readonly withheld: readonly string[];
  /**
   * A record of it, for `fromJSON()`: `JSON.stringify(exception)` makes a line of it. A job's
   * credentials are left out unless they are asked for, in messages too: `auth`, `cookies`, `cert`,
   * those in the URL and in `proxies`, headers whose names say so, the `sensitiveHeaders` of
   * `session`, and fields of another session's job whose names say so, at any depth. What is in a
   * query, a body or `context` stays. So does `json` as it is sent. `signal` is left out.
   *
   * @throws TypeError, with the name of the field, for what JSON cannot carry: functions, streams,
   * Blobs, instances of your own classes
   */
  toJSON(options?: FailureRecordOptions | string): FailureRecord;
}

/** What shows of a wrapped value: all that has no name of the wrapper's own. */
// biome-ignore lint/suspicious/noConfusingVoidType: a session may return nothing
type Shown<T, Own> = T extends void | null | undefined
  ? unknown
  : [keyof T & keyof Own] extends [never]
    ? T
    : Omit<T, keyof Own>;

type ThreadResponseConstructor = new <J, R, S = unknown>(
  requestKwargs: J,
  response: R,
  index?: number,
  attempts?: number,
  session?: S,
) => ThreadResponse<J, R, S>;

interface ThreadExceptionConstructor {
  new <J, E, S = unknown>(
    requestKwargs: J,
    exception: E,
    index?: number,
    attempts?: number,
    session?: S,
  ): ThreadException<J, E, S>;
  /**
   * What `toJSON()` wrote: a job that can be sent as it was, but for what was withheld, and its
   * exception, one of its class again where that is of this package. Of a request and a response
   * that the exception has, the body and the headers are not there.
   *
   * @param record the record, or its line of text
   * @throws TypeError if it is none, or of a version that is not known
   */
  fromJSON<J = Job, E = RequestError>(record: unknown): ThreadException<J, E>;
}

/** Asks a wrapper for its class, since to `instanceof` it looks like the wrapped object. */
const WRAPPER = Symbol('wrapper');

export const ThreadResponse = class ThreadResponse {
  readonly kind = 'response';
  /** Private, so that whoever logs or serializes the outcome does not do that to its session. */
  readonly #session: unknown;

  get session(): unknown {
    return this.#session;
  }

  get [WRAPPER](): unknown {
    return ThreadResponse;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return wrapperOf(value) === ThreadResponse;
  }

  constructor(
    readonly requestKwargs: unknown,
    readonly response: unknown,
    readonly index = -1,
    readonly attempts = 1,
    session?: unknown,
  ) {
    this.#session = session;
    // biome-ignore lint/correctness/noConstructorReturn: the response shows through
    return new Proxy<this>(this, showThrough);
  }
} as unknown as ThreadResponseConstructor;

export const ThreadException = class ThreadException {
  readonly kind = 'exception';
  /** Private, so that whoever logs or serializes the outcome does not do that to its session. */
  readonly #session: unknown;

  get session(): unknown {
    return this.#session;
  }

  get [WRAPPER](): unknown {
    return ThreadException;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return wrapperOf(value) === ThreadException;
  }

  constructor(
    readonly requestKwargs: unknown,
    readonly exception: unknown,
    readonly index = -1,
    readonly attempts = 1,
    session?: unknown,
  ) {
    this.#session = session;
    // biome-ignore lint/correctness/noConstructorReturn: the exception shows through
    return new Proxy<this>(this, showThrough);
  }

  static fromJSON(record: unknown): ThreadException {
    const { requestKwargs, exception, index, attempts } = readFailure(record);
    return new ThreadException(requestKwargs, exception, index, attempts);
  }

  get withheld(): readonly string[] {
    return withheldFrom(this.requestKwargs);
  }

  /** `JSON.stringify` passes the key that it has it under. */
  toJSON(options: FailureRecordOptions | string = {}): FailureRecord {
    return writeFailure(this, typeof options === 'string' ? {} : options);
  }
} as unknown as ThreadExceptionConstructor;

function wrapperOf(value: unknown): unknown {
  return (value as { readonly [WRAPPER]?: unknown } | null | undefined)?.[WRAPPER];
}
