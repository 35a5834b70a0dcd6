import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { HTTPError, InvalidJobError, type Job, map, Pool } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import { startRawServer } from './helpers/raw-server.js';
import { countOf, FAST, run, startFlaky, summary } from './helpers/retrying.js';
import { collect } from './helpers/scripted-session.js';

describe('how often', () => {
  it('nothing is retried that was not asked for', async () => {
    const server = await startFlaky([503]);
    expect(summary(await run([{ url: server.url }]))).toEqual([[503, 1]]);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [0, 503, 1],
    [1, 503, 2],
    [3, 200, 3],
    [Infinity, 200, 3],
  ])('with a limit of %d the third answer is %d, after %d attempts', async (limit, ...expected) => {
    const server = await startFlaky([503, 503, 200]);
    expect(summary(await run([{ url: server.url }], { retry: { ...FAST, limit } }))).toEqual([
      expected,
    ]);
    expect(server.requests).toHaveLength(expected[1] as number);
  });

  it('a job has its own word over the pool’s, field by field', async () => {
    const server = await startFlaky([503, 503, 503, 200]);
    const retries = [undefined, 0, 1, { limit: 2 }, { limit: 3 }, { methods: ['PUT'] }];
    const jobs = retries.map((retry, i) => ({ url: `${server.url}/${i}`, retry }));
    expect(summary(await run(jobs, { retry: { ...FAST, limit: 1 } }))).toEqual([
      [503, 2],
      [503, 1],
      [503, 2],
      [503, 3],
      [200, 4],
      [503, 1],
    ]);
    expect(
      summary(await run([{ url: `${server.url}/only`, retry: { ...FAST, limit: 3 } }])),
    ).toEqual([[200, 4]]);
  });

  it('a job with a wrong retry is refused alone', async () => {
    const server = await startFlaky([503, 200]);
    const retries = [-1, '2', null, { limt: 1 }, { limit: 1 }];
    const jobs = retries.map((retry, i) => ({ url: `${server.url}/${i}`, retry }) as Job);
    const outcomes = await run(jobs, { retry: FAST });
    expect(outcomes.slice(0, 4).map((o) => o.kind === 'exception' && o.exception)).toEqual([
      new InvalidJobError('retry must be a whole number from 0 on, or Infinity, got -1'),
      new InvalidJobError("retry must be a number or a record, got '2'"),
      new InvalidJobError('retry must be a number or a record, got null'),
      new InvalidJobError('retry: unknown key "limt"; did you mean "limit"?'),
    ]);
    expect(summary(outcomes)[4]).toEqual([200, 2]);
    expect(server.requests).toHaveLength(2);
  });

  it('a session of the user’s own need not know a wrong retry: the pool refuses it', async () => {
    const session = () => ({ request: (_: object) => ({ statusCode: 503 }) });
    const pool = new Pool({ jobQueue: [{ retry: 'often' }, {}], session, retry: FAST });
    expect((await collect(pool.exceptions())).map(({ exception }) => exception)).toEqual([
      new InvalidJobError("retry must be a number or a record, got 'often'"),
    ]);
    expect(await collect(pool.responses())).toMatchObject([
      { response: { statusCode: 503 }, attempts: 3 },
    ]);
  });
});

describe('what', () => {
  it('of the methods, only those that are idempotent', async () => {
    const server = await startFlaky([503, 200]);
    const methods = ['GET', 'HEAD', 'put', 'DELETE', 'OPTIONS', 'POST', 'PATCH'];
    const jobs = methods.map((method) => ({ method, url: `${server.url}/${method}` }));
    const outcomes = await run(jobs, { retry: FAST });
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2, 2, 1, 1]);
    const [post] = await run([{ method: 'POST', url: `${server.url}/post` }], {
      retry: { ...FAST, methods: ['POST'] },
    });
    expect(post?.attempts).toBe(2);
  });

  it('of the statuses, only those that may pass', async () => {
    const server = await startServer(({ path }, reply) =>
      reply.writeHead(Number(path.slice(1))).end(),
    );
    const statuses = [200, 304, 404, 408, 413, 429, 500, 501, 502, 503, 504, 507];
    const urls = statuses.map((status) => ({ url: `${server.url}/${status}` }));
    const attempts = (await run(urls, { retry: FAST })).map((outcome) => outcome.attempts);
    expect(attempts).toEqual([1, 1, 1, 3, 3, 3, 3, 1, 3, 3, 3, 1]);
    const own = { ...FAST, statusCodes: [404] };
    expect((await run(urls, { retry: own })).filter((each) => each.attempts > 1)).toHaveLength(1);
  });

  it('a connection that breaks is tried again', async () => {
    const server = await startRawServer((socket, received) => {
      if (server.connections > 2) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else if (received !== '') socket.resetAndDestroy();
    });
    expect(summary(await run([{ url: server.url }], { retry: FAST }))).toEqual([[200, 3]]);
  });

  it('a body that breaks off is tried again', async () => {
    const server = await startRawServer((socket) => {
      const body = server.connections < 2 ? 'ab' : 'abc';
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n${body}`);
    });
    expect(summary(await run([{ url: server.url }], { retry: FAST }))).toEqual([[200, 2]]);
  });

  it('a connection that is refused is tried again, to the end of the limit', async () => {
    const server = await startServer();
    await server.close();
    expect(summary(await run([{ url: server.url }], { retry: FAST }))).toEqual([
      ['ConnectionError', 3],
    ]);
  });

  it('an answer that does not come in time is tried again', async () => {
    const server = await startServer((_, reply) => {
      if (server.requests.length === 3) reply.end();
    });
    const timeouts = [{ read: 100 }, { total: 100 }];
    for (const timeout of timeouts) {
      server.requests.splice(0);
      expect(summary(await run([{ url: server.url, timeout }], { retry: FAST }))).toEqual([
        [200, 3],
      ]);
    }
  });

  it('what can come to nothing else is not', async () => {
    const server = await startServer((_, reply) => {
      reply.writeHead(302, { Location: '/' }).end();
    });
    const jobs = [
      { url: 'http://' },
      { url: server.url, maxRedirects: 2 },
      { url: server.url, headers: { 'X-A': 'a\r\nb' } },
    ];
    expect(summary(await run(jobs, { retry: FAST }))).toEqual([
      ['InvalidURLError', 1],
      ['TooManyRedirectsError', 1],
      ['InvalidHeaderError', 1],
    ]);
    expect(server.requests).toHaveLength(3);
  });

  it('a body that can be sent once only is an error, not an empty body', async () => {
    const server = await startFlaky([503, 200]);
    const job = () => ({ method: 'PUT', url: `${server.url}/once`, data: Readable.from(['abc']) });
    expect(summary(await run([job()], { retry: FAST }))).toEqual([['UnrewindableBodyError', 1]]);
    const data = () => Readable.from(['abc']);
    const url = `${server.url}/again`;
    expect(summary(await run([{ method: 'PUT', url, data }], { retry: FAST }))).toEqual([[200, 2]]);
    expect(server.requests.map(({ body }) => body.toString())).toEqual(['abc', 'abc', 'abc']);
  });
});

describe('a job that waits for its retry', () => {
  it('holds no session: others go on, and it comes before those that are newer', async () => {
    const waiting: ServerResponse[] = [];
    const server = await startServer(({ path }, reply) => {
      if (path === '/first' && countOf(server, path) === 1) reply.writeHead(503).end();
      else if (path.startsWith('/hold')) waiting.push(reply);
      else reply.end();
    });
    const urls = ['/first', '/hold', '/hold2', '/last'].map((path) => server.url + path);
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 1, retry: { backoffBase: 20 } });
    const isBack = new Promise((resolve) =>
      pool.once('retry', (_, delay) => setTimeout(resolve, delay + 5)),
    );
    await isBack;
    await server.received(2);
    waiting[0]?.end();
    await server.received(3);
    expect(server.requests.map(({ path }) => path)).toEqual(['/first', '/hold', '/first']);
    await server.received(4);
    waiting[1]?.end();
    await pool.joinAll();
    expect(server.requests.map(({ path }) => path).slice(3)).toEqual(['/hold2', '/last']);
    expect(await collect(pool.responses())).toHaveLength(4);
  });

  it('costs none of its timeout', async () => {
    const server = await startFlaky([503, 200], { 'Retry-After': '0.6' });
    const job = { url: server.url, timeout: { total: 500, read: 500, connect: 500 } };
    expect(summary(await run([job], { retry: FAST }))).toEqual([[200, 2]]);
  });

  it('has freed the connection of a streamed answer', async () => {
    const server = await startServer((_, reply) => {
      reply.writeHead(server.requests.length < 3 ? 503 : 200).write('part');
      if (server.requests.length === 3) reply.end();
    });
    const pool = new Pool({ jobQueue: [{ url: server.url, stream: true }], retry: FAST });
    for await (const response of pool.responses()) {
      expect(response.attempts).toBe(3);
      await vi.waitFor(() => expect(server.openConnections).toBe(1));
      expect(await response.text()).toBe('part');
    }
  });

  it('keeps the pool from being settled, and its sessions open', async () => {
    const server = await startFlaky([503, 200]);
    const pool = Pool.fromUrls([server.url], {}, { numProcesses: 1, retry: { backoffBase: 50 } });
    await pool.joinAll();
    expect(server.requests).toHaveLength(2);
    expect(pool.getResponse()?.statusCode).toBe(200);
  });
});

describe('retries of other ways in', () => {
  it('submit() gives the last answer, or the last exception', async () => {
    const server = await startFlaky([503, 503, 200]);
    await using pool = new Pool({ numProcesses: 1, retry: { ...FAST, limit: 1 } });
    const [failed, passed] = [`${server.url}/1`, `${server.url}/2`];
    expect((await pool.submit({ url: failed })).statusCode).toBe(503);
    expect((await pool.submit({ url: passed, retry: 2 })).statusCode).toBe(200);
    const raising = pool.submit({ url: `${server.url}/3`, raiseForStatus: true });
    await expect(raising).rejects.toThrow(HTTPError);
    expect(server.requests).toHaveLength(2 + 3 + 2);
  });

  it('map() and fromExceptions() retry too', async () => {
    const server = await startFlaky([503, 503, 503, 200]);
    const options = { retry: { ...FAST, limit: 1 }, raiseForStatus: true };
    const [responses, exceptions] = map([{ url: server.url }], options);
    expect(await collect(responses)).toEqual([]);
    const again = Pool.fromExceptions(exceptions, options);
    expect(summary(await collect(again))).toEqual([[200, 2]]);
  });

  it('leave the event loop alive, however little they wait for', async () => {
    const controller = new AbortController();
    const request = vi.fn((_: object) => {
      if (request.mock.calls.length === 3) setImmediate(() => controller.abort());
      // Unless anything else may run, this would go on for ever.
      if (request.mock.calls.length > 10_000) throw new Error('starved');
      return { status: 500 };
    });
    const retry = { limit: Infinity, backoffBase: 0 };
    const { signal } = controller;
    const pool = new Pool({ jobQueue: [{}], session: () => ({ request }), retry, signal });
    expect(await collect(pool)).toMatchObject([{ exception: { name: 'AbortError' } }]);
  });
});
