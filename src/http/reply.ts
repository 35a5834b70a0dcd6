import { rawValues } from '../request/headers.js';

/** The head of a response as it came, and the times that it took, in milliseconds. */
export interface Reply {
  readonly statusCode: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly Buffer[];
  /** From the request to the response's head. */
  readonly elapsed: number;
  /** That of it which went by before there was a connection. */
  readonly connectTime: number;
  /** From the head to the end of the body, set when that has come. */
  bodyTime: number | undefined;
  /** How long the request had waited before. */
  queued: number;
}

/** Where the time of a response went, in milliseconds. */
export interface Timings {
  /** It waited for its turn, before it was sent: in its pool, or for a rate limit. */
  readonly queued: number;
  /** Until it had a connection: name look-up, TCP, the proxy, TLS. 0 on one that was in use before. */
  readonly connect: number;
  /** From then to the response's head. */
  readonly firstByte: number;
  /** From the head to the end of the body; undefined while a streamed one has not ended. */
  readonly body: number | undefined;
}

export function timingsOf({ queued, connectTime, elapsed, bodyTime }: Reply): Timings {
  return { queued, connect: connectTime, firstByte: elapsed - connectTime, body: bodyTime };
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
