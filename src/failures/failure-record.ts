import { unknownKey } from '../known-keys.js';
import { show } from '../show.js';
import { type ThrownRecord, writeThrown } from './error-record.js';
import { writeJob } from './job-record.js';
import type { JSONValue } from './json-forms.js';
import { readJSON } from './json-reader.js';
import { readThrown } from './revived-error.js';

/** What a `ThreadException` is as JSON, to be read by `ThreadException.fromJSON()` alone. */
export interface FailureRecord {
  readonly kind: 'exception';
  readonly version: 1;
  readonly index: number;
  readonly attempts: number;
  readonly requestKwargs: JSONValue;
  readonly exception: ThrownRecord;
  /** The names of what was left out, such as `auth` and `headers.authorization`. */
  readonly withheld: readonly string[];
}

export interface FailureRecordOptions {
  /** Keeps credentials: whoever can read the file has them. @default false */
  readonly credentials?: boolean | undefined;
}

/** What of a `ThreadException` is kept. */
export interface Failure {
  readonly requestKwargs: unknown;
  readonly exception: unknown;
  readonly index: number;
  readonly attempts: number;
  /** Is not kept, but knows which of its headers are secret. */
  readonly session?: unknown;
}

const VERSION = 1;
const KEYS: ReadonlySet<string> = new Set(['credentials'] satisfies (keyof FailureRecordOptions)[]);
const NOTHING: readonly string[] = [];

/** What the jobs that were read here are without. */
const withheld = new WeakMap<object, readonly string[]>();

/** The names of what was left out when this very job was written. */
export function withheldFrom(job: unknown): readonly string[] {
  return withheld.get(Object(job)) ?? NOTHING;
}

/**
 * Writes a failure so that JSON carries it.
 *
 * @throws TypeError for a job that JSON cannot carry, with the name of the field
 */
export function writeFailure(
  { requestKwargs: job, exception, index, attempts, session }: Failure,
  options: FailureRecordOptions,
): FailureRecord {
  const withCredentials = checkedOptions(options).credentials ?? false;
  const { requestKwargs, withheld, secrets } = writeJob(job, withCredentials, session);
  return {
    kind: 'exception',
    version: VERSION,
    index,
    attempts,
    requestKwargs,
    exception: writeThrown(exception, withCredentials ? String : (text) => secrets.hide(text)),
    withheld: [...new Set([...withheldFrom(job), ...withheld])],
  };
}

/**
 * Reads what `writeFailure` wrote.
 *
 * @param input the record, or its text
 * @throws TypeError if it is none, or of another version
 */
export function readFailure(input: unknown): Failure {
  const record = checked(typeof input === 'string' ? parse(input) : input);
  try {
    const { index, attempts } = record;
    const requestKwargs = readJSON(record.requestKwargs);
    withheld.set(Object(requestKwargs), record.withheld);
    return { requestKwargs, exception: readThrown(record.exception), index, attempts };
  } catch (cause) {
    throw refusal((cause as Error).message, cause);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw refusal('its text is not JSON', cause);
  }
}

function checked(record: unknown): FailureRecord {
  const { kind, version, index, attempts, requestKwargs, withheld } = Object(record);
  if (kind !== 'exception')
    throw refusal(`a record of kind "exception" expected, got ${show(record)}`);
  if (version !== VERSION) throw refusal(`version ${VERSION} expected, got ${show(version)}`);
  if (!(Number.isSafeInteger(index) && index >= -1))
    throw refusal(`index must be a whole number from -1 on, got ${show(index)}`);
  if (!(Number.isSafeInteger(attempts) && attempts >= 0))
    throw refusal(`attempts must be a whole number from 0 on, got ${show(attempts)}`);
  if (requestKwargs === undefined) throw refusal('requestKwargs expected, got none');
  if (!(Array.isArray(withheld) && withheld.every((name) => typeof name === 'string')))
    throw refusal(`withheld must be an array of names, got ${show(withheld)}`);
  return record as FailureRecord;
}

function refusal(what: string, cause?: unknown): TypeError {
  return new TypeError(
    `no ThreadException can be made of this: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

function checkedOptions(options: FailureRecordOptions): FailureRecordOptions {
  const unknown = unknownKey(options, KEYS);
  if (unknown !== undefined) throw new TypeError(`toJSON: ${unknown}`);
  const { credentials = false } = options;
  if (typeof credentials !== 'boolean')
    throw new TypeError(`credentials must be true or false, got ${show(credentials)}`);
  return options;
}
