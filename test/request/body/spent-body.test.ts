import { Readable } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import {
  ConnectionError,
  HTTPError,
  type Job,
  Pool,
  type RequestError,
  Session,
  UnrewindableBodyError,
} from '../../../src/index.js';
import { spentBodyError } from '../../../src/request/body/spent-body.js';
import { startServer, type TestServer } from '../../helpers/http-server.js';
import { startRawServer } from '../../helpers/raw-server.js';
import { collect } from '../../helpers/scripted-session.js';

/** What can be read once. */
const stream = () => Readable.from(['once']);

/** What gives the same stream each time. */
function sameEachTime(): () => Readable {
  const data = stream();
  return () => data;
}

const ONE_SHOT: [string, () => Partial<Job>][] = [
  ['a stream of Node', () => ({ data: stream() })],
  ['a stream of the web', () => ({ data: new Blob(['once']).stream() })],
  ['a generator', () => ({ data: stream().iterator() })],
  ['a file of a record', () => ({ files: { f: stream() } })],
  ['a content of a record', () => ({ files: { f: { content: stream(), filename: 'f' } } })],
  ['a file of an array', () => ({ files: [['f', stream()]] })],
  ['one of several files of a record', () => ({ files: { f: ['text', stream()] } })],
  ['one of several files of an array', () => ({ files: [['f', ['text', { content: stream() }]]] })],
  ['a file of a Map', () => ({ files: new Map([['f', stream()]]) })],
  ['a content of an array', () => ({ files: [['f', { content: stream() }]] })],
];

/** Waits that would outlast the test. */
const LONG = { limit: 2, backoffBase: 1e7, backoffLimit: 1e7 };

const start503 = () =>
  startServer((_, reply) => reply.writeHead(503, { 'Retry-After': '50' }).end('why'));

/** Sends a job by a session alone, and by a pool, and gives what it failed with. */
const SENDERS: [string, (job: Job, retry: Job['retry']) => Promise<RequestError>][] = [
  [
    'a session alone',
    async (job, retry) => new Session().request({ ...job, retry }).catch((error) => error),
  ],
  [
    'a pool',
    async (job, retry) => {
      const pool = new Pool({ jobQueue: [job], numProcesses: 1, retry });
      const outcomes = await collect(pool.exceptions());
      return outcomes[0]?.exception as RequestError;
    },
  ],
];

describe.each(SENDERS)('a body that was read once, by %s,', (_, failureOf) => {
  const put = ({ url }: Pick<TestServer, 'url'>, body: Partial<Job>) =>
    ({ ...body, url, method: 'PUT' }) as Job;

  test.each(ONE_SHOT)('is the end of its job, at once, with the answer: %s', async (_, body) => {
    const server = await start503();
    const error = await failureOf(put(server, body()), LONG);
    expect(error).toBeInstanceOf(UnrewindableBodyError);
    expect(error.message).toMatch(
      /^PUT http:.*: the job cannot be sent again: .*pass a function that makes the stream$/,
    );
    expect(error.response).toMatchObject({ statusCode: 503, content: Buffer.from('why') });
    expect(error.request).toMatchObject({ method: 'PUT' });
    expect(error.cause).toBeUndefined();
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body.toString()).toContain('once');
  });

  test('has the exception for its cause, and that one’s response', async () => {
    const server = await start503();
    const job = { ...put(server, { data: stream() }), raiseForStatus: true };
    const error = await failureOf(job, LONG);
    expect(error).toBeInstanceOf(UnrewindableBodyError);
    expect(error.cause).toBeInstanceOf(HTTPError);
    expect(error.response).toMatchObject({ statusCode: 503 });
  });

  test('has a broken connection for its cause, without a response', async () => {
    const server = await startRawServer((socket) => socket.destroy());
    const error = await failureOf(put(server, { data: stream() }), LONG);
    expect(error).toBeInstanceOf(UnrewindableBodyError);
    expect(error.cause).toBeInstanceOf(ConnectionError);
    expect([error.request?.method, error.response]).toEqual(['PUT', undefined]);
  });

  test('has any exception for its cause, of which no request is known', async () => {
    const server = await startServer();
    const thrown = new Error('of a hook');
    const response = () => {
      throw thrown;
    };
    const job = { ...put(server, { data: stream() }), hooks: { response } };
    const error = await failureOf(job, { ...LONG, shouldRetry: () => true });
    expect(error).toMatchObject({ name: 'UnrewindableBodyError', cause: thrown });
    expect(error.message).toMatch(/^the job cannot be sent again/);
    expect([error.request, error.response]).toEqual([undefined, undefined]);
  });

  test('does not come out of a function that gives the same stream again, as an empty one', async () => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const job = put(server, { data: sameEachTime() });
    expect(await failureOf(job, { backoffBase: 0 })).toBeInstanceOf(UnrewindableBodyError);
    expect(server.requests).toHaveLength(1);
  });

  test('can be sent again if a function makes it, or if it never was a stream', async () => {
    const bodies: Partial<Job>[] = [
      { data: stream },
      { files: { f: stream } },
      {
        files: [
          ['f', 'text'],
          ['g', { content: 'text' }],
        ],
      },
      { files: { f: 'text' } },
      { data: 'text' },
    ];
    for (const body of bodies) {
      const server = await startServer((_, reply) => reply.writeHead(503).end());
      const retry = { limit: 1, backoffBase: 0 };
      const error = await failureOf({ ...put(server, body), raiseForStatus: true }, retry);
      expect(error).toBeInstanceOf(HTTPError);
      expect(server.requests).toHaveLength(2);
    }
  });

  test('is of no account if the job is not tried again', async () => {
    const server = await start503();
    const job = { ...put(server, { data: stream() }), raiseForStatus: true };
    expect(await failureOf(job, 0)).toBeInstanceOf(HTTPError);
  });
});

test('a retry that is none is told to nobody', async () => {
  const server = await start503();
  const job = { url: server.url, method: 'PUT', data: stream() };
  const pool = new Pool({ jobQueue: [job], numProcesses: 1, retry: LONG });
  const told = vi.fn();
  pool.on('retry', told);
  expect(await collect(pool)).toMatchObject([{ kind: 'exception', attempts: 1 }]);
  expect(told).not.toHaveBeenCalled();
});

test.each([undefined, null, 'job', 7, {}, { files: null }, { files: 7 }, { files: [7, null] }])(
  'a job that is %o has no body that was read',
  (job) => {
    expect(spentBodyError(job, { response: undefined, exception: undefined })).toBeUndefined();
  },
);

test('pairs that can be iterated once are left to their iterator', () => {
  const next = vi.fn(() => ({ done: true, value: undefined }) as const);
  const files = { next, [Symbol.iterator]: () => files };
  expect(spentBodyError({ files }, { response: undefined, exception: undefined })).toBeUndefined();
  expect(next).not.toHaveBeenCalled();
});
