import type { RequestMessage } from '../message.js';
import type { Body } from './body/body-stream.js';
import type { Headers } from './headers.js';
import { type Address, originOf, pathOf } from './url.js';

/** A request ready to be sent, one hop of it (`requests.PreparedRequest`). */
export interface PreparedRequest extends RequestMessage {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Body | undefined;
}

/**
 * One whose URL need not be taken apart, since it is known where it leads. Whoever asks for the URL
 * has it made, as a property like the others.
 */
export class AddressedRequest implements PreparedRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body | undefined;
  /** None once the URL was asked for: it may have been changed since. */
  #address: Address | undefined;

  constructor(method: string, address: Address, headers: Headers, body: Body | undefined) {
    this.method = method;
    this.headers = headers;
    this.body = body;
    this.#address = address;
  }

  get url(): URL {
    return this.open();
  }

  /** Of any request: what was derived from one of these, or stands before it, is none. */
  static addressOf(request: PreparedRequest): Address | undefined {
    return #address in request ? request.#address : undefined;
  }

  /** Makes the URL a property of its own, which it is not yet. */
  open(): URL {
    const value = new URL(hrefOf(this));
    this.#address = undefined;
    Object.defineProperty(this, 'url', { value, enumerable: true, writable: true });
    return value;
  }
}

/** Where a request goes: without asking for its URL, if need be. */
export function addressOf(request: PreparedRequest): Address {
  const known = AddressedRequest.addressOf(request);
  return known ?? { origin: originOf(request.url), path: pathOf(request.url) };
}

/** Its URL as a text: likewise. */
export function hrefOf(request: PreparedRequest): string {
  const known = AddressedRequest.addressOf(request);
  return known === undefined ? request.url.href : known.origin + known.path;
}

/** The same request, with all properties its own, for those who may copy it. */
export function opened(request: PreparedRequest): PreparedRequest {
  if (AddressedRequest.addressOf(request) !== undefined) (request as AddressedRequest).open();
  return request;
}
