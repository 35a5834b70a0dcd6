import { createServer as createSecureServer } from 'node:https';
import { inspect } from 'node:util';
import { Agent, Dispatcher, errors, MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../src/http/failures.js';
import {
  AbortError,
  ConnectionError,
  ConnectTimeoutError,
  InvalidHeaderError,
  InvalidJobError,
  ProtocolError,
  ProxyError,
  ReadTimeoutError,
  RequestError,
  ResponseTooLargeError,
  Session,
  TLSError,
} from '../../src/index.js';
import { selfSigned } from '../helpers/certificate.js';
import { startServer } from '../helpers/http-server.js';
import { startRawAnswer, startRawServer } from '../helpers/raw-server.js';

/** What a session's request to this URL ends with. */
function failureOf(url: string, session = new Session()): Promise<RequestError> {
  return session.get(url).then(
    () => expect.fail('there was a response'),
    (error) => error,
  );
}

/** Fails each request with the same error, before or after the response's head. */
class Failing extends Dispatcher {
  readonly #error: Error;
  readonly #answers: boolean;

  constructor(error: Error, answers = false) {
    super();
    this.#error = error;
    this.#answers = answers;
  }

  override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onConnect?.(() => undefined);
    if (this.#answers) handler.onHeaders?.(200, [], () => undefined, 'OK');
    handler.onError?.(this.#error);
    return true;
  }
}

const failingWith = (error: Error, answers?: boolean) =>
  failureOf('http://127.0.0.1/', new Session({ dispatcher: new Failing(error, answers) }));

describe("undici's errors", () => {
  const make = (name: string, code?: string) =>
    Object.assign(new Error('it failed'), { name }, code === undefined ? {} : { code });

  test('are all in the table', () => {
    type ErrorClass = new (message: string, code: number, options: object) => Error;
    const classes = Object.values(errors) as unknown as ErrorClass[];
    const names = classes.map((ErrorClass) => new ErrorClass('', 0, {}).name);
    expect(names).toContain('SocketError');
    expect(names.filter((name) => !(name in FAILURES))).toEqual([]);
  });

  test.each([
    ['ConnectTimeoutError', ConnectTimeoutError],
    ['HeadersTimeoutError', ReadTimeoutError],
    ['BodyTimeoutError', ReadTimeoutError],
    ['HeadersOverflowError', ProtocolError],
    ['HTTPParserError', ProtocolError],
    ['ResponseContentLengthMismatchError', ProtocolError],
    ['ResponseExceededMaxSizeError', ResponseTooLargeError],
    ['InvalidArgumentError', InvalidJobError],
    ['RequestContentLengthMismatchError', InvalidJobError],
    ['NotSupportedError', InvalidHeaderError],
    ['AbortError', AbortError],
    ['RequestAbortedError', AbortError],
    ['ClientDestroyedError', AbortError],
    ['ClientClosedError', AbortError],
    ['SocketError', ConnectionError],
    ['InformationalError', ConnectionError],
    ['MaxOriginsReachedError', ConnectionError],
    ['MissingUpstreamError', ConnectionError],
    ['SecureProxyConnectionError', ProxyError],
    ['Socks5ProxyError', ProxyError],
    ['UndiciError', RequestError],
    ['Error', ConnectionError],
  ])('become those of the table: %s', async (name, ErrorClass) => {
    const cause = make(name, 'UND_ERR_X');
    const error = await failingWith(cause);
    expect(error.constructor).toBe(ErrorClass);
    expect(error.message).toBe('GET http://127.0.0.1/: it failed');
    expect(error.code).toBe('UND_ERR_X');
    expect(error.cause).toBe(cause);
    expect(error.request?.url.href).toBe('http://127.0.0.1/');
  });

  test.each([
    ['SocketError', ProtocolError],
    ['Error', ProtocolError],
    ['BodyTimeoutError', ReadTimeoutError],
    ['RequestAbortedError', AbortError],
  ])('after the head tell that the response was cut off: %s', async (name, ErrorClass) => {
    expect((await failingWith(make(name), true)).constructor).toBe(ErrorClass);
  });

  test('with a code of its handshake or its certificate is a TLSError', async () => {
    const codes = [
      'EPROTO',
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_REVOKED',
      'CRL_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERROR_IN_CERT_NOT_AFTER_FIELD',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ];
    const failed = await Promise.all(codes.map((code) => failingWith(make('Error', code))));
    expect(failed.map((error) => `${error.name} ${error.code}`)).toEqual(
      codes.map((code) => `TLSError ${code}`),
    );
  });

  test('without a code have the code of our class', async () => {
    expect((await failingWith(make('SocketError'))).code).toBe('ERR_CONNECTION');
  });

  test('of several addresses speak as the first one', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:80'), {
      code: 'ECONNREFUSED',
    });
    const error = await failingWith(new AggregateError([refused, new Error('other')]));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe('GET http://127.0.0.1/: connect ECONNREFUSED ::1:80');
    expect(error.code).toBe('ECONNREFUSED');
  });

  test.each([
    ['its code', Object.assign(new Error(''), { code: 'EPIPE' }), 'EPIPE'],
    ['its name', make('SocketError'), 'SocketError'],
    ['the name of none of several', new AggregateError([]), 'AggregateError'],
  ])('without a message are told by %s', async (_, cause, told) => {
    cause.message = '';
    expect((await failingWith(cause)).message).toBe(`GET http://127.0.0.1/: ${told}`);
  });

  test('that are ours already stay as they are', async () => {
    const error = new ProtocolError('mine');
    expect(await failingWith(error)).toBe(error);
  });

  test('that a dispatcher throws are no different', async () => {
    class Throwing extends Dispatcher {
      override dispatch(): never {
        throw new errors.ClientClosedError('closed');
      }
    }
    const session = new Session({ dispatcher: new Throwing() });
    expect(await failureOf('http://127.0.0.1/', session)).toBeInstanceOf(AbortError);
  });

  test('of a MockAgent that matches nothing are a ConnectionError', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    const error = await failureOf('http://mock.test/', new Session({ dispatcher }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.code).toBe('UND_MOCK_ERR_MOCK_NOT_MATCHED');
  });
});

describe('a connection', () => {
  test('that is refused is a ConnectionError', async () => {
    const server = await startServer();
    await server.close();
    const error = await failureOf(server.url.replace('//', '//user:secret@'));
    expect(error.constructor).toBe(ConnectionError);
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toBe(`GET ${server.url}/: connect ECONNREFUSED 127.0.0.1:${server.port}`);
    expect(inspect(error)).not.toMatch(/secret|authorization/i);
  });

  test('to a name that does not exist is a ConnectionError', async () => {
    const tooLong = `${'x'.repeat(64)}.test`;
    const error = await failureOf(`http://${tooLong}/`);
    expect(error.constructor).toBe(ConnectionError);
    expect(error.code).toBe('ENOTFOUND');
  });

  test('that is closed before an answer is a ConnectionError', async () => {
    const server = await startRawServer((socket) => socket.end());
    const error = await failureOf(server.url);
    expect(error.constructor).toBe(ConnectionError);
    expect(error.code).toBe('UND_ERR_SOCKET');
    expect(error.message).toBe(`GET ${server.url}/: other side closed`);
  });

  test('that is reset before an answer is a ConnectionError', async () => {
    const server = await startRawServer((socket) => socket.resetAndDestroy());
    const error = await failureOf(server.url);
    expect(error.constructor).toBe(ConnectionError);
    expect(error.code).toBe('ECONNRESET');
  });

  test('that is reset within the head is a ConnectionError', async () => {
    const server = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-', () => socket.resetAndDestroy());
    });
    expect((await failureOf(server.url)).constructor).toBe(ConnectionError);
  });
});

test.each([
  ['to go on', '100 Continue\r\n\r\n'],
  ['to upgrade', '101 Upgrade\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
])('an answer %s, where nobody asked, is a ProtocolError', async (_, answer) => {
  const server = await startRawAnswer(`HTTP/1.1 ${answer}`);
  expect((await failureOf(server.url)).constructor).toBe(ProtocolError);
});

describe('an answer that is broken is a ProtocolError', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/9.9 200 OK\r\n\r\n'],
    ['a header without a colon', `${head}X\r\n\r\n`],
    ['a Content-Length that is no number', `${head}Content-Length: x\r\n\r\n`],
    ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`],
    ['a body that is cut off', `${head}Content-Length: 10\r\n\r\nabc`],
    ['a chunk that is cut off', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nab`],
    ['a last chunk that is missing', `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`],
    ['a size of a chunk that is none', `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n`],
    ['a head that is too large', `${head}X: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['a status of three zeros', 'HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('%s', async (_, answer) => {
    const server = await startRawAnswer(answer);
    const error = await failureOf(server.url);
    expect(error.name).toBe('ProtocolError');
    expect(error.message).toMatch(`GET ${server.url}/: `);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a body that is reset', async () => {
    const server = await startRawServer((socket) => {
      socket.write(`${head}Content-Length: 10\r\n\r\nabc`);
      setImmediate(() => socket.resetAndDestroy());
    });
    expect((await failureOf(server.url)).constructor).toBe(ProtocolError);
  });
});

describe('TLS', () => {
  const listen = (certificate = selfSigned()) =>
    startServer((_, reply) => reply.end('secret'), {
      create: (listener) => createSecureServer(certificate, listener),
    });

  test('with a certificate that nobody vouches for is a TLSError', async () => {
    const server = await listen();
    const error = await failureOf(server.url);
    expect(error.constructor).toBe(TLSError);
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(server.requests).toEqual([]);
  });

  test('with a certificate that is trusted works', async () => {
    const certificate = selfSigned();
    const server = await listen(certificate);
    const dispatcher = new Agent({ connect: { ca: certificate.cert } });
    const response = await new Session({ dispatcher }).get(server.url);
    expect(await response.text()).toBe('secret');
    await dispatcher.close();
  });

  test.each([
    ['has expired', '127.0.0.1', new Date(0), 'CERT_HAS_EXPIRED'],
    ['is for another host', 'localhost', undefined, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('with a certificate that %s is a TLSError', async (_, host, expires, code) => {
    const certificate = selfSigned(expires && { expires });
    const server = await listen(certificate);
    const dispatcher = new Agent({ connect: { ca: certificate.cert } });
    const error = await failureOf(`https://${host}:${server.port}`, new Session({ dispatcher }));
    expect(error.constructor).toBe(TLSError);
    expect(error.code).toBe(code);
    await dispatcher.destroy();
  });

  test('spoken to a server that speaks none is a TLSError', async () => {
    const server = await startRawAnswer('HTTP/1.1 400 Bad Request\r\n\r\n');
    const error = await failureOf(server.url.replace('http', 'https'));
    expect(error.constructor).toBe(TLSError);
  });
});
