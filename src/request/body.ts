import { types } from 'node:util';
import { InvalidJobError } from '../errors.js';
import { isPlainObject } from '../plain-object.js';
import { encodeForm, type FormFields } from './form.js';

/** A request's body: text, bytes, or the fields of a form. */
export type Data = string | ArrayBuffer | ArrayBufferView | FormFields;

/** A body as it goes on the wire, and the Content-Type that it asks for. */
export interface PreparedBody {
  readonly content: string | Uint8Array;
  readonly contentType: string | undefined;
}

/**
 * requests' `prepare_body`: `json` is serialised, text and bytes go as they are, anything else is
 * a form. Undefined if there is nothing to send.
 *
 * @throws InvalidJobError if both are given, or one cannot be sent
 */
export function prepareBody(
  data: Data | null | undefined,
  json: unknown,
): PreparedBody | undefined {
  if (json !== undefined) {
    if (data !== undefined && data !== null)
      throw new InvalidJobError('a job has either data or json, got both');
    return { content: serialise(json), contentType: 'application/json' };
  }
  if (data === undefined || data === null || data === '') return undefined;
  if (typeof data === 'string') return { content: data, contentType: undefined };
  if (typeof data !== 'object') throw notSendable(data);
  if (types.isAnyArrayBuffer(data))
    return { content: new Uint8Array(data), contentType: undefined };
  if (ArrayBuffer.isView(data)) return { content: bytesOf(data), contentType: undefined };
  return {
    content: encodeForm(formOf(data), 'data'),
    contentType: 'application/x-www-form-urlencoded',
  };
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

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Records and pairs are forms; a stream or a Blob is not, nor a FormData, which asks for multipart. */
function formOf(data: FormFields): FormFields {
  if (Object.prototype.toString.call(data) === '[object FormData]') throw notSendable(data);
  if (data instanceof URLSearchParams || Symbol.iterator in data) return data;
  if (isPlainObject(data)) return data;
  throw notSendable(data);
}

function notSendable(data: unknown): InvalidJobError {
  const got = typeof data === 'object' ? (data?.constructor?.name ?? 'an object') : typeof data;
  return new InvalidJobError(
    `data must be a string, bytes, URLSearchParams, a record or pairs, got ${got}`,
  );
}
