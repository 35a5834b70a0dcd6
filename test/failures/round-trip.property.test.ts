import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Headers, type Job, Pool, RequestError, ThreadException } from '../../src/index.js';
import { type ReceivedRequest, startServer } from '../helpers/http-server.js';

/** Anything that JSON can carry with tags, and values that look like tags. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withTypedArray: true,
  withUnicodeString: true,
  key: fc.oneof(fc.string(), fc.constantFrom('$type', 'value', '__proto__', 'toJSON')),
  values: [
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.bigInt(),
    fc.constantFrom(undefined, null, 'record', 'undefined', 'URL'),
  ],
});

/** Of letters that spell no credential. */
const name = fc.stringMatching(/^[Xx]-[A-Ea-e]{1,8}$/);
const line = fc.tuple(name, fc.stringMatching(/^[!-~]{1,12}$/));
const field = fc.tuple(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean()));
const bytes = fc.uint8Array({ maxLength: 64 });

const params = fc.oneof(
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(null))),
  fc.array(field),
  fc
    .array(field)
    .map(
      (all) => new URLSearchParams(all.map(([key, it]) => [key, String(it)] as [string, string])),
    ),
);

const headers = fc.oneof(
  fc.array(line),
  fc.dictionary(name, fc.string({ unit: fc.constantFrom('a', 'B', '1') })),
  fc.array(line).map((lines) => new Headers(lines)),
  fc.array(line).map((lines) => new Map(lines)),
);

const body = fc.oneof(
  fc.record({ json: fc.jsonValue() }),
  fc.record({ data: fc.oneof(fc.string(), params) }),
  fc.record({
    data: fc.oneof(
      bytes,
      bytes.map((it) => Buffer.from(it)),
      bytes.map((it) => it.slice().buffer),
    ),
  }),
  fc.constant({}),
);

const job = fc
  .tuple(
    fc.record(
      {
        method: fc.constantFrom('GET', 'post', 'PUT', 'Delete'),
        params,
        headers,
        timeout: fc.constantFrom(5000, { connect: 5000, read: 5000, total: Infinity }),
        allowRedirects: fc.boolean(),
        stream: fc.constant(false),
        retry: fc.constantFrom(0, { limit: 0, methods: ['POST'] }),
        priority: fc.double({ noNaN: true, noDefaultInfinity: true }),
        context: anything,
      },
      { requiredKeys: [] },
    ),
    body,
    fc.webPath(),
    fc.boolean(),
  )
  .map(([fields, content, path, isText]) => ({ fields: { ...fields, ...content }, path, isText }));

type Plan = typeof job extends fc.Arbitrary<infer T> ? T : never;

/** As it is after a file and a day. */
function keptOf(plain: Job): Job {
  const line = JSON.stringify(new ThreadException(plain, new RequestError('no'), 0, 1));
  return ThreadException.fromJSON(line).requestKwargs;
}

function jobAt(origin: string, { fields, path, isText }: Plan): Job {
  const url = `${origin}/${path}`;
  return { ...fields, url: isText ? url : new URL(url) } as Job;
}

it('any job is the same after JSON, and is sent byte for byte as it was', async () => {
  const server = await startServer();
  const sent = ({ method, path, rawHeaders, body: content }: ReceivedRequest) => ({
    line: `${method} ${path}`,
    rawHeaders,
    content: content.toString('latin1'),
  });
  const property = fc.asyncProperty(
    fc.array(job, { minLength: 1, maxLength: 10 }),
    async (plans) => {
      const jobs = plans.map((plan) => jobAt(server.url, plan));
      const kept = jobs.map(keptOf);
      expect(kept).toStrictEqual(jobs);
      const requests = [];
      for (const each of [jobs, kept]) {
        server.requests.length = 0;
        const outcomes = [];
        const pool = new Pool({ jobQueue: each, numProcesses: 1 });
        for await (const outcome of pool)
          outcomes.push(
            outcome.kind === 'response' ? outcome.statusCode : outcome.exception.message,
          );
        requests.push({ outcomes, sent: server.requests.map(sent) });
      }
      expect(requests[1]).toEqual(requests[0]);
    },
  );
  await fc.assert(property, { numRuns: 100 });
  expect(server.requests).not.toEqual([]);
});

it('anything in context is the same after JSON, or refused at once', () => {
  const property = fc.property(
    fc.anything({ withBoxedValues: true, withSparseArray: true }),
    (context) => {
      let again: unknown;
      try {
        again = keptOf({ url: 'http://a.example/', context }).context;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toMatch(/^requestKwargs\.context/);
        return;
      }
      expect(again).toStrictEqual(context);
    },
  );
  void fc.assert(property, { numRuns: 500 });
});
