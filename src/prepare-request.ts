import type { Job } from './job.js';
import type { Auth } from './request/auth/auth.js';
import type { PreparedBody } from './request/body/body.js';
import type { Headers } from './request/headers.js';
import { AddressedRequest, type PreparedRequest } from './request/prepared-request.js';
import { type Address, addressIn, mergeParams, type Params, prepareURL } from './request/url.js';

/** What the requests of a session have in common. */
export interface RequestDefaults {
  readonly headers: Headers;
  readonly params: Params | undefined;
}

/** A job's first request, not yet authorized. */
export interface UnsignedRequest {
  readonly request: PreparedRequest;
  /** Those that stood in the URL. */
  readonly credentials: Auth | undefined;
}

/**
 * A job over its session's defaults (requests' `Session.prepare_request`).
 *
 * @throws RequestError for a URL or a header that cannot be sent
 */
export function prepareRequest(
  job: Job,
  body: PreparedBody | undefined,
  defaults: RequestDefaults,
): UnsignedRequest {
  const params = mergeParams(defaults.params, job.params);
  const address = params === undefined ? addressIn(job.url) : undefined;
  const { url, credentials } = address === undefined ? prepareURL(job.url, params) : at(address);
  const headers = defaults.headers.clone();
  if (job.headers) headers.merge(job.headers);
  if (body !== undefined) describeBody(body, headers);
  const method = job.method?.toUpperCase() ?? 'GET';
  const content = body?.content;
  const request =
    url instanceof URL
      ? { method, url, headers, body: content }
      : new AddressedRequest(method, url, headers, content);
  return { request, credentials };
}

/** There are no credentials in an address. */
function at(address: Address) {
  return { url: address, credentials: undefined };
}

/** A length that is known beforehand is told, as else the body goes in chunks. */
function describeBody({ content, contentType }: PreparedBody, headers: Headers): void {
  if (contentType !== undefined && !headers.has('Content-Type'))
    headers.set('Content-Type', contentType);
  if (typeof content === 'string' || content instanceof Uint8Array) return;
  if (content.size !== undefined && !headers.has('Content-Length'))
    headers.set('Content-Length', content.size);
}
