import { describe, expect, test } from 'vitest';
import { Gate } from './gate.js';
import { startServer, type TestServer } from './http-server.js';

describe('startServer', () => {
  test('answers on loopback and records what came', async () => {
    const server = await startServer((_, reply) => reply.end('pong'));
    const response = await fetch(`${server.url}/ping?a=1`, {
      method: 'POST',
      headers: { 'X-Case': 'Kept' },
      body: 'hello',
    });
    expect(await response.text()).toBe('pong');
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/ping?a=1', headers: { 'x-case': 'Kept' } },
    ]);
    expect(server.requests[0]?.body.toString()).toBe('hello');
    expect(server.requests[0]?.rawHeaders).toContain('Kept');
  });

  test('counts what is in flight while a gate holds the answers', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.end();
    });
    const answers = [fetch(server.url), fetch(server.url), fetch(server.url)];
    await server.received(3);
    expect(server.inFlight).toBe(3);
    expect(server.connections).toBe(3);

    gate.open();
    await Promise.all((await Promise.all(answers)).map((answer) => answer.text()));
    await expect.poll(() => server.inFlight).toBe(0);
    expect(server.maxInFlight).toBe(3);
  });

  let left: TestServer;
  test('counts the connections that are open', async () => {
    left = await startServer(() => undefined);
    const answer = fetch(left.url);
    await left.received(1);
    expect(left.openConnections).toBe(1);
    left.closeConnections();
    await expect(answer).rejects.toThrow('fetch failed');
    await expect.poll(() => left.openConnections).toBe(0);
  });

  test('is closed when the test that started it has ended', async () => {
    await expect(fetch(left.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});
