import { createServer as createSecureServer } from 'node:https';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ConnectionError,
  ConnectTimeoutError,
  InvalidJobError,
  type Job,
  ProxyError,
  Session,
  type SessionOptions,
  TLSError,
} from '../../src/index.js';
import { type Certificate, createAuthority, selfSigned } from '../helpers/certificate.js';
import { startServer } from '../helpers/http-server.js';
import { startProxy } from '../helpers/proxy.js';

const AUTHORITY = createAuthority();
const DAY = 24 * 60 * 60 * 1000;

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'])
    for (const spelt of [name, name.toUpperCase()]) vi.stubEnv(spelt, undefined);
});
afterEach(() => vi.unstubAllEnvs());

function startSecure(certificate: Certificate = AUTHORITY.issue(), requestCert = false) {
  return startServer(
    ({ headers }, reply) => {
      const socket = reply.socket as import('node:tls').TLSSocket;
      const peer = requestCert ? socket.getPeerCertificate() : undefined;
      reply.end(`secure ${headers.host?.split(':')[0]} ${peer?.subject?.CN ?? ''}`.trim());
    },
    {
      create: (listener) =>
        createSecureServer(
          { ...certificate, requestCert, rejectUnauthorized: false, ca: AUTHORITY.cert },
          listener,
        ),
    },
  );
}

const failureOf = async (session: Session, job: Job) =>
  session.request(job).then(
    () => expect.fail('there was a response'),
    (error) => error,
  );

describe('a proxy', () => {
  test('is sent the whole request for an http server, and leaves no trace on it', async () => {
    const proxy = await startProxy({ credentials: ['ada', 'sec:ret'] });
    const server = await startServer((_, reply) => reply.end('plain'));
    const proxies = proxy.url.replace('//', '//ada:sec%3Aret@');
    const session = new Session({ proxies });
    const response = await session.post(`${server.url}/a?b#c`, { data: 'x' });
    expect([await response.text(), response.url]).toEqual(['plain', `${server.url}/a?b#c`]);
    expect(proxy.forwarded).toEqual([`${server.url}/a?b`]);
    expect(proxy.credentials).toEqual(['ada:sec:ret']);
    expect(server.requests[0]?.headers.host).toBe(new URL(server.url).host);
    await session.get(server.url, { headers: { Host: 'example.com' } });
    expect(proxy.connections).toBe(1);
    await session.close();
  });

  test("has its URL's credentials, whatever header was set by hand", async () => {
    const proxy = await startProxy({ credentials: ['ada', 'secret'] });
    const server = await startServer();
    const session = new Session({ proxies: proxy.url.replace('//', '//ada:secret@') });
    await session.get(server.url, { headers: { 'proxy-authorization': 'by hand' } });
    expect(proxy.credentials).toEqual(['ada:secret']);
    await session.close();
  });

  test('makes a tunnel to an https server, which it tells nothing', async () => {
    const proxy = await startProxy({ credentials: ['ada', 'secret'] });
    const server = await startSecure();
    const session = new Session({
      proxies: { https: proxy.url.replace('//', '//ada:secret@') },
      verify: AUTHORITY.cert,
    });
    for (let i = 0; i < 2; i++)
      expect(await (await session.get(server.url)).text()).toBe('secure 127.0.0.1');
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    await session.close();
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('may itself be spoken to by TLS, whatever the server is', async () => {
    const proxy = await startProxy({ certificate: AUTHORITY.issue() });
    const plain = await startServer((_, reply) => reply.end('plain'));
    const other = await startServer((_, reply) => reply.end('other'), { host: 'localhost' });
    const secure = await startSecure();
    const session = new Session({ proxies: proxy.url, verify: AUTHORITY.cert });
    for (const [url, text] of [
      [plain.url, 'plain'],
      [other.url, 'other'],
      [plain.url, 'plain'],
    ] as const)
      expect(await (await session.get(url)).text()).toBe(text);
    expect(proxy.connections).toBe(1);
    expect(await (await session.get(secure.url)).text()).toBe('secure 127.0.0.1');
    await session.close();
  });

  test.each(['socks5', 'socks5h'])('of the kind %s leads to either', async (scheme) => {
    const proxy = await startProxy({ kind: 'socks5', credentials: ['ada', 'secret'] });
    const plain = await startServer((_, reply) => reply.end('plain'));
    const secure = await startSecure();
    const proxies = `${scheme}://ada:secret@127.0.0.1:${proxy.port}`;
    const session = new Session({ proxies, verify: AUTHORITY.cert });
    expect(await (await session.get(plain.url)).text()).toBe('plain');
    expect(await (await session.get(secure.url)).text()).toBe('secure 127.0.0.1');
    expect(proxy.tunnels).toEqual([new URL(plain.url).host, new URL(secure.url).host]);
    await session.close();
  });

  test('is chosen anew for each hop', async () => {
    const proxy = await startProxy();
    const there = await startServer((_, reply) => reply.end('there'), { host: 'localhost' });
    const here = await startServer((_, reply) =>
      reply.writeHead(302, { Location: there.url }).end(),
    );
    const session = new Session({ proxies: { 'http://localhost': proxy.url } });
    expect(await (await session.get(here.url)).text()).toBe('there');
    expect(proxy.forwarded).toEqual([`${there.url}/`]);
    await session.close();
  });

  test("of a job goes before the session's, and that before the environment's", async () => {
    const [ofJob, ofSession, ofEnvironment] = [
      await startProxy(),
      await startProxy(),
      await startProxy(),
    ];
    vi.stubEnv('http_proxy', ofEnvironment.url);
    const server = await startServer();
    const session = new Session({ proxies: ofSession.url });
    await session.get(server.url, { proxies: ofJob.url });
    await session.get(server.url, { proxies: { https: ofJob.url } });
    await session.get(server.url, { proxies: null });
    await new Session().get(server.url);
    await new Session({ trustEnv: false }).get(server.url);
    await new Session({ proxies: null }).get(server.url);
    await new Session({ proxies: { http: null } }).get(server.url);
    const counts = [ofJob, ofSession, ofEnvironment].map(({ forwarded }) => forwarded.length);
    expect([...counts, server.requests.length]).toEqual([1, 1, 1, 7]);
  });

  test('of the environment is not for those that NO_PROXY names', async () => {
    const proxy = await startProxy();
    vi.stubEnv('ALL_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', 'example.com,127.0.0.0/8');
    const here = await startServer();
    const there = await startServer(undefined, { host: 'localhost' });
    const session = new Session();
    await session.get(here.url);
    await session.get(there.url);
    expect(proxy.forwarded).toEqual([`${there.url}/`]);
    await session.close();
  });

  test('that cannot be reached is a ProxyError, which says so without its credentials', async () => {
    const session = new Session({ proxies: 'http://ada:secret@127.0.0.1:1' });
    for (const url of ['http://127.0.0.1:2/', 'https://127.0.0.1:2/']) {
      const error = await failureOf(session, { url });
      expect(error).toBeInstanceOf(ProxyError);
      expect(error.code).toBe('ECONNREFUSED');
      expect(error.message).toContain(`GET ${url}: proxy 127.0.0.1:1 failed: `);
      expect(error.message).not.toContain('secret');
    }
  });

  test('that asks for other credentials is a ProxyError, or a 407 where it answers', async () => {
    const proxy = await startProxy({ credentials: ['ada', 'secret'] });
    const session = new Session({ proxies: proxy.url });
    expect((await session.get('http://127.0.0.1:2/')).statusCode).toBe(407);
    const error = await failureOf(session, { url: 'https://127.0.0.1:2/' });
    expect(error).toBeInstanceOf(ProxyError);
    expect(error.code).toBe('ERR_PROXY_STATUS_407');
    await session.close();
  });

  test.each<[string, SessionOptions]>([
    ['the connect timeout', { timeout: { connect: 50 } }],
    ['the whole time', { timeout: { total: 50 } }],
  ])('that does not answer is ended by %s, and nothing is left', async (_, options) => {
    const proxy = await startProxy({
      misbehave: (socket) => socket.resume().once('end', () => socket.end()),
    });
    const session = new Session({ ...options, proxies: proxy.url });
    const error = await failureOf(session, { url: 'https://127.0.0.1:2/' });
    expect(error.message).toMatch(/no connection within 50 ms|not done within 50 ms/);
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test.each<[unknown, string]>([
    ['ftp://127.0.0.1', 'proxies must be an http, https, socks5 or socks5h URL with a host'],
    [5, 'proxies must be'],
    [{ ftp: 'http://127.0.0.1' }, 'proxies: a key must be http, https or all'],
  ])('that is none is refused at once: %j', async (proxies, message) => {
    const wrong = { proxies } as { proxies: string };
    expect(() => new Session(wrong)).toThrow(message);
    const error = await failureOf(new Session(), { url: 'http://127.0.0.1:1', ...wrong });
    expect(error).toBeInstanceOf(InvalidJobError);
    expect(error.message).toContain(message);
  });
});

describe('a certificate that', () => {
  const at = { url: 'https://127.0.0.1' };
  test.each<[string, () => Certificate, string]>([
    ['signs itself', () => selfSigned(), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'has expired',
      () => AUTHORITY.issue({ expires: new Date(Date.now() - DAY) }),
      'CERT_HAS_EXPIRED',
    ],
    [
      'is for another name',
      () => AUTHORITY.issue({ hosts: ['example.com'] }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'is of an authority that nobody knows',
      () => createAuthority('Another').issue(),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
  ])('%s is a TLSError that says so', async (_, certificate, code) => {
    const server = await startSecure(certificate());
    const session = new Session({ verify: AUTHORITY.cert });
    const error = await failureOf(session, { ...at, url: server.url });
    expect(error).toBeInstanceOf(TLSError);
    expect(error.code).toBe(code);
    expect((await session.get(server.url, { verify: false })).statusCode).toBe(200);
    await expect(session.get(server.url)).rejects.toBeInstanceOf(TLSError);
    await session.close();
  });

  test('is for the name in a Host header is not for the URL', async () => {
    const server = await startSecure(AUTHORITY.issue({ hosts: ['example.com'] }));
    const session = new Session({ verify: AUTHORITY.cert });
    const job = { url: server.url, headers: { Host: 'example.com' } };
    const error = await failureOf(session, job);
    expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(server.requests).toEqual([]);
  });

  test('is for the URL is right whatever the Host header is', async () => {
    const server = await startSecure();
    const session = new Session({ verify: AUTHORITY.cert });
    const response = await session.get(server.url, { headers: { Host: 'example.com' } });
    expect(await response.text()).toBe('secure example.com');
    await session.close();
  });

  test('is for another name is refused through a proxy as well', async () => {
    const proxy = await startProxy();
    const server = await startSecure(AUTHORITY.issue({ hosts: ['example.com'] }));
    const session = new Session({ verify: AUTHORITY.cert, proxies: proxy.url });
    const error = await failureOf(session, { url: server.url });
    expect([error.constructor, error.code]).toEqual([TLSError, 'ERR_TLS_CERT_ALTNAME_INVALID']);
  });
});

test("a client's certificate is shown where one is given", async () => {
  const server = await startSecure(undefined, true);
  const { cert, key } = AUTHORITY.issue();
  const session = new Session({ verify: AUTHORITY.cert, cert: [cert, key] });
  expect(await (await session.get(server.url)).text()).toBe('secure 127.0.0.1 Test certificate');
  const other = new Session({ verify: AUTHORITY.cert });
  expect(await (await other.get(server.url)).text()).toBe('secure 127.0.0.1');
  const job = { cert: { cert, key } };
  expect(await (await other.get(server.url, job)).text()).toBe('secure 127.0.0.1 Test certificate');
  await session.close();
  await other.close();
});

test('a certificate that cannot be read is an InvalidJobError that names its file', async () => {
  const job = { url: 'https://127.0.0.1:1', verify: '/nowhere/ca.pem' };
  const error = await failureOf(new Session(), job);
  expect(error).toBeInstanceOf(InvalidJobError);
  expect(error.message).toContain("verify: cannot read '/nowhere/ca.pem': ENOENT");
});

describe('routes', () => {
  test('of one kind share their connections, and others do not', async () => {
    const server = await startSecure();
    const session = new Session({ verify: AUTHORITY.cert });
    for (const verify of [AUTHORITY.cert, undefined, false, AUTHORITY.cert, false])
      await session.get(server.url, { verify });
    expect(server.connections).toBe(2);
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('that have not been used for long are given up, when there are very many', async () => {
    const proxy = await startProxy();
    const server = await startServer();
    const session = new Session();
    for (let i = 0; i < 260; i++)
      await session.get(server.url, { proxies: proxy.url.replace('//', `//user-${i}@`) });
    expect(server.requests).toHaveLength(260);
    await expect.poll(() => proxy.openConnections).toBeLessThanOrEqual(2 * 256);
    await session.close();
  });
});

describe('a dispatcher of its own', () => {
  test.each(['proxies', 'verify', 'cert', 'allowH2'] as const)('goes with no %s', (name) => {
    const { dispatcher } = new Session();
    const options = { dispatcher, [name]: name === 'proxies' ? null : true };
    expect(() => new Session(options as SessionOptions)).toThrow(
      new TypeError(`a session with a dispatcher of its own can have no ${name}`),
    );
  });

  test("nor with a job's, and does not look at the environment", async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    const server = await startServer();
    const owner = new Session();
    const session = new Session({ dispatcher: owner.dispatcher });
    expect((await session.get(server.url)).statusCode).toBe(200);
    const error = await failureOf(session, { url: server.url, verify: false });
    expect(error).toEqual(
      new InvalidJobError(
        'a session with a dispatcher of its own has no proxies, verify and cert beside it',
      ),
    );
    await owner.close();
  });
});

test.each(['trustEnv', 'allowH2'])('%s must be true or false', (name) => {
  expect(() => new Session({ [name]: 'yes' } as SessionOptions)).toThrow(
    new TypeError(`${name} must be true or false, got 'yes'`),
  );
});

test('without a proxy, a connect that fails is no ProxyError', async () => {
  const error = await failureOf(new Session(), { url: 'http://127.0.0.1:1' });
  expect(error.constructor).toBe(ConnectionError);
  expect(error).not.toBeInstanceOf(ConnectTimeoutError);
});
