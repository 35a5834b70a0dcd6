import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type JobMessage, type Outcome, Pool, type RequestError } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import { countOf, FAST, startFlaky } from './helpers/retrying.js';
import { urlsOf } from './helpers/server-jobs.js';
import { SpanWatch } from './helpers/spans.js';

/** What a span says of its request. */
function told({ attributes }: ReadableSpan) {
  return {
    method: attributes['http.request.method'],
    url: attributes['url.full'],
    status: attributes['http.response.status_code'],
  };
}

/** The header that tells a server which span its request belongs to. */
function traceparentOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

describe("OpenTelemetry's instrumentation of undici", () => {
  it('makes one span for each request of a pool, and tells the server of it', async () => {
    const watch = new SpanWatch();
    const server = await startServer();
    const urls = urlsOf(server, 10);
    await Pool.fromUrls(urls, { method: 'PUT', data: 'x' }, { numProcesses: 3 }).joinAll();
    const { spans } = watch;
    expect(spans.every(({ kind }) => kind === SpanKind.CLIENT)).toBe(true);
    expect(spans.map(told).toSorted((a, b) => String(a.url).localeCompare(String(b.url)))).toEqual(
      urls.map((url) => ({ method: 'PUT', url, status: 200 })),
    );
    const headers = server.requests.map((request) => request.headers.traceparent);
    expect(headers.toSorted()).toEqual(spans.map(traceparentOf).toSorted());
  });

  it('makes one for each redirect and each retry too', async () => {
    const watch = new SpanWatch();
    const server = await startServer(({ path }, reply) => {
      if (path === '/old') reply.writeHead(302, { Location: '/new' });
      else if (countOf(server, path) === 1) reply.writeHead(503);
      reply.end();
    });
    await Pool.fromUrls([`${server.url}/old`], {}, { retry: FAST }).joinAll();
    expect(watch.spans.map(told)).toEqual(
      [
        ['old', 302],
        ['new', 503],
        ['old', 302],
        ['new', 200],
      ].map(([path, status]) => ({ method: 'GET', url: `${server.url}/${path}`, status })),
    );
  });

  it('records what breaks a request', async () => {
    const watch = new SpanWatch();
    const server = await startServer((_, reply) => void reply.socket?.destroy());
    const closed = await startServer();
    await closed.close();
    const pool = Pool.fromUrls([server.url, closed.url], {}, { numProcesses: 1 });
    const causes: unknown[] = [];
    for await (const { exception } of pool.exceptions())
      causes.push((exception as RequestError & { cause: Error }).cause.message);
    expect(watch.spans.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
    ]);
    const recorded = watch.spans.map(({ events }) => events[0]?.attributes?.['exception.message']);
    expect(recorded).toEqual(causes);
  });

  it('records a status of 400 and above, and a body that is cut off', async () => {
    const watch = new SpanWatch();
    const server = await startServer(({ path }, reply) => {
      if (path === '/missing') reply.writeHead(404).end();
      else reply.writeHead(200, { 'Content-Length': 10 }).write('cut', () => reply.destroy());
    });
    await Pool.fromUrls(
      [`${server.url}/missing`, `${server.url}/cut`],
      {},
      { numProcesses: 1 },
    ).joinAll();
    expect(watch.spans.map(told)).toMatchObject([{ status: 404 }, { status: 200 }]);
    expect(watch.spans.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.ERROR,
    ]);
  });
});

/** Makes a span of each job, in which its requests are, retries and redirects included. */
function traceJobs({ tracer, storage }: SpanWatch): void {
  const spans = new WeakMap<object, Span>();
  const start = channel('session-pool:job:start');
  start.bindStore(storage, (message) => {
    const span = tracer.startSpan('job');
    spans.set(message as object, span);
    return trace.setSpan(context.active(), span);
  });
  const retried = (message: unknown) => {
    const { attempts, delay } = message as JobMessage;
    spans.get(message as object)?.addEvent('retry', { attempts, delay: Math.floor(delay ?? 0) });
  };
  const end = (message: unknown) => {
    const { outcome } = message as { readonly outcome: Outcome<unknown> };
    const span = spans.get(message as object);
    if (outcome.kind === 'exception') span?.recordException(outcome.exception as Error);
    span?.end();
  };
  subscribe('session-pool:job:retry', retried);
  subscribe('session-pool:job:end', end);
  onTestFinished(() => {
    start.unbindStore(storage);
    unsubscribe('session-pool:job:retry', retried);
    unsubscribe('session-pool:job:end', end);
  });
}

describe('a span of each job, by the channels', () => {
  /** The names, and what is in what. */
  function family({ spans }: SpanWatch) {
    const jobs = spans.filter(({ name }) => name === 'job');
    return jobs.map((job) => ({
      job,
      requests: spans.filter(
        ({ parentSpanContext }) => parentSpanContext?.spanId === job.spanContext().spanId,
      ),
    }));
  }

  it('is the parent of its requests, and of no other', async () => {
    const watch = new SpanWatch();
    traceJobs(watch);
    const server = await startServer();
    await Pool.fromUrls(urlsOf(server, 12), {}, { numProcesses: 3 }).joinAll();
    const families = family(watch);
    expect(families.map(({ requests }) => requests.length)).toEqual(Array(12).fill(1));
    expect(watch.spans).toHaveLength(24);
    const traces = families.map(({ job }) => job.spanContext().traceId);
    expect(new Set(traces).size).toBe(12);
  });

  it('goes on over retries and redirects', async () => {
    const watch = new SpanWatch();
    traceJobs(watch);
    const target = await startFlaky([503, 200]);
    const server = await startServer((_, reply) => {
      reply.writeHead(302, { Location: `${target.url}/x` }).end();
    });
    const pool = Pool.fromUrls(
      [server.url, `${target.url}/y`],
      {},
      { retry: FAST, numProcesses: 2 },
    );
    await pool.joinAll();
    const [one, other] = family(watch).toSorted((a, b) => a.requests.length - b.requests.length);
    expect(one?.requests.map(told)).toMatchObject([{ status: 503 }, { status: 200 }]);
    expect(other?.requests.map(told)).toMatchObject([
      { status: 302 },
      { status: 503 },
      { status: 302 },
      { status: 200 },
    ]);
    expect(one?.job.events).toMatchObject([{ name: 'retry', attributes: { attempts: 1 } }]);
  });

  it('has what the job failed with', async () => {
    const watch = new SpanWatch();
    traceJobs(watch);
    const server = await startServer();
    await server.close();
    await Pool.fromUrls([server.url]).joinAll();
    const [{ job, requests } = { job: undefined, requests: [] }] = family(watch);
    expect(job?.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'ECONNREFUSED' } },
    ]);
    expect(requests).toHaveLength(1);
  });
});
