import { describe, expect, test, vi } from 'vitest';
import {
  AbortError,
  ConnectionError,
  ConnectTimeoutError,
  ContentDecodingError,
  HTTPError,
  InvalidHeaderError,
  InvalidJobError,
  InvalidURLError,
  ProtocolError,
  ProxyError,
  ReadTimeoutError,
  RequestError,
  type RequestErrorOptions,
  ResponseTooLargeError,
  TimeoutError,
  TLSError,
  TooManyRedirectsError,
  UnrewindableBodyError,
} from '../../src/index.js';
import { answer, failed, HALF, policyOf, retried } from '../helpers/attempts.js';

describe('by its class, an error of ours', () => {
  type ErrorClass = new (message: string, options?: RequestErrorOptions) => RequestError;
  const retriable: ErrorClass[] = [
    ConnectionError,
    ProxyError,
    TimeoutError,
    ConnectTimeoutError,
    ReadTimeoutError,
    ProtocolError,
  ];
  test.each(retriable.map((ErrorClass) => [ErrorClass.name, ErrorClass] as const))(
    'is retried: %s',
    (_, ErrorClass) => {
      expect(policyOf().decide(failed(new ErrorClass('x')), HALF)).toEqual(retried());
    },
  );

  const lasting: ErrorClass[] = [
    RequestError,
    TLSError,
    AbortError,
    InvalidJobError,
    InvalidURLError,
    InvalidHeaderError,
    UnrewindableBodyError,
    TooManyRedirectsError,
    ResponseTooLargeError,
    ContentDecodingError,
    HTTPError,
  ];
  test.each(lasting.map((ErrorClass) => [ErrorClass.name, ErrorClass] as const))(
    'is not, whatever its code: %s',
    (_, ErrorClass) => {
      const error = new ErrorClass('x', { code: 'ECONNRESET', cause: { code: 'ECONNRESET' } });
      expect(policyOf().decide(failed(error), HALF)).toBeUndefined();
    },
  );
});

describe('by its code, an error of others', () => {
  const withCode = (code: unknown) => Object.assign(new Error('x'), { code });
  test.each([
    'ETIMEDOUT',
    'ECONNRESET',
    'EADDRINUSE',
    'ECONNREFUSED',
    'EPIPE',
    'ENOTFOUND',
    'ENETUNREACH',
    'EAI_AGAIN',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'UND_ERR_SOCKET',
  ])('is retried, or by that of its cause: %s', (code) => {
    const caused = new TypeError('fetch failed', { cause: withCode(code) });
    expect(policyOf().decide(failed(withCode(code)), HALF)).toEqual(retried());
    expect(policyOf().decide(failed(caused), HALF)).toEqual(retried());
  });

  test.each<[string, unknown]>([
    ['without one', new Error('x')],
    ['of another', withCode('ENOENT')],
    ['in another case', withCode('econnreset')],
    ['of a number', withCode(23)],
    ['whose cause is null', Object.assign(new Error('x'), { cause: null })],
    ['whose cause is a string', new Error('x', { cause: 'ECONNRESET' })],
    ['two causes down', new Error('x', { cause: new Error('y', { cause: withCode('EPIPE') }) })],
    ['that is a string', 'ECONNRESET'],
    ['that is null', null],
    ['that is undefined', undefined],
  ])('is not: %s', (_, exception) => {
    expect(policyOf().decide(failed(exception), HALF)).toBeUndefined();
  });

  test('is retried as errorCodes say, and so is one of ours', () => {
    const policy = policyOf({ errorCodes: ['ENOENT', 'CERT_HAS_EXPIRED', 'ERR_TIMEOUT'] });
    const expired = new TLSError('x', { code: 'CERT_HAS_EXPIRED' });
    const caused = new RequestError('x', { cause: withCode('ENOENT') });
    for (const error of [withCode('ENOENT'), expired, caused, new TimeoutError('x')])
      expect(policy.decide(failed(error), HALF)).toEqual(retried());
    for (const error of [
      withCode('ECONNRESET'),
      new ConnectionError('x'),
      new ReadTimeoutError('x'),
    ])
      expect(policy.decide(failed(error), HALF)).toBeUndefined();
  });
});

describe('an exception that has a response', () => {
  const withResponse = (statusCode: number, retryAfter?: string) =>
    Object.assign(new Error('x'), {
      code: 'ECONNRESET',
      response: answer(statusCode, retryAfter),
    });

  test('goes by its status', () => {
    const httpError = (status: number) => new HTTPError('x', { response: answer(status) as never });
    expect(policyOf().decide(failed(httpError(503)), HALF)).toEqual(retried());
    expect(policyOf().decide(failed(httpError(404)), HALF)).toBeUndefined();
    expect(policyOf().decide(failed(httpError(429)), HALF)).toMatchObject({ isThrottled: true });
    expect(policyOf().decide(failed(withResponse(400)), HALF)).toBeUndefined();
  });

  test('goes by itself where its status is no failure', () => {
    expect(policyOf().decide(failed(withResponse(200)), HALF)).toEqual(retried());
    expect(policyOf().decide(failed(withResponse(399)), HALF)).toEqual(retried());
  });

  test('goes by itself where its status is no number', () => {
    const error = Object.assign(new Error('x'), { code: 'EPIPE', response: { status: '503' } });
    expect(policyOf().decide(failed(error), HALF)).toEqual(retried());
  });

  test('may ask to be left alone', () => {
    const decision = policyOf().decide(failed(withResponse(503, '7')), HALF);
    expect(decision).toEqual(retried({ delay: 7000, hold: 7000 }));
  });
});

describe('an abort is never retried', () => {
  const shouldRetry = vi.fn(() => true);
  test.each<[string, unknown]>([
    ['of ours', new AbortError('x')],
    ['of fetch', new DOMException('x', 'AbortError')],
    ['of anyone', Object.assign(new Error('x'), { name: 'AbortError', code: 'ECONNRESET' })],
    ['with a response', Object.assign(new AbortError('x'), { answer: answer(503, '5') })],
  ])('%s', (_, exception) => {
    expect(policyOf().decide(failed(exception), HALF)).toBeUndefined();
    expect(policyOf({ shouldRetry }).decide(failed(exception), HALF)).toBeUndefined();
    expect(shouldRetry).not.toHaveBeenCalled();
  });
});
