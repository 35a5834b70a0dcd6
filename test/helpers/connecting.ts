import type { Socket } from 'node:net';
import { Client } from 'undici';
import { onTestFinished } from 'vitest';
import type { Connector } from '../../src/connect/connectors.js';

/** A connect under way. */
export interface Connecting {
  /** What the connector returned, to give it up. */
  readonly socket: Socket;
  /** What it calls back with. */
  readonly connected: Promise<Socket>;
}

/** Has a connector connect to a URL's server, as undici would; what it opens is gone with the test. */
export function connect(connector: Connector, url: string): Connecting {
  const { protocol, host, hostname, port } = new URL(url);
  const target = { protocol, host, hostname: hostname.replace(/^\[|\]$/g, ''), port };
  let socket!: Socket;
  const connected = new Promise<Socket>((resolve, reject) => {
    socket = connector(target, (...[error, ready]) => {
      if (error === null) resolve(ready);
      else reject(error);
    });
  });
  // Who gives it up need not look at it.
  connected.catch(() => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  return { socket, connected };
}

/**
 * Gets a URL through a connector, and gives the body.
 *
 * @param origin what the connector is asked for; the request's target is then in absolute form
 */
export async function get(connector: Connector, url: string, origin?: string): Promise<string> {
  const target = new URL(url);
  const client = new Client(origin ?? target.origin, { connect: connector });
  onTestFinished(() => client.destroy());
  const { body } = await client.request({
    method: 'GET',
    path: origin === undefined ? target.pathname : url,
    headers: { Host: target.host },
  });
  return body.text();
}
