import type { Socket } from 'node:net';
import type * as undici from 'undici';
import { ProxyFailure } from './proxy-failure.js';
import { whileOpen } from './proxy-socket.js';
import { isSocks, proxyPort } from './proxy-url.js';
import { openSocks } from './socks.js';
import { secureContextOf, type TLSOptions } from './tls.js';
import { type Destination, openTunnel } from './tunnel.js';
import { buildConnector } from './undici.js';

/**
 * Connects, and returns at once a socket that gives the whole connect up when it is destroyed,
 * whatever it is at: name look-up, TCP, the proxy's handshake, or TLS. The callback may then be
 * called with an error, or not at all. (undici's type says void, but its connectors return their
 * socket.)
 */
export type Connector = (
  target: undici.buildConnector.Options,
  callback: undici.buildConnector.Callback,
) => Socket;

export interface ConnectorOptions {
  /** From `parseProxy`. */
  readonly proxy?: URL | undefined;
  readonly tls: TLSOptions;
  /** Whether HTTP/2 is offered to the target. @default false */
  readonly allowH2?: boolean | undefined;
}

/** What a proxy is asked for on a fresh socket, to lead it to the destination. */
type Handshake = (socket: Socket, destination: Destination, proxy: URL) => Promise<void>;

/**
 * The connector for a session's options. It keeps no time: whoever waits destroys the socket.
 * Failures of the proxy, and on the way to it, are ProxyFailures; those of a target behind it are
 * what they would be without.
 *
 * An HTTP proxy is just connected to for an http target, whose request it is sent in absolute form
 * (RFC 9112 §3.2.2), and for itself; an https target gets a tunnel through it. A SOCKS proxy leads
 * to either.
 */
export function createConnector({ proxy, tls, allowH2 = false }: ConnectorOptions): Connector {
  const direct = connectorFor(tls, allowH2);
  if (proxy === undefined) return direct;
  const toProxy = connectorTo(proxy, tls);
  const handshake = isSocks(proxy) ? openSocks : openTunnel;
  return (target, callback) =>
    isLedTo(target, proxy)
      ? toProxy(target, (...[error, socket]) => {
          if (error !== null) callback(error, null);
          else lead(socket, target, { proxy, handshake, direct }, callback);
        })
      : toProxy(target, callback);
}

/** Whether the proxy is to pass bytes on, rather than requests. */
function isLedTo({ protocol, host }: undici.buildConnector.Options, proxy: URL): boolean {
  return isSocks(proxy) || (protocol === 'https:' && `https://${host}` !== proxy.origin);
}

/** The route that a socket takes from a proxy on. */
interface Route {
  readonly proxy: URL;
  readonly handshake: Handshake;
  readonly direct: Connector;
}

function lead(
  socket: Socket,
  target: undici.buildConnector.Options,
  { proxy, handshake, direct }: Route,
  callback: undici.buildConnector.Callback,
): void {
  const isSecure = target.protocol === 'https:';
  const { hostname } = target;
  const port = Number(target.port) || (isSecure ? 443 : 80);
  whileOpen(proxy, socket, handshake(socket, { hostname, port }, proxy)).then(
    () => {
      if (isSecure) direct({ ...target, httpSocket: socket }, callback);
      else callback(null, socket);
    },
    (error) => {
      socket.destroy();
      callback(error, null);
    },
  );
}

/** Connects to the proxy, whatever the target. The client's certificate is not for it. */
function connectorTo(proxy: URL, { cert, key, passphrase, ...tls }: TLSOptions): Connector {
  const connect = connectorFor(tls);
  const address: undici.buildConnector.Options = {
    protocol: proxy.protocol === 'https:' ? 'https:' : 'http:',
    host: proxy.host,
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: String(proxyPort(proxy)),
  };
  return (_, callback) =>
    connect(address, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(ProxyFailure.of(proxy, error), null);
    });
}

function connectorFor(tls: TLSOptions, allowH2 = false): Connector {
  const isCustom = tls.ca !== undefined || tls.cert !== undefined;
  const context = isCustom ? { secureContext: secureContextOf(tls) } : {};
  return buildConnector({ timeout: 0, allowH2, ...tls, ...context }) as Connector;
}
