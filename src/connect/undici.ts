/**
 * The parts of undici that are used, each from its own file: its index loads all the rest too
 * (fetch, WebSocket, caches, mocks), and importing this package would take half as long again
 * (docs/decisions.md). A test holds that they are the very same.
 */
import type * as undici from 'undici';
import connect from 'undici/lib/core/connect.js';
import undiciErrors from 'undici/lib/core/errors.js';
import symbols from 'undici/lib/core/symbols.js';
import UndiciAgent from 'undici/lib/dispatcher/agent.js';
import UndiciClient from 'undici/lib/dispatcher/client.js';
import UndiciDispatcher from 'undici/lib/dispatcher/dispatcher.js';

export const Agent: typeof undici.Agent = UndiciAgent;
export const Client: typeof undici.Client = UndiciClient;
export const Dispatcher: typeof undici.Dispatcher = UndiciDispatcher;
export const buildConnector: typeof undici.buildConnector = connect;
export const errors: typeof undici.errors = undiciErrors;
/** How many requests a client has, those that wait included. (Its `stats` are made anew each time.) */
export const sizeOf = (client: undici.Client): number => (client as Sized)[symbols.kSize];
/** The property of a socket that has the HTTP/2 session on it. */
export const kHTTP2Session: unique symbol = symbols.kHTTP2Session as never;

type Sized = undici.Client & { readonly [symbols.kSize]: number };

check('kSize', symbols.kSize in UndiciClient.prototype);
check('kHTTP2Session', symbols.kHTTP2Session !== undefined);

/** Without them nothing would break, but connections would be lost, and short bodies pass for whole. */
function check(name: string, isThere: boolean): void {
  if (!isThere)
    throw new Error(
      `undici has no ${name} any more, which session-pool needs: an older undici is expected`,
    );
}
