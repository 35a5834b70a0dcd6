import { ReadStream } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Awaitable, isPromiseLike } from '../../awaitable.js';
import { InvalidJobError } from '../../errors.js';
import { kindOf } from '../../kind-of.js';
import { unknownKey } from '../../known-keys.js';
import { isPlainObject } from '../../plain-object.js';
import { Headers, type HeadersInit } from '../headers.js';
import { pairsOf } from '../pairs.js';
import { type Body, isBlob } from './body-stream.js';
import { type Content, contentOf } from './content.js';
import { bodyOfPath } from './file-body.js';
import type { Part } from './multipart.js';
import { isStreamSource } from './stream-source.js';

/** What is told of a file. */
interface FileDescription {
  /**
   * Null makes a plain field of it.
   *
   * @default the name of the File or of the path, else the field's
   */
  readonly filename?: string | null | undefined;
  /** @default the type of the Blob, else none */
  readonly contentType?: string | undefined;
  /** Of the part, beside Content-Disposition. */
  readonly headers?: HeadersInit | undefined;
}

/** A file by what is in it. */
export interface FileOfContent extends FileDescription {
  readonly content: Content;
}

/** A file on disk. It is read as it is sent, as far as it went when the job was taken. */
export interface FileOfPath extends FileDescription {
  /** A path, or a `file:` URL. */
  readonly path: string | URL;
}

/** A file to upload: what is in it (a string is its text), or a `file:` URL, or a record with more. */
export type FileInput = Content | URL | FileOfContent | FileOfPath;

/** Files by field, several of them in an array; null and undefined drop the field. */
export type Files =
  | Readonly<Record<string, FileInput | readonly FileInput[] | null | undefined>>
  | Iterable<readonly [field: string, file: FileInput | readonly FileInput[] | null | undefined]>;

const KEYS: ReadonlySet<string> = new Set([
  'content',
  'path',
  'filename',
  'contentType',
  'headers',
] satisfies (keyof FileOfContent | keyof FileOfPath)[]);

/**
 * A part for each file (requests' `_encode_files`); a promise where its size must be asked for.
 *
 * @throws InvalidJobError for what is no file; the promises reject with one for what cannot be read
 */
export function partsOfFiles(files: Files): Awaitable<Part>[] {
  if (!isPlainObject(files) && (typeof files !== 'object' || !(Symbol.iterator in files)))
    throw new InvalidJobError(`files must be a record or pairs, got ${kindOf(files)}`);
  const parts: Awaitable<Part>[] = [];
  for (const [field, values] of pairsOf(files, 'files')) {
    for (const file of Array.isArray(values) ? values : [values])
      if (file !== null && file !== undefined) parts.push(partOf(String(field), file));
  }
  return parts;
}

/** A `FileInput` in one form; just one of content and path is set. */
interface Described extends FileDescription {
  readonly content?: unknown;
  readonly path?: string;
}

function partOf(field: string, file: unknown): Awaitable<Part> {
  const name = `files.${field}`;
  const described = describe(file, name);
  const part = {
    name: field,
    filename: filenameOf(described, field),
    headers: headersOf(described, name),
  };
  const body = bodyOf(described, name);
  if (!isPromiseLike(body)) return { ...part, body };
  const promised = body.then((it) => ({ ...part, body: it }));
  // What is wrong with another file may be told first, and nobody wait for this one.
  promised.then(undefined, () => {});
  return promised;
}

function describe(file: unknown, name: string): Described {
  if (file instanceof URL) return { path: pathOf(file, name) };
  if (!isPlainObject(file) || isStreamSource(file)) return { content: file };
  const record = file as Partial<FileOfContent & FileOfPath>;
  const unknown = unknownKey(record, KEYS);
  if (unknown !== undefined) throw new InvalidJobError(`${name}: ${unknown}`);
  const { path, ...described } = record;
  if ((path === undefined) === (described.content === undefined))
    throw new InvalidJobError(`${name} must have either content or a path`);
  return path === undefined ? described : { ...described, path: pathOf(path, name) };
}

function pathOf(path: unknown, name: string): string {
  if (typeof path === 'string') return path;
  if (!(path instanceof URL))
    throw new InvalidJobError(`${name}.path must be a string or a file: URL, got ${kindOf(path)}`);
  try {
    return fileURLToPath(path);
  } catch (cause) {
    throw new InvalidJobError(`${name} is no path: ${(cause as Error).message}`, { cause });
  }
}

function bodyOf({ content, path }: Described, name: string): Awaitable<Body> {
  if (path !== undefined) return bodyOfPath(path, name);
  const body = contentOf(content, name);
  if (body !== undefined) return body;
  throw new InvalidJobError(
    `${name} must be a string, bytes, a Blob, a stream, an async iterable, a function that ` +
      `makes one, a file: URL, or a record of content or path, got ${kindOf(content)}`,
  );
}

/** requests' `guess_filename`, and the field's name where there is none to guess. */
function filenameOf({ filename, content, path }: Described, field: string): string | undefined {
  if (filename === null) return undefined;
  if (filename === undefined)
    return (path === undefined ? nameOf(content) : basename(path)) || field;
  if (typeof filename === 'string') return filename;
  throw new InvalidJobError(
    `files.${field}.filename must be a string or null, got ${kindOf(filename)}`,
  );
}

function nameOf(source: unknown): string | undefined {
  if (source instanceof ReadStream) return source.path ? basename(String(source.path)) : undefined;
  if (isBlob(source)) return (source as Partial<File>).name;
  return undefined;
}

function headersOf({ headers: init, contentType, content }: Described, name: string): Headers {
  const headers = new Headers(init);
  if (headers.has('Content-Disposition'))
    throw new InvalidJobError(`${name}.headers must not have a Content-Disposition: set filename`);
  if (contentType !== undefined && typeof contentType !== 'string')
    throw new InvalidJobError(`${name}.contentType must be a string, got ${kindOf(contentType)}`);
  if (contentType !== undefined) headers.set('Content-Type', contentType);
  else if (isBlob(content) && content.type !== '' && !headers.has('Content-Type'))
    headers.set('Content-Type', content.type);
  return headers;
}
