import { gzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  ConnectionError,
  InvalidHeaderError,
  InvalidURLError,
  Response,
  ResponseTooLargeError,
} from '../../src/index.js';
import { Script } from '../../src/testing/index.js';
import { send, URL_1 } from '../helpers/scripted.js';

describe('an answer of a script', () => {
  it('is a response of this package', async () => {
    const script = new Script();
    script.on(URL_1).reply(201, { id: 1 }, { 'X-Rate': '5' });
    const response = await send(script);
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({
      statusCode: 201,
      statusText: 'Created',
      ok: true,
      url: URL_1,
    });
    expect(await response.json()).toEqual({ id: 1 });
    expect([...response.headers]).toEqual([
      ['Content-Type', 'application/json'],
      ['X-Rate', '5'],
    ]);
  });

  it.each([
    ['text', 'ĝis', 'ĝis', 'text/plain; charset=utf-8'],
    ['bytes', new Uint8Array([97, 98]), 'ab', 'application/octet-stream'],
    ['JSON', [1, null], '[1,null]', 'application/json'],
    ['nothing', undefined, '', null],
  ])('has %s for a body', async (_, body, text, contentType) => {
    const script = new Script();
    script.on(URL_1).reply(200, body);
    const response = await send(script);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-type')).toBe(contentType);
  });

  it('has the Content-Type that it is given, and a body that is decoded', async () => {
    const script = new Script();
    const headers = { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' };
    script.on(URL_1).reply(299, gzipSync('a;b'), headers);
    const response = await send(script);
    expect(await response.text()).toBe('a;b');
    expect(response.statusText).toBe('');
    expect(response.headers.get('content-type')).toBe('text/csv');
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('has no body for %s and a status of %i', async (method, statusCode) => {
    const script = new Script();
    script.on(URL_1).reply(statusCode, 'body');
    expect((await send(script, { url: URL_1, method })).content).toHaveLength(0);
  });

  it('may come from a function of the request, now or later', async () => {
    const script = new Script();
    script.on(/items/).reply(({ method, url, headers, body }) => ({
      body: [method, url.pathname, headers.get('x-a'), JSON.parse(String(body))],
    }));
    const job = { url: `${URL_1}#here`, method: 'post', headers: { 'X-A': 'b' }, json: { n: 1 } };
    expect(await (await send(script, job)).json()).toEqual(['POST', '/items/1', 'b', { n: 1 }]);
    script.on(/items/).reply(async () => ({ statusCode: 202 }));
    expect((await send(script)).statusCode).toBe(202);
  });

  it('can be streamed', async () => {
    const script = new Script();
    script.on(URL_1).reply(200, 'a\nb');
    const lines: string[] = [];
    for await (const line of (await send(script, { url: URL_1, stream: true })).iterLines())
      lines.push(line);
    expect(lines).toEqual(['a', 'b']);
  });

  it('comes at once, whether its reader asks for more or not', async () => {
    const script = new Script();
    script.on(URL_1).reply(200, 'all');
    const chunks = await new Promise<string[]>((resolve) => {
      const received: string[] = [];
      const request = { origin: 'https://api.example.com', path: '/items/1', method: 'GET' };
      const handler: Dispatcher.DispatchHandler = {
        onHeaders(_statusCode, _headers, resume) {
          resume();
          return true;
        },
        onData: (chunk) => received.push(String(chunk)) > 0,
        onComplete: () => resolve(received),
      };
      script.session().dispatcher.dispatch({ ...request, headers: [], body: null }, handler);
    });
    expect(chunks).toEqual(['all']);
  });

  it('is given up when it is too large', async () => {
    const script = new Script();
    script.on(URL_1).reply(200, 'much');
    await expect(send(script, { url: URL_1, maxResponseSize: 3 })).rejects.toThrow(
      ResponseTooLargeError,
    );
  });

  it.each([199, 1000, 200.5, '200'])('cannot have the status %j', async (statusCode) => {
    const message = `statusCode must be a whole number from 200 to 999, got ${
      typeof statusCode === 'string' ? "'200'" : statusCode
    }`;
    const script = new Script();
    expect(() => script.on(URL_1).reply(statusCode as number)).toThrow(new RangeError(message));
    script.on(URL_1).reply(() => ({ statusCode: statusCode as number }));
    await expect(send(script)).rejects.toThrow(new RangeError(message));
  });

  it('cannot have headers that no response has', () => {
    const route = new Script().on(URL_1);
    expect(() => route.reply(200, '', { 'a b': 'c' })).toThrow(InvalidHeaderError);
  });
});

describe('a route of a script', () => {
  it('takes its steps in turn, and the last one again and again', async () => {
    const script = new Script();
    script.on(URL_1).reply(503).reply(429).reply(200);
    const codes: number[] = [];
    for (let i = 0; i < 5; i++) codes.push((await send(script)).statusCode);
    expect(codes).toEqual([503, 429, 200, 200, 200]);
  });

  it.each([new ConnectionError('reset'), new Error('no'), 'junk', undefined])(
    'fails with the very %s that it is given',
    async (thrown) => {
      const script = new Script();
      script.on(URL_1).fail(thrown).reply(200);
      await expect(send(script)).rejects.toBe(thrown);
      expect((await send(script)).statusCode).toBe(200);
    },
  );

  it('may fail with what a session or a pool retries', async () => {
    const script = new Script();
    script.on(URL_1).fail(new ConnectionError('reset')).reply(503).reply(200);
    const job = { url: URL_1, retry: { limit: 2, backoffBase: 0 } };
    expect((await send(script, job)).statusCode).toBe(200);
    expect(script.requests).toHaveLength(3);
  });

  it('fails with what its function throws', async () => {
    const script = new Script();
    const thrown = new Error('no');
    script.on(URL_1).reply(() => {
      throw thrown;
    });
    await expect(send(script)).rejects.toBe(thrown);
  });

  it('is for its URL alone, with its query, however that is written', async () => {
    const script = new Script();
    script.on(new URL('https://user:pass@API.example.com:443/a?b=1#c')).reply(200);
    const statusOf = (url: string, params = {}) =>
      send(script, { url, params }).then(({ statusCode }) => statusCode);
    expect(await statusOf('https://api.example.com/a?b=1')).toBe(200);
    expect(await statusOf('https://api.example.com/a', { b: 1 })).toBe(200);
    await expect(statusOf('https://api.example.com/a')).rejects.toThrow('no answer is scripted');
  });

  it('may be for an expression, whatever its flags', async () => {
    const script = new Script();
    script.on(/items/g).reply(200);
    expect((await send(script)).statusCode).toBe(200);
    expect((await send(script)).statusCode).toBe(200);
    await expect(send(script, { url: 'https://api.example.com/' })).rejects.toThrow('no answer');
  });

  it('may be for one method', async () => {
    const script = new Script();
    script.on(URL_1).reply(200);
    script.on(URL_1, { method: 'post' }).reply(201);
    expect((await send(script)).statusCode).toBe(200);
    expect((await send(script, { url: URL_1, method: 'POST' })).statusCode).toBe(201);
  });

  it('goes before those that were made earlier', async () => {
    const script = new Script();
    script.on(/./).reply(200);
    script.on(URL_1).reply(201);
    expect((await send(script)).statusCode).toBe(201);
  });

  it('is made of a URL', () => {
    expect(() => new Script().on('/items')).toThrow(InvalidURLError);
  });
});

describe('a request that no route is for', () => {
  it('fails, and says what there is', async () => {
    const script = new Script();
    const says = (known: string) =>
      new Error(`no answer is scripted for GET ${URL_1}; the script has ${known}`);
    await expect(send(script)).rejects.toThrow(says('nothing'));
    script.on('https://a.example/', { method: 'put' }).reply(200);
    script.on(/b/).reply(200);
    await expect(send(script)).rejects.toThrow(says('PUT https://a.example/, /b/'));
    for (const n of [3, 4, 5]) script.on(`https://a.example/${n}`);
    const five = 'PUT https://a.example/, /b/, https://a.example/3, https://a.example/4';
    await expect(send(script)).rejects.toThrow(says(`${five}, https://a.example/5`));
    script.on('https://a.example/6');
    script.on('https://a.example/7');
    await expect(send(script)).rejects.toThrow(says(`${five}, https://a.example/5, and 2 more`));
  });

  it('fails likewise where a route says nothing', async () => {
    const script = new Script();
    script.on(URL_1);
    await expect(send(script)).rejects.toThrow(`no answer is scripted for GET ${URL_1}`);
  });

  it('has the answer of the others, if there is one', async () => {
    const script = new Script();
    script.otherwise.reply(404);
    script.on(URL_1).reply(200);
    expect((await send(script)).statusCode).toBe(200);
    expect((await send(script, { url: 'https://a.example/' })).statusCode).toBe(404);
  });
});
