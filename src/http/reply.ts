import { rawValues } from '../request/headers.js';
import type { IncomingBody } from './incoming-body.js';

/** A response as it came: nothing parsed, nothing decoded. */
export interface Reply {
  readonly statusCode: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly Buffer[];
  /** Whole, or as it comes. */
  body: Buffer | IncomingBody;
  /** From the request to the response's head, in milliseconds. */
  readonly elapsed: number;
}

/** Statuses whose responses end with their heads, whatever these say (RFC 9112 §6.3). */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

export function isBodiless({ statusCode }: Reply): boolean {
  return BODILESS.has(statusCode);
}

/**
 * What is wrong with a body that has ended, if it is not as long as its head says.
 *
 * @param size in bytes, as it was sent
 */
export function shortfallOf(reply: Reply, size: number): Error | undefined {
  const [length = size] = rawValues(reply.rawHeaders, 'content-length');
  if (isBodiless(reply) || Number(length) === size) return undefined;
  return new Error(`the body has ${size} bytes, but its Content-Length is ${length}`);
}
