import { UnrewindableBodyError } from '../../errors.js';
import type { RequestMessage, ResponseMessage } from '../../message.js';
import { wasOpened } from './stream-source.js';

/** What came of the attempt that read the body. */
interface LastAttempt {
  readonly response: unknown;
  readonly exception: unknown;
}

/**
 * The error of a job that would be sent again, but whose body was read and can be read only once;
 * undefined if it can be sent. What came of the attempt before is its `response`, or its `cause`.
 */
export function spentBodyError(
  job: unknown,
  { response, exception }: LastAttempt,
): UnrewindableBodyError | undefined {
  const { data, files } = Object(job) as { readonly data?: unknown; readonly files?: unknown };
  if (!wasOpened(data) && !sourcesOf(files).some(wasOpened)) return undefined;
  const last = Object(response ?? exception) as {
    readonly request?: RequestMessage;
    readonly response?: ResponseMessage;
  };
  const { request } = last;
  const subject = request === undefined ? '' : `${request.method} ${request.url}: `;
  return new UnrewindableBodyError(
    `${subject}the job cannot be sent again: its body was read, and can be read only once; pass a ` +
      'function that makes the stream',
    {
      cause: exception,
      request,
      response: (response as ResponseMessage | undefined) ?? last.response,
    },
  );
}

/** What the parts of a multipart body are made of; of pairs, if they can be read again. */
function sourcesOf(files: unknown): unknown[] {
  const pairs = isRepeatable(files) ? [...files] : Object.entries(Object(files) as object);
  return pairs
    .flatMap((pair) => (Array.isArray(pair) ? pair.slice(1).flat() : []))
    .map((file) => (Object(file) as { readonly content?: unknown }).content ?? file);
}

/** An iterator gives itself. */
function isRepeatable(files: unknown): files is Iterable<unknown> {
  const iterable = Object(files) as Partial<Iterable<unknown>>;
  return typeof iterable[Symbol.iterator] === 'function' && iterable[Symbol.iterator]?.() !== files;
}
