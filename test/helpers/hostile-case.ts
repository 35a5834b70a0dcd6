import type { Socket } from 'node:net';
import { expect } from 'vitest';
import {
  type Job,
  ProtocolError,
  ReadTimeoutError,
  type RequestError,
  type Response,
  Session,
} from '../../src/index.js';
import { type Script, startHostileServer } from './hostile-server.js';
import { MemoryWatch } from './memory.js';

type Outcome = PromiseSettledResult<Response>;

/** Throws unless the outcome is as expected. */
export type Ends = (outcome: Outcome) => void;

interface CaseOptions {
  readonly job?: Partial<Job>;
  /** What the server does with its first connection before it has received anything. */
  readonly onAccept?: (socket: Socket) => void;
  /** By how many MB at most the process may grow meanwhile. @default 100 */
  readonly growth?: number;
}

/** A row of a table: one job, what the server does at it, and what it has to end with. */
export type HostileCase = [name: string, script: Script, ends: Ends, options?: CaseOptions];

/** Far more than any case needs that does not wait for a timeout of its own. */
const TIMEOUT = { connect: 4_000, read: 4_000, total: 8_000 };

/**
 * Sends the job. Its outcome is checked, then that the next job of the same session has its own
 * answer, and last that no connection is left open.
 */
export async function play(
  _: string,
  script: Script,
  ends: Ends,
  { job, onAccept, growth = 100 }: CaseOptions = {},
): Promise<void> {
  const server = await startHostileServer(script, {
    onAccept: (socket) => server.connections === 1 && onAccept?.(socket),
  });
  const session = new Session({ timeout: TIMEOUT });
  const memory = new MemoryWatch();
  const [outcome] = await Promise.allSettled([
    wholeOf(session.request({ url: server.url, ...job })),
  ]);
  expect(memory.stop()).toBeLessThan(growth);
  ends(outcome);
  await expectUnharmed(session, server);
  await session.close();
  await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
}

/** A streamed response is read to its end. */
export async function wholeOf(request: Promise<Response>): Promise<Response> {
  const response = await request;
  await response.bytes();
  return response;
}

let asked = 0;

/** The session's next job has the answer that is meant for it, on whatever connection. */
export async function expectUnharmed(session: Session, { url }: { url: string }): Promise<void> {
  const path = `/ok/${++asked}`;
  const response = await session.get(url + path);
  expect([response.statusCode, await response.text()]).toEqual([200, path]);
}

/** An error of this very class; its message may be looked at as well. */
export function fails(ErrorClass: typeof RequestError, code: string | RegExp, message = ''): Ends {
  return (outcome) => {
    if (outcome.status === 'fulfilled') expect.fail(`there was a ${outcome.value.statusCode}`);
    const { reason } = outcome;
    expect([reason.name, reason.code]).toEqual([
      ErrorClass.name,
      typeof code === 'string' ? code : expect.stringMatching(code),
    ]);
    expect(reason.constructor).toBe(ErrorClass);
    expect(reason.message).toContain(message);
  };
}

/** A response of this status and text, which may be looked at more closely. */
export function gives(statusCode: number, body: string, look?: (response: Response) => void): Ends {
  return (outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    const { value: response } = outcome;
    expect([response.statusCode, response.content.toString()]).toEqual([statusCode, body]);
    look?.(response);
  };
}

/** What undici's parser refuses: it gives no code, but a reason. */
export function malformed(reason: string): Ends {
  return fails(ProtocolError, 'ERR_PROTOCOL', `(${reason})`);
}

/** What undici says of anything that is wrong where a length was given that is not met. */
export const miscounted = fails(ProtocolError, 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH');

/** The connection was closed before the response was whole. */
export const cutOff = fails(ProtocolError, 'UND_ERR_SOCKET');

/** The headers, or the trailers, were longer than what is read of them. */
export const overflown = fails(ProtocolError, 'UND_ERR_HEADERS_OVERFLOW');

/** Nothing came for `timeout.read`. */
export const silent = fails(ReadTimeoutError, 'ERR_READ_TIMEOUT');

/** For the cases that end with it. */
export const SOON = { job: { timeout: { read: 100 } } };
