import { createPrivateKey } from 'node:crypto';
import { createServer as createSecureServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { createConnector } from '../../src/connect/connectors.js';
import { parseProxy } from '../../src/connect/proxy-url.js';
import { type Certificate, type Claims, createAuthority } from '../helpers/certificate.js';
import { connect, get } from '../helpers/connecting.js';
import { startServer, type TestServer } from '../helpers/http-server.js';
import { startProxy } from '../helpers/proxy.js';
import { startRawServer } from '../helpers/raw-server.js';

const AUTHORITY = createAuthority();
const TLS = { rejectUnauthorized: true, ca: AUTHORITY.cert };
/** Nobody listens there. */
const NOBODY = 'http://user:secret@127.0.0.1:1';

function startSecure(claims?: Claims, options = {}): Promise<TestServer> {
  const certificate = { ...AUTHORITY.issue(claims), ...options };
  return startServer((_, reply) => reply.end('secure'), {
    create: (listener) => createSecureServer(certificate, listener),
  });
}

const through = (url: string, tls: object = TLS) =>
  createConnector({ proxy: parseProxy(url), tls });

describe('without a proxy, a connector', () => {
  test('connects to http and https servers', async () => {
    const connector = createConnector({ tls: TLS });
    const server = await startServer((_, reply) => reply.end('plain'));
    expect(await get(connector, server.url)).toBe('plain');
    expect(await get(connector, (await startSecure()).url)).toBe('secure');
  });

  test('returns the socket that it calls back with', async () => {
    const server = await startSecure();
    const { socket, connected } = connect(createConnector({ tls: TLS }), server.url);
    expect(await connected).toBe(socket);
  });

  test('does not trust a server by itself, unless it is told to trust anyone', async () => {
    const { url } = await startSecure();
    await expect(get(createConnector({ tls: {} }), url)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
    const careless = createConnector({ tls: { rejectUnauthorized: false } });
    expect(await get(careless, url)).toBe('secure');
  });

  test("shows the client's certificate to a server that asks for it", async () => {
    const { url } = await startSecure({}, { ca: AUTHORITY.cert, requestCert: true });
    const stranger = createConnector({ tls: TLS });
    await expect(get(stranger, url)).rejects.toThrow();
    const known = createConnector({ tls: { ...TLS, ...AUTHORITY.issue() } });
    expect(await get(known, url)).toBe('secure');
  });

  test.each([
    [undefined, 'http/1.1'],
    [true, 'h2'],
  ])('offers HTTP/2 only if it is allowed (%s)', async (allowH2, protocol) => {
    const { url } = await startSecure({}, { ALPNProtocols: ['h2', 'http/1.1'] });
    const { connected } = connect(createConnector({ tls: TLS, allowH2 }), url);
    expect(((await connected) as TLSSocket).alpnProtocol).toBe(protocol);
  });
});

describe.each(['http', 'https'])('an %s proxy', (scheme) => {
  const certificate: { certificate?: Certificate } =
    scheme === 'https' ? { certificate: AUTHORITY.issue() } : {};

  test('is just connected to for an http target, and for itself', async () => {
    const server = await startServer((_, reply) => reply.end('plain'));
    const proxy = await startProxy(certificate);
    const connector = through(proxy.url);
    expect(await get(connector, `${server.url}/path`, proxy.url)).toBe('plain');
    expect(await get(connector, `${server.url}/path`, server.url)).toBe('plain');
    expect(proxy.forwarded).toEqual([`${server.url}/path`, `${server.url}/path`]);
    expect(proxy.tunnels).toEqual([]);
  });

  test('makes a tunnel to an https target', async () => {
    const server = await startSecure();
    const proxy = await startProxy(certificate);
    expect(await get(through(proxy.url), server.url)).toBe('secure');
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
    expect(proxy.credentials).toEqual([undefined]);
    expect(proxy.forwarded).toEqual([]);
  });

  test('is given its credentials, decoded', async () => {
    const server = await startSecure();
    const proxy = await startProxy({ ...certificate, credentials: ['us@er', 'pass:wörd'] });
    const url = proxy.url.replace('://', '://us%40er:pass%3Aw%C3%B6rd@');
    expect(await get(through(url), server.url)).toBe('secure');
    expect(proxy.credentials).toEqual(['us@er:pass:wörd']);
  });

  test('may lead to a target that speaks HTTP/2', async () => {
    const server = await startSecure({}, { ALPNProtocols: ['h2', 'http/1.1'] });
    const proxy = await startProxy(certificate);
    const connector = createConnector({ proxy: parseProxy(proxy.url), tls: TLS, allowH2: true });
    const { connected } = connect(connector, server.url);
    expect(((await connected) as TLSSocket).alpnProtocol).toBe('h2');
  });
});

test('a proxy is not offered HTTP/2', async () => {
  const certificate = { ...AUTHORITY.issue(), ALPNProtocols: ['h2', 'http/1.1'] };
  const proxy = await startProxy({ certificate });
  const connector = createConnector({ proxy: parseProxy(proxy.url), tls: TLS, allowH2: true });
  const { connected } = connect(connector, 'http://a.test');
  expect(((await connected) as TLSSocket).alpnProtocol).toBe('http/1.1');
});

test("a proxy is not shown the client's certificate, which is the target's", async () => {
  const asking = { ca: AUTHORITY.cert, requestCert: true };
  const server = await startSecure({}, asking);
  const certificate = { ...AUTHORITY.issue(), ...asking, rejectUnauthorized: false };
  const proxy = await startProxy({ certificate });
  const own = AUTHORITY.issue();
  const locked = createPrivateKey(own.key).export({
    ...{ type: 'pkcs8', format: 'pem' },
    ...{ cipher: 'aes-256-cbc', passphrase: 'opensesame' },
  });
  const identity = { cert: own.cert, key: String(locked), passphrase: 'opensesame' };
  expect(await get(through(proxy.url, { ...TLS, ...identity }), server.url)).toBe('secure');
  expect(proxy.clientCertificates).toBe(0);
  const direct = createConnector({ tls: { ...TLS, ...own } });
  await connect(direct, proxy.url).connected;
  await expect.poll(() => proxy.clientCertificates).toBe(1);
});

describe('through a tunnel', () => {
  test.each<[string, Claims, string, string | undefined]>([
    ['for the name', { hosts: ['a.test'] }, 'a.test', undefined],
    ['for the address', { hosts: ['127.0.0.1'] }, '127.0.0.1', undefined],
    ['for another name', { hosts: ['b.test'] }, 'a.test', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['for another address', { hosts: ['127.0.0.2'] }, '127.0.0.1', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', { expires: new Date(0) }, '127.0.0.1', 'CERT_HAS_EXPIRED'],
    [
      'of tomorrow',
      { begins: new Date(Date.now() + 1e8), expires: new Date(Date.now() + 2e8) },
      '127.0.0.1',
      'CERT_NOT_YET_VALID',
    ],
  ])('a certificate %s is judged as without one', async (_, claims, host, code) => {
    const server = await startSecure(claims);
    const proxy = await startProxy();
    const answer = get(through(proxy.url), `https://${host}:${server.port}`);
    if (code === undefined) expect(await answer).toBe('secure');
    else await expect(answer).rejects.toMatchObject({ code, name: 'Error' });
    expect(proxy.tunnels).toEqual([`${host}:${server.port}`]);
  });

  test('a target that is not trusted is left, and so is the proxy', async () => {
    const server = await startSecure();
    const proxy = await startProxy();
    const { connected } = connect(through(proxy.url, {}), server.url);
    await expect(connected).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('an IPv6 address is asked for in brackets, and a default port is named', async () => {
    const proxy = await startProxy({ misbehave: (socket) => socket.destroy() });
    for (const host of ['[::1]', 'a.test'])
      await expect(get(through(proxy.url), `https://${host}`)).rejects.toThrow('closed');
    expect(proxy.tunnels).toEqual(['[::1]:443', 'a.test:443']);
  });
});

describe('a proxy that cannot be reached is a ProxyFailure', () => {
  const nobody = 'proxy 127.0.0.1:1 failed: connect ECONNREFUSED 127.0.0.1:1';

  test.each(['http://a.test', 'https://a.test'])(
    'for %s, and shows no credentials',
    async (url) => {
      await expect(connect(through(NOBODY), url).connected).rejects.toMatchObject({
        name: 'ProxyFailure',
        code: 'ECONNREFUSED',
        message: nobody,
        cause: { code: 'ECONNREFUSED' },
      });
    },
  );

  test('at an IPv6 address', async () => {
    await expect(connect(through('[::1]:1'), 'http://a.test').connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      message: expect.stringMatching(/^proxy \[::1\]:1 failed: connect E\w+ ::1/),
    });
  });

  test('by a name that cannot be', async () => {
    const proxy = `http://${'a'.repeat(64)}.invalid`;
    await expect(connect(through(proxy), 'http://a.test').connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      code: 'ENOTFOUND',
    });
  });

  test('over TLS, if it is not trusted', async () => {
    const server = await startSecure();
    const proxy = await startProxy({ certificate: AUTHORITY.issue({ hosts: ['proxy.test'] }) });
    const { connected } = connect(through(proxy.url), server.url);
    await expect(connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      message: expect.stringContaining(`proxy 127.0.0.1:${proxy.port} failed: `),
    });
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('over TLS, if it speaks none', async () => {
    const server = await startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { connected } = connect(through(server.url.replace('http', 'https')), 'http://a.test');
    await expect(connected).rejects.toMatchObject({
      name: 'ProxyFailure',
      code: expect.stringMatching(/SSL|EPROTO/),
    });
  });
});
