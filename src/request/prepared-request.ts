import type { RequestMessage } from '../message.js';
import type { Body } from './body/body-stream.js';
import type { Headers } from './headers.js';

/** A request ready to be sent, one hop of it (`requests.PreparedRequest`). */
export interface PreparedRequest extends RequestMessage {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Body | undefined;
}
