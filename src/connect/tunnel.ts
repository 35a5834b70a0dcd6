import { isIPv6, type Socket } from 'node:net';
import { ProxyFailure } from './proxy-failure.js';
import { receive } from './proxy-socket.js';
import { proxyAuthorization } from './proxy-url.js';

/** What the head of the proxy's response may have, in bytes; as much as that of any other. */
const MAX_HEAD_SIZE = 65_536;
const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |\r)/;

/** Where a socket is to lead to. */
export interface Destination {
  /** An IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/**
 * Has an HTTP proxy make a tunnel of `socket` (RFC 9110 §9.3.6). A 2xx has no content: what follows
 * its head is the destination's.
 *
 * @throws ProxyFailure
 */
export async function openTunnel(
  socket: Socket,
  destination: Destination,
  proxy: URL,
): Promise<void> {
  socket.write(connectRequest(destination, proxy));
  let status: number;
  // RFC 9110 §15.2: any number of interim responses may come before.
  do status = statusOf(await receiveHead(socket, proxy), proxy);
  while (status < 200);
  if (status >= 300)
    throw new ProxyFailure(
      proxy,
      `answered CONNECT with status ${status}`,
      `ERR_PROXY_STATUS_${status}`,
    );
}

function connectRequest({ hostname, port }: Destination, proxy: URL): string {
  const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const credentials =
    authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`;
}

/** Up to and with the empty line. */
async function receiveHead(socket: Socket, proxy: URL): Promise<string> {
  const head = Buffer.allocUnsafe(MAX_HEAD_SIZE);
  for (let size = 0; size < MAX_HEAD_SIZE; ) {
    const chunk = await receive(socket);
    const before = size;
    size += chunk.copy(head, size);
    // It may have begun in the chunk before.
    const at = head.subarray(0, size).indexOf(HEAD_END, Math.max(0, before - HEAD_END.length + 1));
    if (at !== -1) {
      const end = at + HEAD_END.length;
      socket.unshift(chunk.subarray(end - before));
      return head.toString('latin1', 0, end);
    }
  }
  throw new ProxyFailure(
    proxy,
    `answered CONNECT with a head of more than ${MAX_HEAD_SIZE} bytes`,
    'ERR_PROXY_PROTOCOL',
  );
}

function statusOf(head: string, proxy: URL): number {
  const [, status] = STATUS_LINE.exec(head) ?? [];
  if (status !== undefined) return Number(status);
  throw new ProxyFailure(proxy, 'answered CONNECT with what is not HTTP', 'ERR_PROXY_PROTOCOL');
}
