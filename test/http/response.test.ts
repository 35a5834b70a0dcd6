import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { CookieJar } from 'tough-cookie';
import { describe, expect, test } from 'vitest';
import { Headers, HTTPError, type Job, Response, Session } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';
import { startRawAnswer } from '../helpers/raw-server.js';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

/** The response to a request that is answered so. */
async function receive({ status = 200, headers = {}, body = '' }: Answer, job: Partial<Job> = {}) {
  const server = await startServer((_, reply) => reply.writeHead(status, headers).end(body));
  return new Session().request({ url: `${server.url}/path`, ...job });
}

describe('the head of a response', () => {
  test('has its status by both names, and its reason', async () => {
    const response = await receive({ status: 404 });
    expect([response.statusCode, response.status, response.statusText]).toEqual([
      404,
      404,
      'Not Found',
    ]);
  });

  test.each([
    [200, true],
    [299, true],
    [300, false],
    [400, false],
  ])('with %i is ok: %s', async (status, ok) => {
    expect((await receive({ status })).ok).toBe(ok);
  });

  test('has its headers as they came', async () => {
    const response = await receive({ headers: { 'X-Case': 'Kept', 'x-two': ['a', 'b'] } });
    expect(response.headers).toBeInstanceOf(Headers);
    expect([...response.headers.keys()].slice(0, 3)).toEqual(['X-Case', 'x-two', 'x-two']);
    expect(response.headers.get('x-case')).toBe('Kept');
    expect(response.headers.get('X-Two')).toBe('a, b');
    expect(response.headers).toBe(response.headers);
  });

  test('tells how long it took, and what it answers', async () => {
    const response = await receive({}, { method: 'post', json: 1 });
    expect(response).toBeInstanceOf(Response);
    expect(response.elapsed).toBeGreaterThan(0);
    expect(response.request).toMatchObject({ method: 'POST', body: '1' });
    expect(response.url).toBe(response.request.url.href);
  });

  test('has the cookies that it set, and no others', async () => {
    const server = await startServer((_, reply) =>
      reply.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; Domain=com']).end(),
    );
    const cookies = new CookieJar();
    cookies.setCookieSync('old=1', server.url);
    const response = await new Session({ cookies }).get(server.url);
    expect(response.cookies.getCookieStringSync(server.url)).toBe('a=1');
  });

  test('has its links', async () => {
    const response = await receive({ headers: { Link: ['</2>; rel=next', '</9>; rel="last"'] } });
    expect(response.links).toMatchObject({ next: { url: '/2' }, last: { url: '/9' } });
    expect((await receive({})).links).toEqual({});
  });
});

describe('the body of a response', () => {
  test('is read in any form, any number of times', async () => {
    const response = await receive({ body: '{"é":1}', headers: { 'Content-Type': 'text/json' } });
    const bytes = Buffer.from('{"é":1}');
    expect(response.content).toEqual(bytes);
    expect(await response.text()).toBe('{"é":1}');
    expect(await response.json()).toEqual({ é: 1 });
    expect(await response.json<{ é: number }>()).toEqual({ é: 1 });
    expect(await response.bytes()).toEqual(bytes);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(await text(response.body)).toBe('{"é":1}');
    expect(await text(response.body)).toBe('{"é":1}');
    const blob = await response.blob();
    expect([await blob.text(), blob.type]).toEqual(['{"é":1}', 'text/json']);
  });

  test('of many pieces is whole', async () => {
    const server = await startServer(async (_, reply) => {
      for (let i = 0; i < 100; i++) reply.write(String(i % 10).repeat(1_000));
      reply.end();
    });
    const body = await (await new Session().get(server.url)).text();
    expect(body).toHaveLength(100_000);
    expect(body.replaceAll(/(.)\1{999}/g, '$1')).toBe('0123456789'.repeat(10));
  });

  test('until the server closes is whole', async () => {
    const server = await startRawAnswer('HTTP/1.0 200 OK\r\n\r\nold school');
    expect(await (await new Session().get(server.url)).text()).toBe('old school');
  });

  test('that is not there is empty', async () => {
    const response = await receive({ status: 204 });
    expect(response.content).toHaveLength(0);
    expect(await response.text()).toBe('');
    expect((await response.blob()).type).toBe('');
  });

  test('that is no JSON is a SyntaxError', async () => {
    await expect((await receive({ body: '<html>' })).json()).rejects.toThrow(SyntaxError);
  });

  test('is the answer’s own bytes, but for arrayBuffer(), which is a copy', async () => {
    const response = await receive({ body: 'abc' });
    expect(await response.bytes()).toBe(response.content);
    new Uint8Array(await response.arrayBuffer())[0] = 0;
    expect(await response.text()).toBe('abc');
  });

  test('is iterated line by line, whatever ends the lines', async () => {
    const lines = async (body: string) => {
      const all: string[] = [];
      for await (const line of (await receive({ body })).iterLines()) all.push(line);
      return all;
    };
    expect(await lines('a\nb\r\nc\rd\n\ne')).toEqual(['a', 'b', 'c', 'd', '', 'e']);
    expect(await lines('a\n')).toEqual(['a']);
    expect(await lines('')).toEqual([]);
  });
});

describe('the encoding of a text', () => {
  const latin1 = {
    headers: { 'Content-Type': 'text/plain; charset=ISO-8859-1' },
    body: Buffer.from([0xe9]),
  };

  test('is what the Content-Type says', async () => {
    const response = await receive(latin1);
    expect(response.encoding).toBe('ISO-8859-1');
    expect(await response.text()).toBe('é');
  });

  test('is UTF-8 if it says nothing', async () => {
    const response = await receive({ body: 'é', headers: { 'Content-Type': 'text/html' } });
    expect(response.encoding).toBeUndefined();
    expect(await response.text()).toBe('é');
    expect((await receive({ body: 'é' })).encoding).toBeUndefined();
  });

  test('can be passed, or set, and unset again', async () => {
    const response = await receive(latin1);
    expect(await response.text('koi8-r')).toBe('И');
    response.encoding = 'koi8-r';
    expect(response.encoding).toBe('koi8-r');
    expect(await response.text()).toBe('И');
    for await (const line of response.iterLines()) expect(line).toBe('И');
    response.encoding = undefined;
    expect(await response.text()).toBe('é');
  });

  test('is told by a byte order mark above all', async () => {
    const response = await receive({ ...latin1, body: Buffer.from('\ufeff{"é":1}', 'utf16le') });
    expect(await response.json()).toEqual({ é: 1 });
  });
});

describe('raiseForStatus', () => {
  test.each([200, 304, 399, 600])('hands a %i out', async (status) => {
    const response = await receive({ status });
    expect(response.raiseForStatus()).toBe(response);
  });

  test.each([
    [400, 'client error 400 Bad Request'],
    [499, 'client error 499'],
    [500, 'server error 500 Internal Server Error'],
    [599, 'server error 599'],
  ])('throws for a %i', async (status, told) => {
    const server = await startServer((_, reply) => {
      if (status % 100 === 99) reply.statusMessage = ' ';
      reply.writeHead(status).end('why');
    });
    const response = await new Session().get(server.url);
    try {
      response.raiseForStatus();
      expect.fail('it did not throw');
    } catch (error) {
      expect(error).toBeInstanceOf(HTTPError);
      expect(error).toMatchObject({
        code: 'ERR_HTTP_STATUS',
        message: `GET ${server.url}/: ${told}`,
        request: response.request,
        response,
      });
    }
  });

  test('in a job makes such a status its error', async () => {
    await expect(receive({ status: 503 }, { raiseForStatus: true })).rejects.toThrow(HTTPError);
    expect((await receive({ status: 200 }, { raiseForStatus: true })).ok).toBe(true);
    expect((await receive({ status: 503 }, { raiseForStatus: false })).ok).toBe(false);
  });
});

describe('toFetchResponse', () => {
  test('makes the same response as fetch would have', async () => {
    const headers = { 'Content-Type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'] };
    const fetched = (await receive({ status: 201, headers, body: '{"a":1}' })).toFetchResponse();
    expect(fetched).toBeInstanceOf(globalThis.Response);
    expect([fetched.status, fetched.statusText]).toEqual([201, 'Created']);
    expect(fetched.headers.get('content-type')).toBe('application/json');
    expect(fetched.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await fetched.json()).toEqual({ a: 1 });
  });

  test('does not describe the body as it was sent', async () => {
    const headers = { 'Content-Encoding': 'identity', 'Content-Length': '1' };
    const fetched = (await receive({ headers, body: 'x' })).toFetchResponse();
    expect(fetched.headers.has('content-encoding')).toBe(false);
    expect(fetched.headers.has('content-length')).toBe(false);
  });

  test.each([204, 205, 304])('has no body with a %i', async (status) => {
    const fetched = (await receive({ status })).toFetchResponse();
    expect([fetched.status, fetched.body]).toEqual([status, null]);
  });

  test('has a reason that fetch can have, whatever the server said', async () => {
    const server = await startRawAnswer('HTTP/1.1 200 Schön ✓\r\nContent-Length: 2\r\n\r\nok');
    const fetched = (await new Session().get(server.url)).toFetchResponse();
    expect(await fetched.text()).toBe('ok');
  });
});

test('whoever logs a response logs no credentials', async () => {
  const response = await receive(
    {},
    { auth: ['user', 'secret'], headers: { Cookie: 'token=secret' } },
  );
  const basic = Buffer.from('user:secret').toString('base64');
  const logged = inspect(response, { depth: 9, showHidden: true }) + JSON.stringify(response);
  expect(logged).not.toContain('secret');
  expect(logged).not.toContain(basic);
});
