import { lookup } from 'node:dns/promises';
import { isIPv4, isIPv6, type Socket } from 'node:net';
import { ProxyFailure } from './proxy-failure.js';
import { receive } from './proxy-socket.js';
import { credentialsOf } from './proxy-url.js';
import type { Destination } from './tunnel.js';

const VERSION = 5;
const CONNECT = 1;
/** RFC 1928 §3. */
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
/** RFC 1928 §5: the types of addresses, and how long those are that have one length. */
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const ADDRESS_SIZES: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16 };
/** A length is one byte. */
const LONGEST_NAME = 255;

/** RFC 1928 §6. */
const REPLIES: readonly (string | undefined)[] = [
  'succeeded',
  'general failure',
  'connection not allowed',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/**
 * Has a SOCKS proxy lead `socket` to `destination` (RFC 1928, RFC 1929). With `socks5` a name is
 * looked up here, with `socks5h` the proxy does it.
 *
 * @throws ProxyFailure, or the look-up's error as it is
 */
export async function openSocks(
  socket: Socket,
  { hostname, port }: Destination,
  proxy: URL,
): Promise<void> {
  const host = proxy.protocol === 'socks5:' ? (await lookup(hostname)).address : hostname;
  const request = connectRequest(host, port, proxy);
  await agreeOnMethod(socket, proxy);
  socket.write(request);
  await receiveReply(socket, proxy);
}

/** Sends the user and the password only where they are asked for. */
async function agreeOnMethod(socket: Socket, proxy: URL): Promise<void> {
  const credentials = credentialsOf(proxy).map((part) => Buffer.from(part));
  const methods = [NO_AUTHENTICATION];
  if (credentials.some(({ length }) => length > 0)) methods.push(USER_AND_PASSWORD);
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await receive(socket, 2);
  checkVersion(version, VERSION, proxy);
  if (method === undefined || !methods.includes(method))
    throw refused(proxy, 'asks for other credentials, or another way to send them');
  if (method === USER_AND_PASSWORD) await authenticate(socket, credentials, proxy);
}

/** RFC 1929. */
async function authenticate(
  socket: Socket,
  credentials: readonly Buffer[],
  proxy: URL,
): Promise<void> {
  const parts = credentials.flatMap((part) => [Buffer.from([part.length]), part]);
  socket.write(Buffer.concat([Buffer.from([1]), ...parts]));
  const [version, status] = await receive(socket, 2);
  checkVersion(version, 1, proxy);
  if (status !== 0) throw refused(proxy, 'refused the user or the password');
}

function connectRequest(host: string, port: number, proxy: URL): Buffer {
  const address = addressBytes(host, proxy);
  return Buffer.from([VERSION, CONNECT, 0, ...address, port >> 8, port & 0xff]);
}

function addressBytes(host: string, proxy: URL): number[] {
  if (isIPv4(host)) return [IPV4, ...host.split('.').map(Number)];
  if (isIPv6(host)) return [IPV6, ...ipv6Bytes(host)];
  if (host.length > LONGEST_NAME)
    throw new ProxyFailure(
      proxy,
      `takes no name of more than ${LONGEST_NAME} characters`,
      'ERR_SOCKS_NAME',
    );
  return [NAME, host.length, ...Buffer.from(host)];
}

/** A URL's parser knows all ways to write one, and writes it in one (RFC 5952). */
function ipv6Bytes(address: string): number[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [groupBytes(head), groupBytes(tail)];
  return [...first, ...Array(16 - first.length - last.length).fill(0), ...last];
}

function groupBytes(groups: string): number[] {
  return (groups.match(/[\da-f]+/g) ?? [])
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
}

/** The address that it was bound to is of no use, but has to be taken off the socket. */
async function receiveReply(socket: Socket, proxy: URL): Promise<void> {
  const [version, reply = 0] = await receive(socket, 2);
  checkVersion(version, VERSION, proxy);
  if (reply !== 0)
    throw new ProxyFailure(
      proxy,
      `could not connect: ${REPLIES[reply] ?? `reply ${reply}`}`,
      `ERR_SOCKS_REPLY_${reply}`,
    );
  const [, type = 0] = await receive(socket, 2);
  await receive(socket, (await addressSize(socket, type, proxy)) + 2);
}

async function addressSize(socket: Socket, type: number, proxy: URL): Promise<number> {
  if (type === NAME) return (await receive(socket, 1)).readUInt8();
  const size = ADDRESS_SIZES[type];
  if (size === undefined) throw noSocks(proxy);
  return size;
}

function checkVersion(version: number | undefined, expected: number, proxy: URL): void {
  if (version !== expected) throw noSocks(proxy);
}

function noSocks(proxy: URL): ProxyFailure {
  return new ProxyFailure(proxy, 'answered with what is not SOCKS 5', 'ERR_PROXY_PROTOCOL');
}

function refused(proxy: URL, what: string): ProxyFailure {
  return new ProxyFailure(proxy, what, 'ERR_SOCKS_AUTHENTICATION');
}
