import { expect, test } from 'vitest';
import * as sessionPool from '../src/index.js';
import * as testing from '../src/testing/index.js';

test('the package exports this, and a change of it is a change of the API', () => {
  expect(Object.keys(sessionPool).sort()).toEqual([
    'AbortError',
    'ConnectTimeoutError',
    'ConnectionError',
    'ContentDecodingError',
    'CookieJar',
    'HTTPError',
    'Headers',
    'InvalidHeaderError',
    'InvalidJobError',
    'InvalidURLError',
    'JobQueue',
    'Pool',
    'ProtocolError',
    'ProxyError',
    'ReadTimeoutError',
    'RequestError',
    'Response',
    'ResponseTooLargeError',
    'Session',
    'SessionThread',
    'TLSError',
    'ThreadException',
    'ThreadResponse',
    'TimeoutError',
    'TooManyRedirectsError',
    'UnrewindableBodyError',
    'UserAgentBuilder',
    'bearerAuth',
    'digestAuth',
    'failureReport',
    'map',
    'userAgent',
  ]);
});

test('its entry for tests exports this', () => {
  expect(Object.keys(testing).sort()).toEqual(['Script', 'jobSourceConformance']);
});
