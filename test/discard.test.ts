import { Readable } from 'node:stream';
import { Agent, fetch, request } from 'undici';
import { expect, onTestFinished, test, vi } from 'vitest';
import { discard } from '../src/discard.js';
import { Session } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import { quiet } from './helpers/scripted-session.js';

/** A server that sends the head of each answer, and the beginning of its body. */
const startEndless = () =>
  startServer((_, reply) => void reply.writeHead(503).write('x'.repeat(100)));

const STREAMS = ['body', 'data', 'content'] as const;

test('a response of ours is closed', async () => {
  const server = await startEndless();
  const response = await new Session().get(server.url, { stream: true });
  discard(response);
  await expect.poll(() => server.openConnections).toBe(0);
});

test('one of fetch’s is cancelled', async () => {
  const server = await startEndless();
  // Node's own, which others may have set, opens another connection in place of this one.
  const dispatcher = new Agent();
  discard(await fetch(server.url, { dispatcher }));
  await expect.poll(() => server.openConnections).toBe(0);
});

test('one of undici’s is destroyed, and the error that its body tells of then is nobody’s', async () => {
  const uncaught = vi.fn();
  process.on('uncaughtException', uncaught);
  onTestFinished(() => void process.off('uncaughtException', uncaught));
  const endless = await startEndless();
  const short = await startServer((_, reply) => reply.writeHead(503).end('short'));
  for (const { url } of [endless, short]) {
    const response = await request(url, { dispatcher: new Agent() });
    discard(response);
    expect(response.body.destroyed).toBe(true);
  }
  await expect.poll(() => endless.openConnections).toBe(0);
  await quiet();
  expect(uncaught).not.toHaveBeenCalled();
});

test.each(STREAMS)('a stream of Node in its %s is destroyed', (name) => {
  const stream = new Readable({ read: () => {} });
  discard({ status: 200, [name]: stream });
  expect(stream.destroyed).toBe(true);
});

test.each(STREAMS)('a stream of the web in its %s is cancelled', async (name) => {
  const cancel = vi.fn();
  discard({ status: 200, [name]: new ReadableStream({ cancel }) });
  await quiet();
  expect(cancel).toHaveBeenCalledOnce();
});

test('a response may be such a stream itself', async () => {
  const stream = new Readable({ read: () => {} });
  discard(stream);
  expect(stream.destroyed).toBe(true);
  const cancel = vi.fn();
  discard(new ReadableStream({ cancel }));
  await quiet();
  expect(cancel).toHaveBeenCalledOnce();
});

test('nothing else of it is called: it may be a record of a database', () => {
  const way = vi.fn();
  const methods = { close: way, destroy: way, cancel: way };
  for (const name of STREAMS) discard({ ...methods, [name]: methods });
  expect(way).not.toHaveBeenCalled();
});

test.each([undefined, null, 'text', 7, {}, { body: null }, { body: 'text' }, { data: [1] }])(
  'of %o there is nothing to give up',
  (response) => {
    expect(() => discard(response)).not.toThrow();
  },
);

test('what that throws, or rejects with, is nobody’s', async () => {
  const broken = new Readable({
    read: () => {},
    destroy: (_, done) => done(new Error('cannot')),
  });
  discard({ body: broken });
  // A body that somebody reads cannot be cancelled.
  const response = new Response('text');
  response.body?.getReader();
  discard(response);
  await quiet();
  const failing = new Readable({ read: () => {} });
  failing.destroy = () => {
    throw new Error('cannot');
  };
  expect(() => discard({ body: failing })).not.toThrow();
});

test('what cannot be looked at is left alone', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(() => discard(proxy)).not.toThrow();
  expect(() => discard({ body: proxy })).not.toThrow();
});
