import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Job, Pool } from '../src/index.js';
import { Gate } from './helpers/gate.js';
import { startServer } from './helpers/http-server.js';
import { FAST, run, startFlaky, summary } from './helpers/retrying.js';
import { collect, quiet } from './helpers/scripted-session.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('shouldRetry', () => {
  it('looks into the answer, and has the last word', async () => {
    const server = await startServer((_, reply) =>
      reply.end(JSON.stringify({ isReady: server.requests.length === 3 })),
    );
    const shouldRetry = vi.fn(async ({ response }) => !(await response.json()).isReady);
    const [outcome] = await run([{ method: 'POST', url: server.url, json: 1 }], {
      retry: { ...FAST, limit: 5, shouldRetry },
    });
    expect(outcome).toMatchObject({ response: { statusCode: 200 }, attempts: 3 });
    expect(shouldRetry.mock.calls.map(([{ attempts }]) => attempts)).toEqual([1, 2, 3]);
  });

  it('may forbid a retry, and leave the decision to the other options', async () => {
    const server = await startFlaky([503]);
    for (const [answer, attempts] of [
      [false, 1],
      [undefined, 3],
    ] as const)
      expect(
        await run([{ url: server.url }], { retry: { ...FAST, shouldRetry: () => answer } }),
      ).toMatchObject([{ attempts }]);
  });

  it('is asked of exceptions too, with the job and what was thrown', async () => {
    const server = await startServer();
    await server.close();
    const shouldRetry = vi.fn((_: unknown) => false);
    const job = { url: server.url };
    await run([job], { retry: { shouldRetry } });
    expect(shouldRetry.mock.calls).toEqual([
      [{ requestKwargs: job, attempts: 1, response: undefined, exception: expect.any(Error) }],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no idea'))],
  ])('that %s ends its job alone, and frees the connection', async (_, shouldRetry) => {
    const server = await startServer((_, reply) => void reply.writeHead(200).write('a'));
    const other = await startFlaky([503, 200]);
    const jobs = [
      { url: server.url, stream: true, retry: { shouldRetry } },
      { url: other.url, retry: FAST },
    ];
    const [failed, passed] = await run(jobs);
    expect(failed).toMatchObject({ exception: new Error('no idea'), attempts: 1 });
    expect(passed).toMatchObject({ response: { statusCode: 200 }, attempts: 2 });
    await vi.waitFor(() => expect(server.openConnections).toBe(0));
  });

  it('that answers neither yes nor no is an error', async () => {
    const server = await startServer();
    const shouldRetry = (() => 'yes') as unknown as () => boolean;
    const [outcome] = await run([{ url: server.url, retry: { shouldRetry } }]);
    expect(outcome).toMatchObject({
      exception: new TypeError("shouldRetry must return true, false or undefined, got 'yes'"),
    });
  });

  it('may change the job for its next attempt, its retry too', async () => {
    const server = await startServer((_, reply) => reply.writeHead(429).end());
    const shouldRetry = ({ requestKwargs }: { requestKwargs: unknown }) => {
      (requestKwargs as Job).retry = 0;
      return true;
    };
    const jobs = [{ url: server.url, retry: { ...FAST, shouldRetry } }, { url: server.url }];
    expect(summary(await run(jobs))).toEqual([
      [429, 2],
      [429, 1],
    ]);
  });

  it.each([true, false])(
    'that says %s after its job was aborted is not listened to, and the answer is freed',
    async (verdict) => {
      const [asked, gate] = [new Gate(), new Gate()];
      const body = new Readable({ read: () => {} });
      const request = vi.fn((_: object) => ({ statusCode: 503, body }));
      const controller = new AbortController();
      const shouldRetry = async () => {
        asked.open();
        await gate.opened;
        return verdict;
      };
      const retry = { ...FAST, shouldRetry };
      const jobQueue = [{ signal: controller.signal, retry }];
      const pool = new Pool({ jobQueue, session: () => ({ request }), numProcesses: 1 });
      await asked.opened;
      controller.abort();
      expect(await collect(pool)).toMatchObject([{ exception: { name: 'AbortError' } }]);
      expect(body.destroyed).toBe(false);
      gate.open();
      await quiet();
      expect(body.destroyed).toBe(true);
      expect(request).toHaveBeenCalledOnce();
      expect(await collect(pool)).toEqual([]);
    },
  );
});

describe('the retry event', () => {
  it('tells of each attempt that failed, and how long the next one waits', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const server = await startFlaky([503, 503, 200]);
    const job = { url: server.url };
    const pool = new Pool({ jobQueue: [job], retry: { backoffBase: 4, backoffFactor: 3 } });
    const told: unknown[] = [];
    pool.on('retry', ({ requestKwargs, attempts, response }, delay) =>
      told.push([requestKwargs === job, attempts, response?.statusCode, delay]),
    );
    await pool.joinAll();
    expect(told).toEqual([
      [true, 1, 503, 2],
      [true, 2, 503, 6],
    ]);
  });

  it('costs the job of a listener that throws, and no other', async () => {
    const server = await startFlaky([503, 200]);
    const pool = Pool.fromUrls(
      [1, 2, 3].map((i) => `${server.url}/${i}`),
      {},
      {
        numProcesses: 1,
        retry: FAST,
      },
    );
    const thrown = new Error('not that one');
    pool.on('retry', ({ requestKwargs: { url } }) => {
      if (String(url).endsWith('2')) throw thrown;
    });
    const outcomes = await collect(pool.outcomes({ ordered: true }));
    expect(summary(outcomes)).toEqual([
      [200, 2],
      ['Error', 1],
      [200, 2],
    ]);
    expect(outcomes[1]).toMatchObject({ exception: thrown });
  });
});

describe('answers that are hard to look at', () => {
  const throwing = (name: string, fields: object = {}) =>
    Object.defineProperty({ ...fields }, name, {
      get() {
        throw new Error(`no ${name}`);
      },
    });

  it.each(['statusCode', 'headers', 'url', 'raiseForStatus', 'bufferedBytes', 'data', 'body'])(
    'a response whose %s throws costs its own job at most',
    async (name) => {
      const answers = [throwing(name, { status: 429 }), { status: 200 }];
      const session = () => ({ request: (_: object) => answers.shift() ?? {} });
      const jobs = [{ url: 'http://a.test/' }, { url: 'http://b.test/' }];
      const options = { session, numProcesses: 1, raiseForStatus: true, retry: FAST };
      expect(await collect(new Pool({ jobQueue: jobs, ...options }))).toHaveLength(2);
    },
  );

  it.each(['response', 'name', 'code'])(
    'an exception whose %s throws costs its own job at most',
    async (name) => {
      const answers = [Promise.reject(throwing(name)), { status: 200 }];
      const session = () => ({ request: async (_: object) => answers.shift() });
      const jobs = [{ url: 'http://a.test/' }, { url: 'http://b.test/' }];
      const options = { session, numProcesses: 1, retry: FAST };
      expect(await collect(new Pool({ jobQueue: jobs, ...options }))).toHaveLength(2);
    },
  );

  it.each(['url', 'priority', 'signal', 'retry', 'raiseForStatus', 'method'])(
    'a job whose %s throws costs itself at most',
    async (name) => {
      const session = () => ({ request: (_: object) => ({ status: 503 }) });
      const jobQueue = [throwing(name), { url: 'http://b.test/' }];
      const options = { session, numProcesses: 1, raiseForStatus: true, retry: FAST };
      const pool = new Pool({ jobQueue, ...options, perOrigin: { concurrency: 1 } });
      expect(await collect(pool)).toHaveLength(2);
      await quiet();
    },
  );

  it.each<[string, () => object]>([
    ['URL is a proxy', () => ({ url: new Proxy(new URL('http://a.test/'), {}) })],
    [
      'URL throws when it is read',
      () => ({ url: Object.assign(new URL('http://a.test/'), { toString: () => Symbol('no') }) }),
    ],
    ['URL has nothing but the prototype', () => ({ url: Object.create(URL.prototype) })],
    ['signal is a proxy', () => ({ signal: new Proxy(new AbortController().signal, {}) })],
    [
      'signal has nothing but the prototype',
      () => ({ signal: Object.create(AbortSignal.prototype) }),
    ],
    ['signal only looks like one', () => ({ signal: { aborted: false, addEventListener: 1 } })],
  ])('a job whose %s costs itself at most, queued or submitted', async (_, make) => {
    const session = () => ({ request: (_: object) => ({ status: 200 }) });
    for (const perOrigin of [undefined, { concurrency: 1 }]) {
      const jobQueue = [make(), { url: 'http://b.test/' }];
      const pool = new Pool({ jobQueue, session, numProcesses: 1, perOrigin });
      const submitted = pool.submit(make());
      expect(await submitted).toEqual({ status: 200 });
      expect(await collect(pool)).toHaveLength(2);
      await pool.close();
    }
  });
});
