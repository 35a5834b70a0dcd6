import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as sessionPool from '../src/index.js';
import { Headers, HTTPError, RequestError, Session } from '../src/index.js';
import { startServer } from './helpers/http-server.js';

/** Each class of the tree, its parent, its code, and the phase of one that says nothing else. */
const TREE = [
  ['RequestError', 'Error', 'ERR_REQUEST', 'prepare'],
  ['ConnectionError', 'RequestError', 'ERR_CONNECTION', 'connect'],
  ['ProxyError', 'ConnectionError', 'ERR_PROXY', 'connect'],
  ['TLSError', 'ConnectionError', 'ERR_TLS', 'connect'],
  ['TimeoutError', 'RequestError', 'ERR_TIMEOUT', 'firstByte'],
  ['ConnectTimeoutError', 'TimeoutError', 'ERR_CONNECT_TIMEOUT', 'connect'],
  ['ReadTimeoutError', 'TimeoutError', 'ERR_READ_TIMEOUT', 'firstByte'],
  ['ProtocolError', 'RequestError', 'ERR_PROTOCOL', 'firstByte'],
  ['ContentDecodingError', 'RequestError', 'ERR_CONTENT_DECODING', 'body'],
  ['ResponseTooLargeError', 'RequestError', 'ERR_RESPONSE_TOO_LARGE', 'body'],
  ['TooManyRedirectsError', 'RequestError', 'ERR_TOO_MANY_REDIRECTS', 'response'],
  ['HTTPError', 'RequestError', 'ERR_HTTP_STATUS', 'response'],
  ['UnrewindableBodyError', 'RequestError', 'ERR_UNREWINDABLE_BODY', 'response'],
  ['InvalidJobError', 'RequestError', 'ERR_INVALID_JOB', 'prepare'],
  ['InvalidURLError', 'InvalidJobError', 'ERR_INVALID_URL', 'prepare'],
  ['InvalidHeaderError', 'InvalidJobError', 'ERR_INVALID_HEADER', 'prepare'],
  ['AbortError', 'RequestError', 'ERR_ABORTED', 'queued'],
] as const;

const classes = Object.fromEntries(
  Object.entries(sessionPool).filter(([name]) => name.endsWith('Error')),
) as Record<string, typeof RequestError>;

test.each(TREE)('%s is a %s with the code %s, in %s', (name, parent, code, phase) => {
  const ErrorClass = classes[name] as typeof RequestError;
  const error = new ErrorClass('it failed');
  expect(Object.getPrototypeOf(ErrorClass).name).toBe(parent);
  expect(error).toMatchObject({ name, code, phase, message: 'it failed' });
  expect(String(error)).toBe(`${name}: it failed`);
  expect('cause' in error).toBe(false);
  expect(error.request).toBeUndefined();
  expect(error.response).toBeUndefined();
});

test('the tree is whole', () => {
  expect(Object.keys(classes).sort()).toEqual(TREE.map(([name]) => name).sort());
});

describe('an error', () => {
  const request = {
    method: 'GET',
    url: new URL('http://h/'),
    headers: new Headers({ Authorization: 'Bearer secret' }),
  };

  test('carries its cause, a code, its phase, the request and the response', async () => {
    const server = await startServer();
    const response = await new Session().get(server.url);
    const cause = new Error('below');
    const options = { code: 'MINE', phase: 'body', cause, request, response } as const;
    const error = new HTTPError('it failed', options);
    expect(error.code).toBe('MINE');
    expect(error.phase).toBe('body');
    expect(error.cause).toBe(cause);
    expect(error.request).toBe(request);
    expect(error.response).toBe(response);
  });

  test('has a falsy cause too', () => {
    expect(new RequestError('it failed', { cause: null }).cause).toBeNull();
  });

  test('that is logged shows neither the request nor the response', () => {
    const error = new RequestError('it failed', { request });
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(Object.keys(error)).not.toContain('request');
  });

  test('of a request with credentials shows none of them', async () => {
    const server = await startServer((_, reply) => reply.destroy());
    const error = await new Session({ auth: ['user', 'secret'] })
      .get(server.url, { headers: { Cookie: 'secret=secret' } })
      .catch((reason) => reason);
    const basic = Buffer.from('user:secret').toString('base64');
    expect(error).toBeInstanceOf(RequestError);
    expect(error.request.headers.get('authorization')).toBe(`Basic ${basic}`);
    const logged = inspect(error, { depth: 9 }) + JSON.stringify(error) + error.stack;
    expect(logged).not.toContain('secret');
    expect(logged).not.toContain(basic);
  });
});
