import { Readable } from 'node:stream';
import { Response } from './http/response.js';

/** Where the responses of others have their streams: fetch's and undici's, axios', what people write. */
const STREAMS = ['body', 'data', 'content'] as const;

/**
 * Gives up a response that nobody will have, and the connection that its stream may hold: one of
 * ours, or one of somebody else's that is or has a stream of Node or the web. What that throws is
 * nobody's: the job has another outcome.
 */
export function discard(response: unknown): void {
  try {
    if (response instanceof Response) response.close();
    else if (!giveUp(response))
      for (const name of STREAMS) giveUp((Object(response) as Record<string, unknown>)[name]);
  } catch {}
}

function giveUp(stream: unknown): boolean {
  if (stream instanceof Readable) stream.on('error', ignore).destroy();
  else if (stream instanceof ReadableStream) stream.cancel().catch(ignore);
  else return false;
  return true;
}

function ignore(): void {}
