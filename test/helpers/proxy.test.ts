import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { selfSigned } from './certificate.js';
import { startServer } from './http-server.js';
import { startProxy, type TestProxy } from './proxy.js';

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

/** What the proxy answers to bytes. */
async function say(proxy: TestProxy, ...bytes: (string | number[])[]): Promise<string> {
  const socket = connect(proxy.port, '127.0.0.1');
  for (const part of bytes) socket.write(Buffer.from(part as string));
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return answer.toString('latin1');
}

/** The status of its answer to a request in absolute form. */
async function forward(proxy: TestProxy, url: string, headers = {}): Promise<[number, string]> {
  const message = request({ host: '127.0.0.1', port: proxy.port, path: url, headers }).end();
  const [answer] = await once(message, 'response');
  return [answer.statusCode, await text(answer)];
}

describe('an HTTP proxy', () => {
  test('forwards what it is sent in absolute form, but not its own credentials', async () => {
    const server = await startServer((_, reply) => reply.end('pong'));
    const proxy = await startProxy();
    const headers = { 'Proxy-Authorization': basic('user:secret'), 'X-Case': 'kept' };
    const url = `http://a.test:${server.port}/ping?a=1`;
    expect(await forward(proxy, url, headers)).toEqual([200, 'pong']);
    expect(proxy.forwarded).toEqual([url]);
    expect(proxy.credentials).toEqual(['user:secret']);
    expect(server.requests).toMatchObject([{ path: '/ping?a=1', headers: { 'x-case': 'kept' } }]);
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('answers 502 for a target that nobody is at', async () => {
    const [status] = await forward(await startProxy(), 'http://127.0.0.1:1/');
    expect(status).toBe(502);
  });

  test('makes tunnels, wherever to within loopback', async () => {
    const server = await startServer((_, reply) => reply.end('pong'));
    const proxy = await startProxy();
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(`CONNECT a.test:${server.port} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await proxy.asked(1);
    expect(String(await once(socket, 'data'))).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    expect(proxy.openConnections).toBe(2);
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/pong$/);
    expect(proxy.tunnels).toEqual([`a.test:${server.port}`]);
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('asks for its credentials', async () => {
    const server = await startServer();
    const proxy = await startProxy({ credentials: ['user', 'secret'] });
    expect((await forward(proxy, server.url))[0]).toBe(407);
    expect(await say(proxy, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^\S+ 407/);
    const headers = { 'Proxy-Authorization': basic('user:secret') };
    expect((await forward(proxy, server.url, headers))[0]).toBe(200);
    expect(proxy.credentials).toEqual([undefined, undefined, 'user:secret']);
    expect(server.requests).toHaveLength(1);
  });

  test('misbehaves on command', async () => {
    const proxy = await startProxy({ misbehave: (socket, to) => socket.end(`no ${to}`) });
    expect(await say(proxy, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('no a.test:1');
  });

  test('speaks TLS if it has a certificate', async () => {
    const certificate = selfSigned();
    const proxy = await startProxy({ certificate });
    expect(proxy.url).toBe(`https://127.0.0.1:${proxy.port}`);
    const socket = connectSecurely({ host: '127.0.0.1', port: proxy.port, ca: certificate.cert });
    await once(socket, 'secureConnect');
    expect(proxy.connections).toBe(1);
    expect(proxy.clientCertificates).toBe(0);
    socket.destroy();
  });
});

describe('a SOCKS proxy', () => {
  const GREETING = [5, 1, 0];

  test('leads to where it is asked', async () => {
    const server = await startServer((_, reply) => reply.end('pong'));
    const proxy = await startProxy({ kind: 'socks5' });
    const socket: Socket = connect(proxy.port, '127.0.0.1');
    socket.write(Buffer.from(GREETING));
    expect([...(await once(socket, 'data'))[0]]).toEqual([5, 0]);
    const port = [server.port >> 8, server.port & 255];
    socket.write(Buffer.from([5, 1, 0, 3, 1, 97, ...port]));
    expect([...(await once(socket, 'data'))[0].subarray(0, 2)]).toEqual([5, 0]);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/pong$/);
    expect(proxy.tunnels).toEqual([`a:${server.port}`]);
    expect(proxy.credentials).toEqual([undefined]);
  });

  test.each<[string, number[]]>([
    ['a.b:258', [3, 3, 97, 46, 98]],
    ['1.2.3.4:258', [1, 1, 2, 3, 4]],
    ['[::1]:258', [4, ...Array(15).fill(0), 1]],
  ])('understands that it is asked for %s', async (authority, address) => {
    const misbehave = () => undefined;
    const proxy = await startProxy({ kind: 'socks5', misbehave });
    await say(proxy, GREETING, [5, 1, 0, ...address, 1, 2]);
    await proxy.asked(1);
    expect(proxy.tunnels).toEqual([authority]);
  });

  test('asks for its credentials', async () => {
    const proxy = await startProxy({ kind: 'socks5', credentials: ['u', 'p'] });
    expect(await say(proxy, GREETING)).toBe('\x05\xff');
    const answer = await say(proxy, [5, 1, 2], [1, 1, 117, 1, 120]);
    expect(answer.slice(0, 2)).toBe('\x05\x02');
    await expect.poll(() => proxy.credentials).toEqual([undefined, 'u:x']);
  });
});

test('a proxy is closed, and so is all that it leads, when the test that started it has ended', async () => {
  const proxy = await startProxy();
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  await expect.poll(() => proxy.openConnections).toBe(1);
  await proxy.close();
  socket.resume();
  await once(socket, 'close');
});
