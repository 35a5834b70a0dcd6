import type { RequestMessage, ResponseMessage } from '../message.js';
import { show } from '../show.js';
import { ERROR_CLASSES } from './error-record.js';
import { readJSON } from './json-reader.js';

/** How deep errors may lie in each other; more is not written. */
const DEEPEST = 32;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What was thrown, as far as its record tells: an error of this package is one of its class again,
 * any other an Error or an AggregateError of its name. Its stack is lost.
 *
 * @throws TypeError if `record` is none
 */
export function readThrown(record: unknown, depth = 0): unknown {
  const { error, value, described } = fieldsOf(record, 'what was thrown');
  if (depth > DEEPEST) throw new TypeError(`errors lie at most ${DEEPEST} deep in each other`);
  if (error !== undefined) return readError(fieldsOf(error, 'an error'), depth);
  if (described !== undefined)
    return named(new Error(`a value that is not kept: ${text(described, 'described')}`), 'Error');
  if (value === undefined)
    throw new TypeError('an error, a value or what described it is expected');
  return readJSON(value);
}

function readError(record: Fields, depth: number): Error {
  const { name, phase, code } = record;
  if (typeof code !== 'number' && code !== undefined) text(code, 'code');
  const error = record.class === undefined ? otherError(record, depth) : ownError(record, depth);
  if (phase !== undefined && Object(error).phase !== phase)
    Object.assign(error, { phase: text(phase, 'phase') });
  return named(error, text(name, 'name'));
}

function ownError(record: Fields, depth: number): Error {
  const { class: name, message, code, request, response } = record;
  const ofClass = ERROR_CLASSES.get(text(name, 'class'));
  if (ofClass === undefined) throw new TypeError(`${show(name)} is no class of errors`);
  const options = {
    ...causeOf(record, depth),
    code: code as string | undefined,
    request: request === undefined ? undefined : new KeptRequest(fieldsOf(request, 'request')),
    response: response === undefined ? undefined : new KeptResponse(fieldsOf(response, 'response')),
  };
  return new ofClass(text(message, 'message'), options);
}

function otherError(record: Fields, depth: number): Error {
  const { message, code, errors, response } = record;
  const options = causeOf(record, depth);
  const said = text(message, 'message');
  if (errors !== undefined && !Array.isArray(errors))
    throw new TypeError(`errors must be an array, got ${show(errors)}`);
  const error = errors
    ? new AggregateError(
        errors.map((each) => readThrown(each, depth + 1)),
        said,
        options,
      )
    : new Error(said, options);
  if (code !== undefined) Object.assign(error, { code });
  if (response !== undefined)
    Object.assign(error, { response: new KeptResponse(fieldsOf(response, 'response')) });
  return error;
}

function causeOf({ cause }: Fields, depth: number): { cause?: unknown } {
  return cause === undefined ? {} : { cause: readThrown(cause, depth + 1) };
}

/** The name as it was, and no stack: it would be that of the reading. */
function named(error: Error, name: string): Error {
  if (error.name !== name)
    Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  error.stack = `${name}: ${error.message}`;
  return error;
}

/** What is kept of a request. */
class KeptRequest implements RequestMessage {
  readonly method: string;
  readonly url: URL;

  constructor({ method, url }: Fields) {
    this.method = text(method, 'request.method');
    const href = text(url, 'request.url');
    if (!URL.canParse(href)) throw new TypeError(`request.url must be a URL, got ${show(url)}`);
    this.url = new URL(href);
  }

  get headers(): never {
    throw new TypeError('the headers of this request are not kept in JSON');
  }
}

/** What is kept of a response. */
class KeptResponse implements ResponseMessage {
  readonly statusCode: number;
  readonly statusText: string;
  readonly url: string;

  constructor({ statusCode, statusText, url }: Fields) {
    if (!Number.isInteger(statusCode))
      throw new TypeError(`response.statusCode must be a whole number, got ${show(statusCode)}`);
    this.statusCode = statusCode as number;
    this.statusText = text(statusText, 'response.statusText');
    this.url = text(url, 'response.url');
  }

  get headers(): never {
    throw new TypeError('the headers of this response are not kept in JSON');
  }

  get content(): never {
    throw new TypeError('the body of this response is not kept in JSON');
  }

  async text(): Promise<never> {
    return this.content;
  }

  async json(): Promise<never> {
    return this.content;
  }
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new TypeError(`${name} must be a record, got ${show(value)}`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} must be a string, got ${show(value)}`);
}
