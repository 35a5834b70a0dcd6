import { expect, test } from 'vitest';
import { Session } from '../../src/index.js';
import { startServer, type TestServer } from '../helpers/http-server.js';

/** To so many origins a session keeps idle connections. */
const KEPT = 64;

async function startServers(count: number): Promise<TestServer[]> {
  return Promise.all(Array.from({ length: count }, () => startServer()));
}

const open = (servers: readonly TestServer[]) =>
  servers.reduce((sum, { openConnections }) => sum + openConnections, 0);

test('a session keeps idle connections to so many origins, the last one always', async () => {
  const servers = await startServers(KEPT + 10);
  await using session = new Session();
  for (const { url } of servers) await session.get(url);
  await expect.poll(() => open(servers)).toBe(KEPT);
  expect(servers.at(-1)?.openConnections).toBe(1);
});

test('more origins than that, each asked in its turn, are not all connected to anew', async () => {
  const servers = await startServers(KEPT + 6);
  await using session = new Session();
  for (let round = 0; round < 4; round++) for (const { url } of servers) await session.get(url);
  const connections = servers.reduce((sum, server) => sum + server.connections, 0);
  // Of strictly the oldest, each would be dropped just before its turn: 4 for each.
  expect(connections).toBeLessThan(3 * servers.length);
});

test('connections that are in use are not counted, however many origins they go to', async () => {
  const servers = await startServers(KEPT + 10);
  await using session = new Session();
  const responses = await Promise.all(servers.map(({ url }) => session.get(url)));
  expect(responses.every(({ ok }) => ok)).toBe(true);
});
