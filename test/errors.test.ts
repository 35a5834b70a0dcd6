import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as sessionPool from '../src/index.js';
import { Headers, HTTPError, RequestError, Session } from '../src/index.js';
import { startServer } from './helpers/http-server.js';

/** Each class of the tree, its parent and its code. */
const TREE = [
  ['RequestError', 'Error', 'ERR_REQUEST'],
  ['ConnectionError', 'RequestError', 'ERR_CONNECTION'],
  ['ProxyError', 'ConnectionError', 'ERR_PROXY'],
  ['TLSError', 'ConnectionError', 'ERR_TLS'],
  ['TimeoutError', 'RequestError', 'ERR_TIMEOUT'],
  ['ConnectTimeoutError', 'TimeoutError', 'ERR_CONNECT_TIMEOUT'],
  ['ReadTimeoutError', 'TimeoutError', 'ERR_READ_TIMEOUT'],
  ['ProtocolError', 'RequestError', 'ERR_PROTOCOL'],
  ['ContentDecodingError', 'RequestError', 'ERR_CONTENT_DECODING'],
  ['ResponseTooLargeError', 'RequestError', 'ERR_RESPONSE_TOO_LARGE'],
  ['TooManyRedirectsError', 'RequestError', 'ERR_TOO_MANY_REDIRECTS'],
  ['HTTPError', 'RequestError', 'ERR_HTTP_STATUS'],
  ['UnrewindableBodyError', 'RequestError', 'ERR_UNREWINDABLE_BODY'],
  ['InvalidJobError', 'RequestError', 'ERR_INVALID_JOB'],
  ['InvalidURLError', 'InvalidJobError', 'ERR_INVALID_URL'],
  ['InvalidHeaderError', 'InvalidJobError', 'ERR_INVALID_HEADER'],
  ['AbortError', 'RequestError', 'ERR_ABORTED'],
] as const;

const classes = Object.fromEntries(
  Object.entries(sessionPool).filter(([name]) => name.endsWith('Error')),
) as Record<string, typeof RequestError>;

test.each(TREE)('%s is a %s with the code %s', (name, parent, code) => {
  const ErrorClass = classes[name] as typeof RequestError;
  const error = new ErrorClass('it failed');
  expect(Object.getPrototypeOf(ErrorClass).name).toBe(parent);
  expect(error).toMatchObject({ name, code, message: 'it failed' });
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

  test('carries its cause, a code, the request and the response', async () => {
    const server = await startServer();
    const response = await new Session().get(server.url);
    const cause = new Error('below');
    const error = new HTTPError('it failed', { code: 'MINE', cause, request, response });
    expect(error.code).toBe('MINE');
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
