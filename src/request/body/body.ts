import { type Awaitable, isPromiseLike } from '../../awaitable.js';
import { InvalidJobError } from '../../errors.js';
import { kindOf } from '../../kind-of.js';
import { isPlainObject } from '../../plain-object.js';
import { encodeForm, type FormFields } from '../form.js';
import { type Body, isBlob } from './body-stream.js';
import { type Content, contentOf } from './content.js';
import { type Files, partsOfFiles } from './files.js';
import { partsOfFields, partsOfFormData } from './form-parts.js';
import { encodeMultipart, type Part } from './multipart.js';
import { isStreamSource } from './stream-source.js';

export type { Files } from './files.js';

/**
 * A request's body: what is sent as it is, or the fields of a form. A FormData is sent as
 * multipart. What is iterable is pairs; an async iterable is text or bytes.
 */
export type Data = Content | FormFields | FormData;

/** What a job says of its body. */
export interface BodyFields {
  readonly data?: Data | null | undefined;
  readonly json?: unknown;
  readonly files?: Files | null | undefined;
}

/** A body as it goes on the wire, and the Content-Type that it asks for. */
export interface PreparedBody {
  readonly content: Body;
  readonly contentType: string | undefined;
}

/**
 * requests' `prepare_body`: `json` is serialised, `files` are sent as multipart, after the fields
 * of `data`; text, bytes and streams go as they are, anything else is a form. Undefined if there is
 * nothing to send; a promise only if a file's size must be asked for.
 *
 * @throws InvalidJobError if two are given that exclude each other, or one cannot be sent
 */
export function prepareBody(fields: BodyFields): Awaitable<PreparedBody | undefined> {
  const { data, json, files } = fields;
  if (json === undefined && isNothing(data) && isNothing(files)) return undefined;
  const parts = isNothing(files) ? [] : partsOfFiles(files);
  if (json !== undefined) return bodyOfJSON(fields, parts.length > 0);
  if (parts.length > 0) return bodyOfParts([...partsOfForm(data), ...parts]);
  return isNothing(data) || data === '' ? undefined : bodyOfData(data);
}

function isNothing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function bodyOfJSON({ data, json }: BodyFields, hasFiles: boolean): PreparedBody {
  if (!isNothing(data)) throw new InvalidJobError('a job has either data or json, got both');
  if (hasFiles) throw new InvalidJobError('a job has either files or json, got both');
  return { content: serialise(json), contentType: 'application/json' };
}

function serialise(json: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(json);
  } catch (cause) {
    throw new InvalidJobError(`json cannot be serialised: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined)
    throw new InvalidJobError(`json cannot be serialised: it is a ${typeof json}`);
  return text;
}

/** What is empty in memory is nothing to send, as in requests. */
function bodyOfData(data: Data): Awaitable<PreparedBody | undefined> {
  const content = contentOf(data, 'data');
  if (content === undefined) return bodyOfForm(data as FormFields | FormData);
  if (content instanceof Uint8Array && content.length === 0) return undefined;
  const contentType = (isBlob(data) && data.type) || undefined;
  return isPromiseLike(content)
    ? content.then((it) => ({ content: it, contentType }))
    : { content, contentType };
}

function bodyOfForm(data: FormFields | FormData): PreparedBody | undefined {
  if (isFormData(data)) return encodeMultipart(partsOfFormData(data));
  if (!isForm(data))
    throw new InvalidJobError(
      'data must be a string, bytes, a Blob, a stream, an async iterable, a function that makes ' +
        `one, FormData, URLSearchParams, a record or pairs, got ${kindOf(data)}`,
    );
  const content = encodeForm(data, 'data');
  return content === '' ? undefined : { content, contentType: 'application/x-www-form-urlencoded' };
}

/** Those of `data`, where there are files too. */
function partsOfForm(data: Data | null | undefined): Part[] {
  if (isNothing(data) || data === '') return [];
  if (!isForm(data))
    throw new InvalidJobError(
      `data must be a record, pairs or URLSearchParams where there are files, got ${kindOf(data)}`,
    );
  return partsOfFields(data);
}

function bodyOfParts(parts: readonly Awaitable<Part>[]): Awaitable<PreparedBody> {
  return parts.some(isPromiseLike)
    ? Promise.all(parts).then(encodeMultipart)
    : encodeMultipart(parts as readonly Part[]);
}

function isFormData(data: unknown): data is FormData {
  return Object.prototype.toString.call(data) === '[object FormData]';
}

/** Other objects than those are not: they would be sent by their fields, if they have any. */
function isForm(data: unknown): data is FormFields {
  if (typeof data !== 'object' || data === null) return false;
  if (isFormData(data) || isStreamSource(data) || ArrayBuffer.isView(data)) return false;
  return Symbol.iterator in data || isPlainObject(data);
}
