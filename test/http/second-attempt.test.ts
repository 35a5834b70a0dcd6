import { describe, expect, test } from 'vitest';
import { mayBeSentAgain } from '../../src/http/second-attempt.js';
import { ConnectionError, ProtocolError, ReadTimeoutError, TLSError } from '../../src/index.js';
import { Headers } from '../../src/request/headers.js';
import type { PreparedRequest } from '../../src/request/prepared-request.js';

const GET: PreparedRequest = {
  method: 'GET',
  url: new URL('http://127.0.0.1'),
  headers: new Headers(),
  body: undefined,
};
const POST = { ...GET, method: 'POST' };
const reset = new ConnectionError('reset', { code: 'ECONNRESET' });

describe('a request may be sent again', () => {
  test.each(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET'])('after %s', (code) => {
    const error = new ConnectionError('closed', { code });
    expect(mayBeSentAgain(GET, { error, isWritten: true })).toBe(true);
  });

  test.each<[string, unknown]>([
    ['a connection that could not be made', new ConnectionError('no', { code: 'ECONNREFUSED' })],
    ['a failure of TLS', new TLSError('no', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' })],
    ['a broken answer', new ProtocolError('no', { code: 'UND_ERR_SOCKET' })],
    ['a timeout', new ReadTimeoutError('no', { code: 'UND_ERR_SOCKET' })],
    ['what somebody else threw', Object.assign(new Error('no'), { code: 'ECONNRESET' })],
    ['nothing at all', undefined],
  ])('but not after %s', (_, error) => {
    expect(mayBeSentAgain(GET, { error, isWritten: false })).toBe(false);
  });

  test('by any method, if it was not written', () => {
    expect(mayBeSentAgain(POST, { error: reset, isWritten: false })).toBe(true);
    expect(mayBeSentAgain(POST, { error: reset, isWritten: true })).toBe(false);
  });

  test('but not with a body that can be read once, written or not', () => {
    const body = { size: 1, isReplayable: false, open: () => expect.unreachable() };
    expect(mayBeSentAgain({ ...POST, body }, { error: reset, isWritten: false })).toBe(false);
  });
});
