import type { RequestMessage } from '../../src/index.js';
import { type BodyFields, type PreparedBody, prepareBody } from '../../src/request/body/body.js';
import type { BodyStream } from '../../src/request/body/body-stream.js';

/** The request that the errors of a body name. */
export const REQUEST: RequestMessage = {
  method: 'POST',
  url: new URL('http://127.0.0.1/upload'),
  headers: new Headers(),
};

/** The body of a job that has one. */
export async function prepared(fields: BodyFields): Promise<PreparedBody> {
  const body = await prepareBody(fields);
  if (body === undefined) throw new Error('the job has no body');
  return body;
}

/** The body of a job, which is sent as it is read. */
export async function streamed(fields: BodyFields): Promise<BodyStream> {
  const { content } = await prepared(fields);
  if (typeof content === 'string' || content instanceof Uint8Array)
    throw new Error('the body is in memory');
  return content;
}

/** What goes on the wire; of a stream what it gives when it is opened now, which must be bytes. */
export async function sent({ content }: Pick<PreparedBody, 'content'>): Promise<Buffer> {
  if (typeof content === 'string' || content instanceof Uint8Array) return Buffer.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.open(REQUEST)) {
    if (!(chunk instanceof Uint8Array)) throw new Error(`a chunk is a ${typeof chunk}`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (content.size !== undefined && content.size !== bytes.length)
    throw new Error(`a body of ${content.size} bytes has ${bytes.length}`);
  return bytes;
}
