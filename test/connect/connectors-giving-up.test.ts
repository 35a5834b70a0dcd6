import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createConnector } from '../../src/connect/connectors.js';
import { parseProxy } from '../../src/connect/proxy-url.js';
import { selfSigned } from '../helpers/certificate.js';
import { connect } from '../helpers/connecting.js';
import { Gate } from '../helpers/gate.js';
import { HandleWatch } from '../helpers/handles.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { startProxy } from '../helpers/proxy.js';
import { startRawServer } from '../helpers/raw-server.js';

const CERTIFICATE = selfSigned();
const TLS = { rejectUnauthorized: true, ca: CERTIFICATE.cert };

/** Connects, gives up when `reached` says so, and waits until nothing of it is left. */
async function giveUp(
  proxy: string | undefined,
  url: string,
  reached: () => unknown = () => undefined,
): Promise<void> {
  const handles = new HandleWatch();
  const options = proxy === undefined ? { tls: TLS } : { proxy: parseProxy(proxy), tls: TLS };
  const { socket, connected } = handles.run(() => connect(createConnector(options), url));
  const ending = await Promise.race([reached(), connected.then(() => 'connected')]);
  expect(ending).not.toBe('connected');
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
  await expect.poll(() => handles.count).toBe(0);
  handles.stop();
}

/** A server that says nothing, and tells when it was spoken to. */
async function startSilent() {
  const spokenTo = new Gate();
  const server = await startRawServer(() => spokenTo.open());
  return { server, port: server.port, spokenTo: () => spokenTo.opened };
}

describe('destroying what a connector returned frees all of it', () => {
  test.each([undefined, 'http://localhost:1', 'https://localhost:1', 'socks5://localhost:1'])(
    'in the look-up, through %s',
    async (proxy) => {
      for (const scheme of ['http', 'https']) await giveUp(proxy, `${scheme}://localhost:1`);
    },
  );

  test('before the connection is there', async () => {
    const port = await startHangingListener();
    await giveUp(undefined, `http://127.0.0.1:${port}`);
    await giveUp(undefined, `https://127.0.0.1:${port}`);
    for (const scheme of ['http', 'https', 'socks5'])
      await giveUp(`${scheme}://127.0.0.1:${port}`, 'https://a.test');
  });

  test.each(['http', 'socks5h'])('before the proxy answers %s', async (scheme) => {
    const { server, port, spokenTo } = await startSilent();
    await giveUp(`${scheme}://127.0.0.1:${port}`, 'https://a.test', spokenTo);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('within TLS with the target', async () => {
    const { server, port, spokenTo } = await startSilent();
    await giveUp(undefined, `https://127.0.0.1:${port}`, spokenTo);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('within TLS with the proxy', async () => {
    const { server, port, spokenTo } = await startSilent();
    await giveUp(`https://127.0.0.1:${port}`, 'https://a.test', spokenTo);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test.each([
    ['http', {}],
    ['https', { certificate: CERTIFICATE }],
    ['socks5', { kind: 'socks5' as const }],
  ])('within TLS with the target behind an %s proxy', async (_, options) => {
    const { server, port, spokenTo } = await startSilent();
    const proxy = await startProxy(options);
    await giveUp(proxy.url, `https://127.0.0.1:${port}`, spokenTo);
    await expect.poll(() => server.openConnections).toBe(0);
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test('before an https proxy answers', async () => {
    const asked = new Gate();
    const proxy = await startProxy({ certificate: CERTIFICATE, misbehave: () => asked.open() });
    await giveUp(proxy.url, 'https://a.test', () => asked.opened);
    await expect.poll(() => proxy.openConnections).toBe(0);
  });
});
