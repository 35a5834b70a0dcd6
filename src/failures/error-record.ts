import { types } from 'node:util';
import * as errors from '../errors.js';
import { RequestError } from '../errors.js';
import { kindOf } from '../kind-of.js';
import type { JSONValue } from './json-forms.js';
import { readJSON } from './json-reader.js';
import { mapStrings } from './json-strings.js';
import { JSONWriter } from './json-writer.js';

/**
 * What was thrown: an error, or a value that JSON can carry, or what can be said of another. Just
 * one of them is set.
 */
export interface ThrownRecord {
  readonly error?: ErrorRecord;
  readonly value?: JSONValue;
  readonly described?: string;
}

/** What is kept of an error. */
export interface ErrorRecord {
  /** The class of this package that it is an instance of, the lowest one. */
  readonly class?: string;
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly phase?: string;
  readonly request?: { readonly method: string; readonly url: string };
  readonly response?: {
    readonly statusCode: number;
    readonly statusText: string;
    readonly url: string;
  };
  readonly cause?: ThrownRecord;
  /** Of an AggregateError. */
  readonly errors?: readonly ThrownRecord[];
}

/** How many errors are kept of one outcome: causes, and those of AggregateErrors. */
const MOST = 32;

/** The classes of errors.ts, by their names. */
export const ERROR_CLASSES: ReadonlyMap<string, typeof RequestError> = new Map(
  Object.entries(errors),
);

/** Their names by what their instances have as prototype. */
const CLASS_NAMES: ReadonlyMap<unknown, string> = new Map(
  Array.from(ERROR_CLASSES, ([name, { prototype }]) => [prototype, name]),
);

/**
 * Writes what was thrown, with its causes as far as 32 errors go.
 *
 * @param hide leaves out of a text what is not to be told
 */
export function writeThrown(thrown: unknown, hide: (text: string) => string): ThrownRecord {
  return new ThrownWriter(hide).write(thrown);
}

/** An error of anybody's: what it has beside a name and a message may be anything. */
type AnyError = Error & Readonly<Record<string, unknown>>;

class ThrownWriter {
  readonly #hide: (text: string) => string;
  #left = MOST;

  constructor(hide: (text: string) => string) {
    this.#hide = hide;
  }

  /** A property may be anything, and throw; then what was thrown is described as well. */
  write(thrown: unknown): ThrownRecord {
    try {
      return isError(thrown) ? { error: this.#error(thrown) } : { value: this.#value(thrown) };
    } catch {
      return { described: kindOf(thrown) };
    }
  }

  /** @throws TypeError also if it cannot be read any more without what is hidden in it */
  #value(thrown: unknown): JSONValue {
    const value = mapStrings(new JSONWriter().write(thrown, 'exception'), this.#hide);
    readJSON(value);
    return value;
  }

  #error(error: AnyError): ErrorRecord {
    this.#left--;
    const { name, message, code, phase } = error;
    return {
      ...(error instanceof RequestError && { class: classOf(error) }),
      name: this.#hide(String(name)),
      message: this.#hide(String(message)),
      ...(typeof code === 'string' && { code: this.#hide(code) }),
      ...(Number.isFinite(code) && { code: code as number }),
      ...(typeof phase === 'string' && { phase: this.#hide(phase) }),
      ...this.#messages(error),
      ...this.#below(error),
    };
  }

  #messages({ request, response }: AnyError): Pick<ErrorRecord, 'request' | 'response'> {
    const { method, url } = Object(request);
    const { statusCode, status = statusCode, statusText, url: from } = Object(response);
    return {
      ...(url instanceof URL && {
        request: { method: this.#hide(String(method)), url: this.#hideIn(url) },
      }),
      ...(Number.isInteger(status) && {
        response: {
          statusCode: status,
          statusText: this.#hide(textOf(statusText)),
          url: this.#hide(textOf(from)),
        },
      }),
    };
  }

  /** A secret may be as short as a port, or begin as the URL does: what is left must be one. */
  #hideIn(url: URL): string {
    if (this.#hide(url.href) === url.href) return url.href;
    const shown = new URL(url);
    shown.username = shown.password = '';
    for (const part of ['pathname', 'search', 'hash'] as const) shown[part] = this.#hide(url[part]);
    return shown.href;
  }

  #below({ cause, errors }: AnyError): Pick<ErrorRecord, 'cause' | 'errors'> {
    const isKept = cause !== undefined && this.#left > 0;
    return {
      ...(isKept && { cause: this.write(cause) }),
      ...(Array.isArray(errors) && { errors: this.#each(errors) }),
    };
  }

  #each(errors: readonly unknown[]): ThrownRecord[] {
    const records: ThrownRecord[] = [];
    for (const error of errors) if (this.#left > 0) records.push(this.write(error));
    return records;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || value instanceof URL ? String(value) : '';
}

function isError(thrown: unknown): thrown is AnyError {
  return thrown instanceof Error || types.isNativeError(thrown);
}

/** Of a class of the user's below one of ours, ours. */
function classOf(error: RequestError): string {
  let prototype = Object.getPrototypeOf(error);
  while (!CLASS_NAMES.has(prototype)) prototype = Object.getPrototypeOf(prototype);
  return CLASS_NAMES.get(prototype) as string;
}
