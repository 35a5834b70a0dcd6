import { expect, test } from 'vitest';
import { Session } from '../../src/index.js';
import { heldBytes } from '../../src/queue/body-size.js';
import { startServer } from '../helpers/http-server.js';

const BYTES = new Uint8Array(new ArrayBuffer(100), 10, 5);

test.each<[string, unknown, number]>([
  ['a response that says it', { bufferedBytes: 7, body: 'ab' }, 7],
  ['one that says something else', { bufferedBytes: '7', body: 'ab' }, 2],
  ['got’s', { rawBody: BYTES, body: 'abc' }, 5],
  ['axios’', { status: 200, data: 'abcd' }, 4],
  ['one with bytes', { content: BYTES.buffer }, 100],
  ['one whose first body is empty', { body: '', data: 'ab' }, 2],
  ['one whose body is an object', { data: { a: 1 }, body: null }, 0],
  ['one without a body', { status: 204 }, 0],
  ['a string', 'abc', 3],
  ['bytes', BYTES, 5],
  ['a number', 9, 0],
  ['null', null, 0],
  ['undefined', undefined, 0],
  ['a function', () => 'abc', 0],
])('of %s', (_, response, size) => {
  expect(heldBytes({ response })).toBe(size);
});

test('of a response of ours is its body’s, and none of one that is streamed', async () => {
  const server = await startServer((_, reply) => reply.end('abcd'));
  await using session = new Session();
  const read = await session.get(server.url);
  const streamed = await session.get(server.url, { stream: true });
  expect([heldBytes({ response: read }), heldBytes({ response: streamed })]).toEqual([4, 0]);
});

test('a getter, which may well make its body anew, is not called', () => {
  const response = {
    get body(): string {
      throw new Error('called');
    },
  };
  expect(heldBytes({ response })).toBe(0);
});

test('what cannot be looked at has no size', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect([heldBytes(proxy), heldBytes({ response: proxy })]).toEqual([0, 0]);
});

test.each([undefined, null, 'text', {}])('%o is no outcome with a response', (outcome) => {
  expect(heldBytes(outcome)).toBe(0);
});
