import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { Agent, MockAgent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { RequestContext } from '../../src/http/request-context.js';
import { type Response, Session, type Timings } from '../../src/index.js';
import { selfSigned } from '../helpers/certificate.js';
import { Gate } from '../helpers/gate.js';
import { startServer } from '../helpers/http-server.js';
import { startRawServer } from '../helpers/raw-server.js';

/** The times that a response took, which must fit together. */
function timingsOf(response: Response): Timings {
  const { timings, elapsed } = response;
  const { body, ...others } = timings;
  for (const time of Object.values(others)) expect(time).toBeGreaterThanOrEqual(0);
  if (body !== undefined) expect(body).toBeGreaterThanOrEqual(0);
  expect(timings.connect + timings.firstByte).toBeCloseTo(elapsed, 6);
  return timings;
}

test('a response tells where its time went', async () => {
  const gate = new Gate();
  const server = await startServer(async (_, reply) => {
    reply.write('first');
    await gate.opened;
    reply.end('last');
  });
  await using session = new Session();
  const requested = session.get(server.url);
  await server.received(1);
  gate.open();
  const { queued, connect, firstByte, body } = timingsOf(await requested);
  expect(queued).toBe(0);
  for (const time of [connect, firstByte, body]) expect(time).toBeGreaterThan(0);
});

test('the times are told as a plain object, a new one each time', async () => {
  const server = await startServer();
  await using session = new Session();
  const response = await session.get(server.url);
  expect(Object.keys(response.timings)).toEqual(['queued', 'connect', 'firstByte', 'body']);
  expect(response.timings).toEqual(JSON.parse(JSON.stringify(response.timings)));
  expect(response.timings).not.toBe(response.timings);
});

test('a connection that is in use takes no time to connect', async () => {
  const server = await startServer();
  await using session = new Session();
  await session.get(server.url);
  const data = (async function* () {
    yield 'a body that comes in pieces';
  })();
  for (const response of [await session.get(server.url), await session.put(server.url, { data })])
    expect(timingsOf(response).connect).toBe(0);
  expect(server.connections).toBe(1);
});

test('a connection that took the place of one in use took its time', async () => {
  let answered = 0;
  const server = await startRawServer((socket) => {
    if (answered++ === 1) socket.destroy();
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await using session = new Session();
  await session.get(server.url);
  expect(timingsOf(await session.get(server.url)).connect).toBeGreaterThan(0);
  expect(server.connections).toBe(2);
});

test('TLS is part of the connect', async () => {
  const pem = selfSigned();
  const create = (listener: RequestListener) => createServer(pem, listener);
  const server = await startServer(undefined, { create });
  await using session = new Session({ verify: pem.cert });
  const [first, second] = [await session.get(server.url), await session.get(server.url)];
  expect(timingsOf(first).connect).toBeGreaterThan(0);
  expect(timingsOf(second).connect).toBe(0);
});

test('each response of a chain has times of its own', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/') reply.writeHead(302, { location: '/there' });
    reply.end();
  });
  const context = new RequestContext({
    admit: () => ({ granted: new Promise((resolve) => setTimeout(resolve, 20)), cancel() {} }),
  });
  context.queued = 1234;
  await using session = new Session();
  const response = await session.request({ url: server.url }, context);
  const [redirect] = response.history as [Response];
  expect(timingsOf(redirect)).toMatchObject({ queued: 1234 });
  expect(redirect.timings.connect).toBeGreaterThan(0);
  expect(timingsOf(response)).toMatchObject({ connect: 0 });
  expect(response.timings.queued).toBeGreaterThan(0);
  expect(response.timings.queued).not.toBe(1234);
});

test('the wait is told by whoever runs the job, in a copy too', async () => {
  const server = await startServer();
  await using session = new Session();
  const context = Object.assign(new RequestContext(), { queued: 7 });
  for (const given of [context, { ...context }, { queued: 7 }])
    expect((await session.request({ url: server.url }, given)).timings.queued).toBe(7);
});

test('a streamed body has no time until it has ended', async () => {
  const gate = new Gate();
  const server = await startServer(async (_, reply) => {
    reply.write('first');
    await gate.opened;
    reply.end('last');
  });
  await using session = new Session();
  const response = await session.get(server.url, { stream: true });
  expect(timingsOf(response).body).toBeUndefined();
  const text = response.text();
  expect(response.timings.body).toBeUndefined();
  gate.open();
  expect(await text).toBe('firstlast');
  expect(response.timings.body).toBeGreaterThan(0);
});

test('a streamed body that was broken off has none', async () => {
  const server = await startServer((_, reply) => reply.write('first'));
  await using session = new Session();
  const response = await session.get(server.url, { stream: true });
  response.close();
  expect(response.timings.body).toBeUndefined();
});

test('they are told with a dispatcher that was passed in too', async () => {
  const server = await startServer();
  const agent = new Agent();
  const mock = new MockAgent();
  onTestFinished(async () => {
    await agent.close();
    await mock.close();
  });
  mock.disableNetConnect();
  mock.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked');
  timingsOf(await new Session({ dispatcher: mock }).get('http://mocked.test/'));
  const { connect } = timingsOf(await new Session({ dispatcher: agent }).get(server.url));
  expect(connect).toBeGreaterThan(0);
});
