import { Agent, interceptors, MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { InvalidJobError, ReadTimeoutError, Session } from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { type Handler, startServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Holds all answers until its gate is open. */
function holding(): [Gate, Handler] {
  const gate = new Gate();
  return [
    gate,
    async (_, reply) => {
      await gate.opened;
      reply.end('ok');
    },
  ];
}

describe("a session's connections", () => {
  test('are one for requests that follow one another', async () => {
    const server = await startServer((_, reply) => reply.end('ok'));
    const session = new Session();
    for (let i = 0; i < 20; i++) await session.get(server.url);
    await session.post(server.url, { json: { a: 1 } });
    await session.delete(server.url);
    expect(server.requests).toHaveLength(22);
    expect(server.connections).toBe(1);
  });

  test('are one for a request and its redirects', async () => {
    const server = await startServer(({ path }, reply) =>
      path === '/end' ? reply.end() : reply.writeHead(302, { Location: '/end' }).end('moved'),
    );
    await new Session().get(server.url);
    expect(server.connections).toBe(1);
  });

  test('are as many as there are requests at once, and are used again', async () => {
    const [gate, handler] = holding();
    const server = await startServer(handler);
    const session = new Session();
    const batch = () => Promise.all(Array.from({ length: 8 }, () => session.get(server.url)));
    const first = batch();
    await server.received(8);
    expect(server.maxInFlight).toBe(8);
    gate.open();
    await first;
    await batch();
    expect(server.requests).toHaveLength(16);
    expect(server.connections).toBe(8);
  });

  test('are used again after an answer that is an error', async () => {
    const server = await startServer((_, reply) => reply.writeHead(500).end('broken'));
    const session = new Session();
    for (let i = 0; i < 3; i++) await session.get(server.url);
    expect(server.connections).toBe(1);
  });

  test('are used again after a request that could not be sent', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    for (let i = 0; i < 3; i++)
      await expect(
        session.get(server.url, { headers: { 'Transfer-Encoding': 'chunked' } }),
      ).rejects.toThrow(InvalidJobError);
    await session.get(server.url);
    expect(server.connections).toBe(1);
  });

  test('are not taken for free where a request follows one that could not be sent', async () => {
    const [gate, handler] = holding();
    const server = await startServer(handler);
    const session = new Session();
    const refused = () =>
      expect(
        session.put(server.url, { data: 'abc', headers: { 'Content-Length': '5' } }),
      ).rejects.toBeInstanceOf(InvalidJobError);
    await refused();
    const again = refused();
    const held = session.get(server.url, { timeout: { read: 200 } });
    const unanswered = expect(held).rejects.toBeInstanceOf(ReadTimeoutError);
    await again;
    const other = session.get(server.url);
    await server.received(2);
    await unanswered;
    gate.open();
    expect(await (await other).text()).toBe('ok');
  });

  test('are none for a request that could not be sent', async () => {
    const session = new Session();
    const stats = () => Object.keys((session.dispatcher as Agent).stats);
    await expect(
      session.get('http://127.0.0.1:1', { headers: { 'Transfer-Encoding': 'chunked' } }),
    ).rejects.toThrow(InvalidJobError);
    await expect.poll(stats).toEqual([]);
  });

  test('may be those of a dispatcher that is composed of others', async () => {
    const server = await startServer((_, reply) => {
      reply.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2099 07:28:00 GMT']);
      reply.end();
    });
    const agent = new Agent();
    const dispatcher = agent.compose(
      (dispatch) => (options, handler) => dispatch(options, handler),
    );
    const session = new Session({ dispatcher });
    const { headers } = await session.get(server.url);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(session.cookies.getCookieStringSync(server.url)).toBe('a=1; b=2');
    await agent.close();
  });

  test('are used again after another one broke', async () => {
    const server = await startServer(({ path }, reply) =>
      path === '/broken' ? reply.destroy() : reply.end(),
    );
    const session = new Session();
    await expect(session.get(`${server.url}/broken`)).rejects.toMatchObject({
      name: 'ConnectionError',
    });
    for (let i = 0; i < 3; i++) await session.get(server.url);
    expect(server.connections).toBe(2);
  });

  test('are used again after another one was broken off', async () => {
    const server = await startServer(({ path }, reply) => {
      reply.write('too much');
      if (path !== '/endless') reply.end();
    });
    const session = new Session();
    const endless = session.get(`${server.url}/endless`, { maxResponseSize: 1 });
    await expect(endless).rejects.toMatchObject({ name: 'ResponseTooLargeError' });
    for (let i = 0; i < 10; i++) await session.get(server.url);
    // One broken off, one that was given a request while it broke, and the one that serves.
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  test('are made anew where the server closes them after each answer', async () => {
    const server = await startServer((_, reply) => {
      reply.setHeader('Connection', 'close').end('ok');
    });
    const session = new Session();
    for (let i = 0; i < 3; i++) expect(await (await session.get(server.url)).text()).toBe('ok');
    expect(server.connections).toBe(3);
  });

  test('are made anew where the server closes them without a word', async () => {
    const server = await startRawServer((socket) => socket.end(OK));
    const session = new Session();
    for (let i = 0; i < 3; i++) {
      expect(await (await session.get(server.url)).text()).toBe('ok');
      await expect.poll(() => server.openConnections).toBe(0);
    }
    expect(server.connections).toBe(3);
  });

  test('are made anew after a body that was cut off', async () => {
    const server = await startRawServer((socket, received) => {
      if (received.startsWith('GET /cut'))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
      else socket.write(OK);
    });
    const session = new Session();
    await session.get(server.url);
    await expect(session.get(`${server.url}/cut`)).rejects.toMatchObject({ name: 'ProtocolError' });
    expect(await (await session.get(server.url)).text()).toBe('ok');
  });

  test('of other sessions are others', async () => {
    const server = await startServer();
    await new Session().get(server.url);
    await new Session().get(server.url);
    expect(server.connections).toBe(2);
  });
});

describe('close()', () => {
  test('closes what is idle', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    expect(server.openConnections).toBe(1);
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('lets what is in flight end, and waits for it', async () => {
    const [gate, handler] = holding();
    const server = await startServer(handler);
    const session = new Session();
    const events: string[] = [];
    const requests = [1, 2].map(() =>
      session.get(server.url).then(({ statusCode }) => events.push(`${statusCode}`)),
    );
    await server.received(2);
    const closed = session.close().then(() => events.push('closed'));
    gate.open();
    await Promise.all([...requests, closed]);
    expect(events).toEqual(['200', '200', 'closed']);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('waits for what is in flight after another connection broke too', async () => {
    const [gate, handler] = holding();
    const server = await startServer((request, reply) =>
      request.path === '/broken' ? reply.destroy() : handler(request, reply),
    );
    const session = new Session();
    const events: string[] = [];
    const broken = session.get(`${server.url}/broken`).catch(() => undefined);
    const request = session.get(server.url).then(() => events.push('response'));
    await broken;
    await server.received(2);
    await expect.poll(() => server.openConnections).toBe(1);
    const closed = session.close().then(() => events.push('closed'));
    await new Promise(setImmediate);
    gate.open();
    await Promise.all([request, closed]);
    expect(events).toEqual(['response', 'closed']);
  });

  test('leaves the session usable', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    await session.close();
    await session.close();
    expect((await session.get(server.url)).ok).toBe(true);
    expect(server.connections).toBe(2);
  });

  test('in the middle of redirects does not break them', async () => {
    const server = await startServer(async ({ path }, reply) => {
      if (path === '/end') return reply.end('there');
      void session.close();
      return reply.writeHead(302, { Location: '/end' }).end();
    });
    const session = new Session();
    expect(await (await session.get(server.url)).text()).toBe('there');
  });

  test('of a session that was never used does nothing', async () => {
    await new Session().close();
  });

  test('is what `await using` calls', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    await session[Symbol.asyncDispose]();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('ends in time with a connect that hangs', async () => {
    const port = await startHangingListener();
    const session = new Session({ timeout: { connect: 40 } });
    const request = session.get(`http://127.0.0.1:${port}/`).catch(({ name }) => name);
    await session.close();
    expect(await request).toBe('ConnectTimeoutError');
  });

  test('leaves a dispatcher that was passed in alone', async () => {
    const server = await startServer();
    const dispatcher = new Agent();
    const session = new Session({ dispatcher });
    await session.get(server.url);
    await session.close();
    expect(session.dispatcher).toBe(dispatcher);
    expect((await session.get(server.url)).ok).toBe(true);
    await dispatcher.close();
  });
});

describe('a dispatcher', () => {
  test('of its own is made by a session when it is first needed', async () => {
    const session = new Session();
    expect(session.dispatcher).toBeInstanceOf(Agent);
    expect(session.dispatcher).toBe(session.dispatcher);
    await session.dispatcher.destroy();
  });

  test('of its own can be destroyed, and what is in flight with it', async () => {
    const server = await startServer(() => undefined);
    const session = new Session();
    const request = session.get(server.url);
    await server.received(1);
    await session.dispatcher.destroy();
    await expect(request).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('of its own tells of its connections', async () => {
    const server = await startServer();
    const session = new Session();
    const events: string[] = [];
    const note = (event: string) => (origin: URL) =>
      events.push(`${event} ${new URL(origin).origin}`);
    session.dispatcher.on('connect', note('connect'));
    session.dispatcher.on('disconnect', note('disconnect'));
    await session.get(server.url);
    server.closeConnections();
    await expect.poll(() => events).toEqual([`connect ${server.url}`, `disconnect ${server.url}`]);
  });

  test('may be a MockAgent', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    const pool = dispatcher.get('http://mock.test');
    const headers = { 'Set-Cookie': 'a=1', 'Content-Type': 'application/json' };
    pool.intercept({ path: '/x?q=1' }).reply(200, { mocked: true }, { headers });
    const session = new Session({ dispatcher });
    const response = await session.get('http://mock.test/x', { params: { q: 1 } });
    expect(await response.json()).toEqual({ mocked: true });
    expect(session.cookies.getCookieStringSync('http://mock.test')).toBe('a=1');
  });

  test('may be composed of interceptors', async () => {
    const server = await startServer((_, reply) => reply.end('ok'));
    const agent = new Agent();
    const session = new Session({ dispatcher: agent.compose(interceptors.dns()) });
    expect(await (await session.get(`http://localhost:${server.port}`)).text()).toBe('ok');
    await agent.close();
  });

  test('may be set on the session later', async () => {
    const dispatcher = new MockAgent();
    dispatcher.get('http://mock.test').intercept({ path: '/' }).reply(204);
    const session = new Session();
    session.dispatcher = dispatcher;
    expect((await session.get('http://mock.test')).statusCode).toBe(204);
  });

  test('that takes the place of its own has that one closed with the session', async () => {
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    session.dispatcher = new MockAgent();
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

test('Authorization goes with a redirect from http to https on their own ports', async () => {
  const dispatcher = new MockAgent();
  const seen: unknown[] = [];
  const look = ({ origin, headers }: { origin?: unknown; headers?: unknown }) => {
    const lines = headers as string[];
    seen.push(origin, lines.includes('Authorization'));
    return true;
  };
  for (const [origin, location] of [
    ['http://mock.test', 'https://mock.test/'],
    ['https://mock.test', 'http://mock.test/end'],
  ] as const)
    dispatcher
      .get(origin)
      .intercept({ path: '/' })
      .reply((options) => {
        look(options);
        return { statusCode: 302, responseOptions: { headers: { Location: location } } };
      });
  dispatcher
    .get('http://mock.test')
    .intercept({ path: '/end' })
    .reply((options) => {
      look(options);
      return { statusCode: 200 };
    });
  await new Session({ dispatcher, auth: ['user', 'pass'] }).get('http://mock.test/');
  expect(seen).toEqual([
    'http://mock.test',
    true,
    'https://mock.test',
    true,
    'http://mock.test',
    false,
  ]);
});
