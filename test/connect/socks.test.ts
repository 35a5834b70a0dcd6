import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createConnector } from '../../src/connect/connectors.js';
import { ProxyFailure } from '../../src/connect/proxy-failure.js';
import { parseProxy } from '../../src/connect/proxy-url.js';
import { createAuthority } from '../helpers/certificate.js';
import { connect, get } from '../helpers/connecting.js';
import { startServer } from '../helpers/http-server.js';
import { startProxy } from '../helpers/proxy.js';
import { startRawServer } from '../helpers/raw-server.js';

const AUTHORITY = createAuthority();
const TLS = { rejectUnauthorized: true, ca: AUTHORITY.cert };

const through = (url: string) => createConnector({ proxy: parseProxy(url), tls: TLS });

/** Too long a label for any resolver. */
const NO_NAME = `${'a'.repeat(64)}.invalid`;

const GREETED = [5, 0];
const LED = [5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

/** Writes bytes that come one by one. */
async function trickle(socket: Socket, bytes: number[]): Promise<void> {
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Speaks by rote: to each thing that comes its next answer; null to close, undefined to reset. */
async function startRote(...answers: (number[] | null | undefined)[]) {
  const heard: number[][] = [];
  const server = await startRawServer((socket, received) => {
    heard.push([...Buffer.from(received, 'latin1')]);
    const answer = answers[heard.length - 1];
    if (answer === null) socket.end();
    else if (answer === undefined) socket.resetAndDestroy();
    else socket.write(Buffer.from(answer));
  });
  return { server, heard, url: `socks5h://127.0.0.1:${server.port}` };
}

describe('a SOCKS proxy', () => {
  test('leads to http and https targets', async () => {
    const plain = await startServer((_, reply) => reply.end('plain'));
    const secure = await startServer((_, reply) => reply.end('secure'), {
      create: (listener) => createSecureServer(AUTHORITY.issue(), listener),
    });
    const proxy = await startProxy({ kind: 'socks5' });
    expect(await get(through(proxy.url), plain.url)).toBe('plain');
    expect(await get(through(proxy.url), secure.url)).toBe('secure');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${plain.port}`, `127.0.0.1:${secure.port}`]);
    expect(proxy.credentials).toEqual([undefined, undefined]);
  });

  test('is given names by socks5h, and looks them up itself', async () => {
    const server = await startServer((_, reply) => reply.end('plain'));
    const secure = await startServer((_, reply) => reply.end('secure'), {
      create: (listener) => createSecureServer(AUTHORITY.issue({ hosts: ['a.test'] }), listener),
    });
    const proxy = await startProxy({ kind: 'socks5' });
    const connector = through(proxy.url.replace('socks5', 'socks5h'));
    expect(await get(connector, `http://a.test:${server.port}`)).toBe('plain');
    expect(await get(connector, `https://a.test:${secure.port}`)).toBe('secure');
    const wrong = get(connector, `https://b.test:${secure.port}`);
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(proxy.tunnels).toContain(`a.test:${server.port}`);
  });

  test('is given no names by socks5, which looks them up here', async () => {
    const server = await startServer((_, reply) => reply.end('plain'));
    const proxy = await startProxy({ kind: 'socks5' });
    await get(through(proxy.url), `http://localhost:${server.port}`);
    expect(['127.0.0.1', '[::1]'].map((host) => `${host}:${server.port}`)).toContain(
      proxy.tunnels[0],
    );
  });

  test('leaves no listener of its own on the socket', async () => {
    const counts = (socket: Socket) =>
      ['close', 'readable', 'data', 'end', 'error'].map((name) => socket.listenerCount(name));
    const server = await startServer();
    const proxy = await startProxy({ kind: 'socks5' });
    const direct = await connect(createConnector({ tls: TLS }), server.url).connected;
    const led = await connect(through(proxy.url), server.url).connected;
    await expect.poll(() => counts(led)).toEqual(counts(direct));
  });

  test('is not to blame for a name that is not found here', async () => {
    const proxy = await startProxy({ kind: 'socks5' });
    const { connected } = connect(through(proxy.url), `http://${NO_NAME}`);
    await expect(connected).rejects.toMatchObject({ name: 'Error', code: 'ENOTFOUND' });
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('is given the user and the password, decoded, where it asks for them', async () => {
    const server = await startServer((_, reply) => reply.end('plain'));
    const proxy = await startProxy({ kind: 'socks5', credentials: ['us@er', 'pässword'] });
    const url = proxy.url.replace('://', '://us%40er:p%C3%A4ssword@');
    expect(await get(through(url), server.url)).toBe('plain');
    const open = await startProxy({ kind: 'socks5' });
    expect(await get(through(open.url.replace('://', '://user:secret@')), server.url)).toBe(
      'plain',
    );
    expect([proxy.credentials, open.credentials]).toEqual([['us@er:pässword'], [undefined]]);
  });

  test.each([
    ['user:wrong@', 'refused the user or the password', ['user:wrong']],
    ['user@', 'refused the user or the password', ['user:']],
    ['', 'asks for other credentials, or another way to send them', [undefined]],
  ])('that is given %j in place of its credentials is a failure', async (given, what, seen) => {
    const proxy = await startProxy({ kind: 'socks5', credentials: ['user', 'secret'] });
    const connector = through(proxy.url.replace('//', `//${given}`));
    await expect(connect(connector, 'http://127.0.0.1').connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      code: 'ERR_SOCKS_AUTHENTICATION',
      message: `proxy 127.0.0.1:${proxy.port} ${what}`,
    });
    expect(proxy.credentials).toEqual(seen);
  });

  test('that closes before it is through is a failure', async () => {
    const { url } = await startProxy({ kind: 'socks5', misbehave: (socket) => socket.destroy() });
    await expect(connect(through(url), 'http://127.0.0.1').connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      code: 'ERR_PROXY_CLOSED',
    });
  });
});

describe('on the wire', () => {
  const greeting = [5, 1, 0];
  const text = (name: string) => [...Buffer.from(name)];

  test.each<[string, number[]]>([
    ['http://1.2.3.4', [5, 1, 0, 1, 1, 2, 3, 4, 0, 80]],
    ['http://a.test:258', [5, 1, 0, 3, 6, ...text('a.test'), 1, 2]],
    ['http://[::1]', [5, 1, 0, 4, ...Array(15).fill(0), 1, 0, 80]],
    ['http://[::]', [5, 1, 0, 4, ...Array(16).fill(0), 0, 80]],
    [
      'http://[2001:db8:1:2:3:4:5:ffff]',
      [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 255, 255, 0, 80],
    ],
    ['http://[1::]', [5, 1, 0, 4, 0, 1, ...Array(14).fill(0), 0, 80]],
    ['http://[::ffff:1.2.3.4]', [5, 1, 0, 4, ...Array(10).fill(0), 255, 255, 1, 2, 3, 4, 0, 80]],
  ])('%s is asked for as RFC 1928 says', async (target, request) => {
    const { url, heard } = await startRote(GREETED, LED);
    await connect(through(url), target).connected;
    expect(heard).toEqual([greeting, request]);
  });

  test('credentials are sent as RFC 1929 says', async () => {
    const { url, heard } = await startRote([5, 2], [1, 0], LED);
    await connect(through(url.replace('//', '//us:pwd@')), 'http://1.2.3.4').connected;
    expect(heard.slice(0, 2)).toEqual([
      [5, 2, 0, 2],
      [1, 2, ...text('us'), 3, ...text('pwd')],
    ]);
  });

  test.each<[string, number[]]>([
    ['an IPv4 address', [1, 127, 0, 0, 1]],
    ['an IPv6 address', [4, ...Array(16).fill(1)]],
    ['a name', [3, 4, ...text('name')]],
    ['an empty name', [3, 0]],
  ])('what follows a reply with %s is for the next reader', async (_, address) => {
    const { url } = await startRote(GREETED, [5, 0, 0, ...address, 0, 80, ...text('first')]);
    const socket: Socket = await connect(through(url), 'http://1.2.3.4').connected;
    if (socket.readableLength === 0) await once(socket, 'readable');
    expect(String(socket.read())).toBe('first');
  });

  test('answers may come byte by byte', async () => {
    const server = await startRawServer((socket, received) => {
      void trickle(socket, received.length === 3 ? GREETED : LED);
    });
    const socket = await connect(through(`socks5h://127.0.0.1:${server.port}`), 'http://a.test')
      .connected;
    expect(socket.destroyed).toBe(false);
    expect(socket.listenerCount('readable')).toBe(0);
  });
});

describe('a SOCKS proxy that answers', () => {
  test.each<[string, (number[] | null | undefined)[], string, string]>([
    ['with HTTP', [[...Buffer.from('HTTP/1.1 400')]], 'ERR_PROXY_PROTOCOL', 'not SOCKS 5'],
    ['as SOCKS 4', [[0, 91]], 'ERR_PROXY_PROTOCOL', 'not SOCKS 5'],
    ['with a method that was not offered', [[5, 2]], 'ERR_SOCKS_AUTHENTICATION', 'another way'],
    ['with GSSAPI', [[5, 1]], 'ERR_SOCKS_AUTHENTICATION', 'another way'],
    ['with another version in its reply', [GREETED, [4, 0]], 'ERR_PROXY_PROTOCOL', 'not SOCKS 5'],
    [
      'that it failed',
      [GREETED, [5, 1]],
      'ERR_SOCKS_REPLY_1',
      'could not connect: general failure',
    ],
    ['that it was refused', [GREETED, [5, 5, 0, 1]], 'ERR_SOCKS_REPLY_5', 'connection refused'],
    ['what nobody knows', [GREETED, [5, 200]], 'ERR_SOCKS_REPLY_200', 'connect: reply 200'],
    ['with a strange address', [GREETED, [5, 0, 0, 2]], 'ERR_PROXY_PROTOCOL', 'not SOCKS 5'],
    ['nothing', [null], 'ERR_PROXY_CLOSED', 'closed the connection'],
    ['nothing more', [GREETED, null], 'ERR_PROXY_CLOSED', 'closed the connection'],
    ['with a reset', [undefined], 'ECONNRESET', 'ECONNRESET'],
  ])('%s is a failure', async (_, answers, code, message) => {
    const { server, url } = await startRote(...answers);
    const { connected } = connect(through(url), 'http://a.test');
    await expect(connected).rejects.toBeInstanceOf(ProxyFailure);
    await expect(connected).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('in part, and then closes, is a failure', async () => {
    const server = await startRawServer((socket) => socket.end(Buffer.from([5])));
    const { connected } = connect(through(`socks5h://127.0.0.1:${server.port}`), 'http://a.test');
    await expect(connected).rejects.toMatchObject({ code: 'ERR_PROXY_CLOSED' });
  });

  test('with another version to the credentials is a failure', async () => {
    const { url } = await startRote([5, 2], [5, 0]);
    const { connected } = connect(through(url.replace('//', '//user:secret@')), 'http://a.test');
    await expect(connected).rejects.toMatchObject({ code: 'ERR_PROXY_PROTOCOL' });
  });

  test('is asked for no name that has more than 255 characters', async () => {
    const { url, heard } = await startRote(GREETED, LED);
    const name = (size: number) => `http://${'a.'.repeat(200).slice(0, size)}`;
    await expect(connect(through(url), name(256)).connected).rejects.toMatchObject({
      code: 'ERR_SOCKS_NAME',
    });
    expect(heard).toEqual([]);
    await connect(through(url), name(255)).connected;
  });
});
