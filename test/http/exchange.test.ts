import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Agent, Dispatcher } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ConnectTimeoutError,
  ReadTimeoutError,
  type RequestError,
  Session,
  TimeoutError,
} from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { startServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';

/** What keeps the process alive: timers, sockets. */
const resources = (kind: string) =>
  process.getActiveResourcesInfo().filter((resource) => resource === kind).length;

const failure = (request: Promise<unknown>): Promise<RequestError> =>
  request.then(
    () => expect.fail('there was a response'),
    (error) => error,
  );

/** Accepts connections and says nothing. */
async function startSilentServer(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('timeout.connect', () => {
  test('ends a connect that hangs, and frees its socket', async () => {
    const port = await startHangingListener();
    const session = new Session({ timeout: { connect: 30 } });
    const timers = resources('Timeout');
    const error = await failure(session.get(`http://127.0.0.1:${port}/x`));
    expect(error.constructor).toBe(ConnectTimeoutError);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.code).toBe('ERR_CONNECT_TIMEOUT');
    expect(error.message).toBe(`GET http://127.0.0.1:${port}/x: no connection within 30 ms`);
    expect(error.request?.url.pathname).toBe('/x');
    expect(resources('Timeout')).toBeLessThanOrEqual(timers);
    await expect.poll(() => resources('TCPSocketWrap') + resources('TCPConnectWrap')).toBe(2);
    await session.close();
  });

  test('is also the time for TLS', async () => {
    const port = await startSilentServer();
    const error = await failure(
      new Session().get(`https://127.0.0.1:${port}/`, { timeout: { connect: 30 } }),
    );
    expect(error.constructor).toBe(ConnectTimeoutError);
  });

  test('of one request does no harm to another of the same session', async () => {
    const port = await startHangingListener();
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.end('unharmed');
    });
    const session = new Session({ timeout: { connect: 30 } });
    const other = session.get(server.url);
    const hanging = [1, 2].map(() => failure(session.get(`http://127.0.0.1:${port}/`)));
    for (const error of await Promise.all(hanging))
      expect(error.constructor).toBe(ConnectTimeoutError);
    gate.open();
    expect(await (await other).text()).toBe('unharmed');
    await session.close();
  });

  test('ends a connect of a dispatcher that was passed in', async () => {
    const port = await startHangingListener();
    const dispatcher = new Agent({ connect: { timeout: 0 } });
    const session = new Session({ dispatcher, timeout: { connect: 30 } });
    const error = await failure(session.get(`http://127.0.0.1:${port}/`));
    expect(error.constructor).toBe(ConnectTimeoutError);
    void dispatcher.destroy();
  });

  test('gives back a connection that a dispatcher which was passed in has too late', async () => {
    const server = await startServer((_, reply) => reply.end('answered'));
    let connected = () => undefined as unknown;
    class Late extends Agent {
      override dispatch(...args: Parameters<Agent['dispatch']>): boolean {
        connected = () => super.dispatch(...args);
        return true;
      }
    }
    const dispatcher = new Late();
    const session = new Session({ dispatcher, timeout: { connect: 5 } });
    expect((await failure(session.get(server.url))).constructor).toBe(ConnectTimeoutError);
    connected();
    await dispatcher.close();
    expect(server.requests).toEqual([]);
  });

  test('does not count once there is a connection', async () => {
    const gate = new Gate();
    const server = await startServer(async (_, reply) => {
      await gate.opened;
      reply.end();
    });
    const request = new Session().get(server.url, { timeout: { connect: 200, read: Infinity } });
    await server.received(1);
    setTimeout(gate.open, 250);
    expect((await request).ok).toBe(true);
  });

  test('may be Infinity', async () => {
    const server = await startServer();
    expect((await new Session().get(server.url, { timeout: Infinity })).ok).toBe(true);
  });
});

describe('timeout.read', () => {
  test('ends a wait for the head, and frees the connection', async () => {
    const server = await startServer(() => undefined);
    const timers = resources('Timeout');
    const error = await failure(new Session().get(server.url, { timeout: { read: 30 } }));
    expect(error.constructor).toBe(ReadTimeoutError);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.code).toBe('ERR_READ_TIMEOUT');
    expect(error.message).toBe(`GET ${server.url}/: no response within 30 ms`);
    expect(resources('Timeout')).toBeLessThanOrEqual(timers);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('ends a wait within the body, and frees the connection', async () => {
    const server = await startServer((_, reply) => reply.write('one piece'));
    const error = await failure(new Session().get(server.url, { timeout: 30 }));
    expect(error.constructor).toBe(ReadTimeoutError);
    expect(error.message).toBe(`GET ${server.url}/: no more of the body within 30 ms`);
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('is not pushed away by heads that announce the one to come', async () => {
    const server = await startRawServer((socket) => {
      const hints = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.once('close', () => clearInterval(hints));
    });
    const error = await failure(
      new Session().get(server.url, { timeout: { read: 300, total: 2_000 } }),
    );
    expect(error.constructor).toBe(ReadTimeoutError);
  });

  test('begins again with each piece of the body', async () => {
    const server = await startServer((_, reply) => {
      let pieces = 0;
      const timer = setInterval(() => {
        reply.write('piece');
        if (++pieces < 12) return;
        clearInterval(timer);
        reply.end();
      }, 50);
    });
    const response = await new Session().get(server.url, { timeout: { read: 500 } });
    expect(await response.text()).toBe('piece'.repeat(12));
  });

  test('leaves the session as it was', async () => {
    const server = await startServer(({ path }, reply) => path === '/' && reply.end('fine'));
    const session = new Session();
    const gate = failure(session.get(`${server.url}/hang`, { timeout: 30 }));
    expect(await (await session.get(server.url)).text()).toBe('fine');
    await gate;
    expect(await (await session.get(server.url)).text()).toBe('fine');
  });
});

describe('timeout.total', () => {
  const total = 60;

  test.each([
    ['before the head', '/hang'],
    ['within the body', '/stall'],
    ['while the body still comes', '/drip'],
    ['over redirects', '/around'],
  ])('ends a request %s', async (_, path) => {
    const server = await startServer((request, reply) => {
      if (request.path === '/hang') return;
      if (request.path === '/stall') reply.write('x');
      else if (request.path === '/drip') {
        const timer = setInterval(() => reply.write('x'), 5);
        reply.once('close', () => clearInterval(timer));
      } else setTimeout(() => reply.writeHead(302, { Location: '/around' }).end(), 5);
    });
    const timers = resources('Timeout');
    const session = new Session({ maxRedirects: Infinity });
    const error = await failure(session.get(server.url + path, { timeout: { total } }));
    expect(error.constructor).toBe(TimeoutError);
    expect(error.code).toBe('ERR_TIMEOUT');
    expect(error.message).toBe(`GET ${server.url}${path}: not done within ${total} ms`);
    expect(error.request?.url.href).toBe(server.url + path);
    await expect.poll(() => server.inFlight).toBe(0);
    expect(resources('Timeout')).toBeLessThanOrEqual(timers + 1);
    await session.close();
    await expect.poll(() => server.openConnections).toBe(0);
  });

  test('ends a connect', async () => {
    const port = await startHangingListener();
    const session = new Session({ timeout: { total: 30 } });
    const error = await failure(session.get(`http://127.0.0.1:${port}/`));
    expect(error.constructor).toBe(TimeoutError);
    await session.close();
  });

  test.each(['auth', 'hook'])('ends a wait for an %s that never comes', async (what) => {
    const server = await startServer();
    const never = () => new Promise<undefined>(() => undefined);
    const error = await failure(
      new Session().get(server.url, {
        timeout: { total: 30 },
        ...(what === 'auth' ? { auth: never } : { hooks: { response: never } }),
      }),
    );
    expect(error.constructor).toBe(TimeoutError);
  });

  test('that ran out while a hook was busy sends nothing more', async () => {
    const server = await startServer(({ path }, reply) =>
      path === '/other' ? reply.end() : reply.writeHead(302, { Location: '/' }).end(),
    );
    const gate = new Gate();
    const session = new Session();
    const options = { timeout: { total: 30 }, hooks: { response: () => gate.opened } };
    expect((await failure(session.get(server.url, options))).constructor).toBe(TimeoutError);
    gate.open();
    await session.get(`${server.url}/other`);
    expect(server.requests.map(({ path }) => path)).toEqual(['/', '/other']);
  });

  test('that is not reached leaves no timer', async () => {
    const server = await startServer();
    const timers = resources('Timeout');
    const session = new Session({ timeout: { total: 10_000 } });
    expect((await session.get(server.url)).ok).toBe(true);
    expect(resources('Timeout')).toBeLessThanOrEqual(timers);
    await server.close();
    await expect(session.get(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(resources('Timeout')).toBeLessThanOrEqual(timers);
  });
});

test('heads that announce the one to come are passed over', async () => {
  const server = await startRawServer((socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n');
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const response = await new Session().get(server.url);
  expect([response.statusCode, await response.text()]).toEqual([200, 'ok']);
  expect(response.links).toEqual({});
});

test('what a dispatcher does after the request was given up changes nothing', async () => {
  class Deaf extends Dispatcher {
    override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      handler.onConnect?.(() => undefined);
      handler.onHeaders?.(200, [], () => undefined, 'OK');
      handler.onData?.(Buffer.from('too much'));
      handler.onData?.(Buffer.from('and more'));
      handler.onComplete?.([]);
      handler.onError?.(new Error('late'));
      return true;
    }
  }
  const session = new Session({ dispatcher: new Deaf(), maxResponseSize: 5 });
  expect((await failure(session.get('http://127.0.0.1/'))).name).toBe('ResponseTooLargeError');
});
