import { randomBytes } from 'node:crypto';
import type { RequestMessage } from '../../message.js';
import type { Headers } from '../headers.js';
import type { Body, BodyStream } from './body-stream.js';
import { ChunkReader, type ChunkSource } from './chunk-reader.js';
import { chunksOf } from './stream-source.js';

/** One field of a form, or one of its files. */
export interface Part {
  readonly name: string;
  /** Undefined for a plain field. */
  readonly filename?: string | undefined;
  /** Those beside Content-Disposition. */
  readonly headers?: Headers | undefined;
  readonly body: Body;
}

/** A piece of a body, as it goes on the wire. */
type Segment = Uint8Array | BodyStream;

/** Up to here a body in memory is sent in one piece; beyond it would be copied for that. */
const SMALL = 1024 * 1024;

/** `multipart/form-data` (RFC 7578), names and filenames as HTML §4.10.21.8 has them. */
export function encodeMultipart(parts: readonly Part[]): { content: Body; contentType: string } {
  const boundary = randomBytes(16).toString('hex');
  return {
    content: joined(segmentsOf(parts, boundary)),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

/** Line breaks as a form has them, CR LF (HTML §4.10.21.8). */
export function withFormLineBreaks(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

/** RFC 2046 §5.1.1. */
function segmentsOf(parts: readonly Part[], boundary: string): Segment[] {
  const segments: Segment[] = [];
  let lineBreak = '';
  for (const { body, ...about } of parts) {
    segments.push(Buffer.from(`${lineBreak}--${boundary}\r\n${headOf(about)}\r\n`));
    segments.push(typeof body === 'string' ? Buffer.from(body) : body);
    lineBreak = '\r\n';
  }
  segments.push(Buffer.from(`${lineBreak}--${boundary}--\r\n`));
  return segments;
}

function headOf({ name, filename, headers }: Omit<Part, 'body'>): string {
  let head = `Content-Disposition: form-data; name="${escaped(withFormLineBreaks(name))}"`;
  if (filename !== undefined) head += `; filename="${escaped(filename)}"`;
  for (const [header, value] of headers ?? []) head += `\r\n${header}: ${value}`;
  return `${head}\r\n`;
}

/** So that no name ends its line, or its quotes. */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

function joined(segments: readonly Segment[]): Body {
  const size = sizeOf(segments);
  if (size !== undefined && size <= SMALL && segments.every(isInMemory))
    return Buffer.concat(segments);
  return {
    size,
    isReplayable: segments.every((segment) => isInMemory(segment) || segment.isReplayable),
    open: (request) => new ChunkReader(new SegmentReader(segments, request)),
  };
}

function sizeOf(segments: readonly Segment[]): number | undefined {
  let sum = 0;
  for (const segment of segments) {
    const size = isInMemory(segment) ? segment.length : segment.size;
    if (size === undefined) return undefined;
    sum += size;
  }
  return sum;
}

function isInMemory(segment: Segment): segment is Uint8Array {
  return segment instanceof Uint8Array;
}

/**
 * Reads segments one after the other. Those that can be opened once are opened at once: so it is
 * known before anything is sent if one cannot be, and all are closed in the end. Of the others one
 * is open at a time.
 */
class SegmentReader implements ChunkSource {
  readonly #request: RequestMessage;
  /** What is still to be read, the next one last. */
  readonly #rest: (Uint8Array | BodyStream | ChunkSource)[] = [];
  /** The stream that is being read. */
  #open: ChunkSource | undefined;

  /** @throws UnrewindableBodyError if one was opened before that can be opened once */
  constructor(segments: readonly Segment[], request: RequestMessage) {
    this.#request = request;
    try {
      for (const segment of segments.toReversed()) this.#rest.push(this.#claimed(segment));
    } catch (error) {
      void this.stop(null);
      throw error;
    }
  }

  async next(): Promise<IteratorResult<unknown>> {
    for (;;) {
      const result = await this.#open?.next();
      if (result?.done === false) return result;
      this.#open = undefined;
      const segment = this.#rest.pop();
      if (segment === undefined) return { done: true, value: undefined };
      if (segment instanceof Uint8Array) return { done: false, value: segment };
      this.#open = 'open' in segment ? this.#opened(segment) : segment;
    }
  }

  async stop(reason: Error | null): Promise<void> {
    const open = [this.#open, ...this.#rest].filter((it) => it !== undefined && 'stop' in it);
    await Promise.allSettled(open.map((source) => source.stop(reason)));
  }

  #claimed(segment: Segment): Segment | ChunkSource {
    return isInMemory(segment) || segment.isReplayable ? segment : this.#opened(segment);
  }

  #opened(segment: BodyStream): ChunkSource {
    return chunksOf(segment.open(this.#request));
  }
}
