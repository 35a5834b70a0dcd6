import { describe, expect, it } from 'vitest';
import {
  ConnectionError,
  ConnectTimeoutError,
  failureReport,
  HTTPError,
  type Job,
  Pool,
  ReadTimeoutError,
  ThreadException,
  TooManyRedirectsError,
} from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

const url = 'http://a.example/';

function failed(thrown: unknown, job: unknown = { url }) {
  return new ThreadException(job, thrown);
}

function coded(code: string, phase?: string) {
  return Object.assign(new ConnectionError(`it was ${code}`, { code }), { phase });
}

async function hintOf(thrown: unknown): Promise<string | undefined> {
  return (await failureReport([failed(thrown)])).groups[0]?.hint;
}

describe('a report of failures', () => {
  it('groups them by code, origin and phase, the largest first, each with the first of it', async () => {
    const jobs = ['http://a.example/1', 'http://a.example/2', 'http://b.example/'].map((it) => ({
      url: it,
    }));
    const report = await failureReport([
      failed(coded('ECONNREFUSED', 'connect'), jobs[2]),
      failed(coded('ECONNRESET', 'connect'), jobs[0]),
      failed(coded('ECONNRESET', 'firstByte'), jobs[0]),
      failed(coded('ECONNRESET', 'firstByte'), jobs[1]),
    ]);
    expect(report.total).toBe(4);
    expect(report.groups.map(({ count, code, phase }) => [count, code, phase])).toEqual([
      [2, 'ECONNRESET', 'firstByte'],
      [1, 'ECONNREFUSED', 'connect'],
      [1, 'ECONNRESET', 'connect'],
    ]);
    expect(report.groups.map(({ origin }) => origin)).toEqual([
      'http://a.example',
      'http://b.example',
      'http://a.example',
    ]);
    const [{ example } = { example: undefined }] = report.groups;
    expect(example?.message).toBe('it was ECONNRESET');
    expect(example?.requestKwargs).toBe(jobs[0]);
  });

  it('is of a live pool, and the same of its file', async () => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const jobs: Job[] = [
      { url: `${server.url}/1`, raiseForStatus: true },
      { url: `${server.url}/2`, raiseForStatus: true },
      { url: 'http://127.0.0.1:1/' },
      { url: 'mailto:ada' },
    ];
    const pool = new Pool({ jobQueue: jobs, numProcesses: 1 });
    const kept: string[] = [];
    async function* noted() {
      for await (const exception of pool.exceptions()) {
        kept.push(JSON.stringify(exception));
        yield exception;
      }
    }
    const live = await failureReport(noted());
    expect(live.groups).toMatchObject([
      { count: 2, code: 'ERR_HTTP_STATUS', statusCode: 503, origin: server.url },
      { count: 1, code: 'ECONNREFUSED', statusCode: undefined, origin: 'http://127.0.0.1:1' },
      { count: 1, code: 'ERR_INVALID_URL', origin: undefined },
    ]);
    expect(live.groups.map(({ hint }) => hint)).toEqual([
      expect.stringContaining('Retry-After'),
      expect.stringContaining('nobody listens'),
      expect.stringContaining('not absolute'),
    ]);
    const read = await failureReport(kept.map((line) => ThreadException.fromJSON(line)));
    expect(String(read)).toBe(String(live));
  });

  it('names the origin that failed, which after a redirect is another', async () => {
    const other = await startServer((_, reply) => reply.destroy());
    const server = await startServer((_, reply) =>
      reply.writeHead(302, { Location: other.url }).end(),
    );
    const report = await failureReport(Pool.fromUrls([server.url]).exceptions());
    expect(report.groups).toMatchObject([{ origin: other.url }]);
  });

  it('hides in its text what a job of another session keeps secret, though JSON cannot carry it', async () => {
    const self: { hooks: unknown; self?: unknown } = { hooks: [() => 1] };
    self.self = self;
    const job = { self, stream: new ReadableStream(), options: { on: () => 1, token: 'hunter22' } };
    const report = await failureReport([failed(new Error('of hunter22'), job)]);
    expect(report.groups[0]?.example.message).toBe('of hunter22');
    expect(String(report)).toContain('of ***');
    const list = await failureReport([
      failed(new Error('of hunter22'), [{ password: 'hunter22' }]),
    ]);
    expect(String(list)).toContain('of ***');
  });

  it('looks at nothing that is sent', async () => {
    let looks = 0;
    const json = { toJSON: () => ++looks };
    const data = Object.defineProperty({}, 'a', { get: json.toJSON, enumerable: true });
    const report = await failureReport([
      failed(new Error('of abcd'), { json, data, token: 'abcd' }),
    ]);
    expect(String(report)).toContain('of ***');
    expect(looks).toBe(0);
  });

  it('takes whatever was thrown: the code of its cause, its name, its kind', async () => {
    const fetchFailed = new TypeError('fetch failed', {
      cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    });
    const thrown = [fetchFailed, new RangeError('far'), new DOMException('s', 'AbortError')];
    const report = await failureReport(
      [...thrown, 'text', undefined].map((it) => failed(it, 'job')),
    );
    const told = report.groups.map(({ code, origin, phase, example }) => [
      code,
      origin,
      phase,
      example.message,
    ]);
    expect(told).toEqual([
      ['ECONNREFUSED', undefined, undefined, 'fetch failed'],
      ['RangeError', undefined, undefined, 'far'],
      ['AbortError', undefined, undefined, 's'],
      ['string', undefined, undefined, "'text'"],
      ['undefined', undefined, undefined, 'undefined'],
    ]);
  });

  it('has the status of an answer that is an error, and of no other', async () => {
    const response = (statusCode: number) => ({ statusCode }) as never;
    const report = await failureReport([
      failed(new HTTPError('no', { response: response(429) })),
      failed(new HTTPError('no', { response: response(404) })),
      failed(new TooManyRedirectsError('no', { response: response(302) })),
    ]);
    expect(report.groups.map(({ statusCode }) => statusCode)).toEqual([429, 404, undefined]);
  });

  it('is of what other clients throw the same before and after a file', async () => {
    const response = { status: 429, url };
    const request = { path: '/', url: 'no URL' };
    const thrown = Object.assign(new Error('no'), { request, response });
    const live = failed(thrown);
    const read = ThreadException.fromJSON(JSON.stringify(live));
    for (const exception of [live, read])
      expect((await failureReport([exception])).groups).toMatchObject([
        { statusCode: 429, origin: 'http://a.example', hint: expect.stringContaining('rateLimit') },
      ]);
    const bare = failed(new Error('no'), { url: Object.create(null) });
    expect((await failureReport([bare])).groups).toMatchObject([{ origin: undefined }]);
  });

  it('is bounded: beyond 1000 groups by no origin, beyond 2000 all in one', async () => {
    function* many() {
      for (let i = 0; i < 3000; i++)
        yield failed(coded('ECONNRESET', 'body'), { url: `http://h${i % 1500}.example/` });
      for (let i = 0; i < 1500; i++) yield failed(coded(`E${i}`, 'body'));
      yield failed(coded('E1', 'body'));
    }
    const { total, groups } = await failureReport(many());
    expect(total).toBe(4501);
    expect(groups).toHaveLength(2001);
    expect(groups[0]).toMatchObject({ count: 1000, code: 'ECONNRESET', origin: undefined });
    expect(groups[1]).toMatchObject({ count: 501, code: 'others', phase: undefined });
    expect(groups[2]).toMatchObject({ count: 2 });
    expect(groups.find(({ code }) => code === 'E1')).toMatchObject({ count: 2, origin: undefined });
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(total);
  });

  it('refuses what is no iterable, and what is no ThreadException', async () => {
    await expect(failureReport(5 as never)).rejects.toThrow(
      new TypeError('an iterable of ThreadExceptions is expected, got number'),
    );
    await expect(failureReport([new Error('no')] as never)).rejects.toThrow(
      new TypeError('a ThreadException is expected, got Error'),
    );
    const broken = (async function* () {
      yield failed(1);
      throw new Error('the file broke');
    })();
    await expect(failureReport(broken)).rejects.toThrow('the file broke');
  });

  it('is a table as text', async () => {
    const one = await failureReport([failed(coded('ECONNREFUSED', 'connect'))]);
    expect(String(one)).toBe(`1 failure of 1 kind

count  code          phase    origin
    1  ECONNREFUSED  connect  http://a.example
       it was ECONNREFUSED
       hint: nobody listens on that host and port: the server is down, or the port is another`);
    expect(String(await failureReport([]))).toBe('no failures');
    const odd = Array.from({ length: 12 }, () => failed('odd', 1));
    expect(
      String(await failureReport([...odd, failed(new Error('x'))])),
    ).toBe(`13 failures of 2 kinds

count  code    phase  origin
   12  string
       'odd'
    1  Error          http://a.example
       x`);
  });

  it('shows a status, 20 groups and a line of each message, without credentials', async () => {
    const response = { statusCode: 404 } as never;
    const lines = `a\r\n\u001b[2Jb\u202ec http://u:secret@b/ ${'x'.repeat(200)}`;
    const report = await failureReport([
      failed(new HTTPError(lines, { response })),
      ...Array.from({ length: 24 }, (_, i) =>
        failed(new Error('no'), { url: `http://h${i}.example` }),
      ),
    ]);
    const text = String(report);
    expect(text).toMatch(/ {2}ERR_HTTP_STATUS 404 {2}/);
    expect(text).toMatch(/\n {7}a \[2Jb c http:\/\/\*\*\*@b\/ x+…\n/);
    expect(text).not.toContain('secret');
    expect(text.split('\n').at(-1)).toBe('and 5 more in 5 other groups');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(170);
  });

  it('shows no credentials of a job that is not from a file', async () => {
    const headers = { Authorization: 'Bearer token-1', 'X-Key': ['key-1'] };
    const message = 'token-1 of ada:pass-1 is not key-1';
    const job = { url: 'http://ada:pass-1@a.example/', headers, hooks: { response: () => {} } };
    expect(String(await failureReport([failed(new Error(message), job)]))).toContain(
      '*** of ada:*** is not ***',
    );
    const odd = { url, headers: { Authorization: () => 1 } };
    expect(String(await failureReport([failed(new Error(message), odd)]))).toContain(message);
  });
});

describe('a hint', () => {
  it.each<[string, string | undefined, string]>([
    ['EMFILE', 'connect', 'ulimit -n'],
    ['ENFILE', undefined, 'numProcesses'],
    ['EAI_AGAIN', 'connect', 'UV_THREADPOOL_SIZE'],
    ['ENOTFOUND', 'connect', 'there is no such host'],
    ['ERR_CONNECT_TIMEOUT', 'connect', 'every timeout of it is in the connect'],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, 'perOrigin.concurrency'],
    ['ETIMEDOUT', 'connect', 'a firewall'],
    ['ETIMEDOUT', undefined, 'a firewall'],
    ['ETIMEDOUT', 'firstByte', 'timeout.read'],
    ['ETIMEDOUT', 'body', 'timeout.total'],
    ['ERR_TIMEOUT', 'connect', 'every timeout of it is in the connect'],
    ['ERR_READ_TIMEOUT', 'firstByte', 'timeout.read'],
    ['ERR_TIMEOUT', 'body', 'timeout.total'],
    ['UND_ERR_HEADERS_TIMEOUT', undefined, 'a longer timeout'],
    ['ECONNRESET', 'firstByte', 'kept connections'],
    ['EPIPE', 'firstByte', 'kept connections'],
    ['UND_ERR_SOCKET', 'body', 'within the body'],
    ['ECONNRESET', 'connect', 'broke the connection'],
    ['ECONNREFUSED', 'connect', 'nobody listens'],
    ['EADDRNOTAVAIL', 'connect', 'ip_local_port_range'],
    ['EHOSTUNREACH', 'connect', 'no way to it'],
    ['CERT_HAS_EXPIRED', 'connect', 'has expired'],
    ['CERT_NOT_YET_VALID', 'connect', 'clock'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'connect', 'other names'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connect', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'connect', 'verify'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'connect', 'does not speak TLS'],
    ['EPROTO', 'connect', 'client certificate'],
    ['ERR_PROXY_STATUS_407', 'connect', "the proxy's URL"],
    ['ERR_SOCKS_AUTHENTICATION', 'connect', "the proxy's URL"],
    ['ERR_PROXY_CLOSED', 'connect', 'NO_PROXY'],
    ['ERR_SOCKS_REPLY_5', 'connect', 'NO_PROXY'],
    ['ERR_RESPONSE_TOO_LARGE', 'body', 'maxResponseSize'],
    ['ERR_CONTENT_DECODING', 'body', 'identity'],
    ['ERR_TOO_MANY_REDIRECTS', 'response', 'circle'],
    ['ERR_UNREWINDABLE_BODY', 'response', 'function'],
    ['ERR_INVALID_URL', 'prepare', 'not absolute'],
    ['ERR_INVALID_JOB', 'prepare', 'changes nothing'],
    ['ERR_INVALID_HEADER', 'prepare', 'changes nothing'],
  ])('for %s in %s speaks of %j', async (code, phase, hint) => {
    expect(await hintOf(coded(code, phase))).toContain(hint);
  });

  it.each([
    [407, "the proxy's URL"],
    [429, 'rateLimit'],
    [503, 'perOrigin'],
    [401, 'auth'],
    [403, 'other credentials'],
    [502, 'later again'],
  ])('for the status %i speaks of %j', async (statusCode, hint) => {
    const response = { statusCode } as never;
    expect(await hintOf(new HTTPError('no', { response }))).toContain(hint);
  });

  it('is not given where nothing is known', async () => {
    const response = { statusCode: 404 } as never;
    for (const thrown of [new Error('no'), coded('ERR_ABORTED'), new HTTPError('no', { response })])
      expect(await hintOf(thrown)).toBe(undefined);
  });

  it('speaks of the look-up of names where many have failed alike', async () => {
    const ofHosts = async (count: number, code: string) => {
      const hosts = Array.from({ length: count }, (_, i) => ({ url: `http://h${i}.example/` }));
      const { groups } = await failureReport(
        hosts.map((job) => failed(coded(code, 'connect'), job)),
      );
      return groups[0]?.hint;
    };
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ERR_CONNECT_TIMEOUT'])
      expect(await ofHosts(8, code), code).toMatch(/^many .*UV_THREADPOOL_SIZE/);
    for (const code of ['ENOTFOUND', 'ERR_CONNECT_TIMEOUT'])
      expect(await ofHosts(7, code), code).not.toContain('UV_THREADPOOL_SIZE');
  });

  it('tells a host that never had a connection from one that is slow as well', async () => {
    const hintsOf = async (other?: string, later: unknown = new ReadTimeoutError('no')) => {
      const { groups } = await failureReport([
        failed(new ConnectTimeoutError('no'), { url: other && url }),
        failed(later, { url: other }),
      ]);
      return groups.find(({ code }) => code === 'ERR_CONNECT_TIMEOUT')?.hint;
    };
    expect(await hintsOf('http://b.example/')).toMatch(/^every timeout/);
    expect(await hintsOf(url)).toMatch(/^some of its requests had a connection/);
    expect(await hintsOf(url, coded('ERR_TIMEOUT', 'connect'))).toMatch(/^every timeout/);
    expect(await hintsOf(undefined)).toMatch(/^every timeout/);
  });
});
