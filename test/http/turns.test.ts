import { expect, it } from 'vitest';
import { RequestContext } from '../../src/http/request-context.js';
import { Pool, Session, TimeoutError } from '../../src/index.js';
import { Gate } from '../helpers/gate.js';
import { startServer } from '../helpers/http-server.js';

it('a redirect waits for its turn, which costs its job no time', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/') reply.writeHead(302, { location: '/there' });
    reply.end(path);
  });
  const gate = new Gate();
  const asked: string[] = [];
  const context = new RequestContext({
    admit: ({ pathname }) => {
      asked.push(pathname);
      return { granted: gate.opened, cancel: () => {} };
    },
  });
  await using session = new Session();
  const total = 300;
  const request = session.request({ url: server.url, timeout: { total } }, context);
  await server.received(1);
  await new Promise((resolve) => setTimeout(resolve, 2 * total));
  expect(server.requests).toHaveLength(1);
  gate.open();
  expect(await (await request).text()).toBe('/there');
  expect(asked).toEqual(['/there']);
});

it('the time that is left after the wait is what was left before', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/') reply.writeHead(302, { location: '/there' }).end();
  });
  const admit = () => ({ granted: Promise.resolve(), cancel: () => {} });
  await using session = new Session();
  const job = { url: server.url, timeout: { total: 100 } };
  const request = session.request(job, new RequestContext({ admit }));
  await expect(request).rejects.toThrow(TimeoutError);
  expect(server.requests).toHaveLength(2);
});

it('a job that is aborted while a redirect waits sends no more', async () => {
  const server = await startServer((_, reply) =>
    reply.writeHead(302, { location: '/there' }).end(),
  );
  const gate = new Gate();
  let canceled = 0;
  const cancel = () => {
    canceled++;
    gate.open();
  };
  const context = new RequestContext({ admit: () => ({ granted: gate.opened, cancel }) });
  await using session = new Session();
  const controller = new AbortController();
  const { signal } = controller;
  const job = { url: server.url, signal, timeout: { total: 10_000 } };
  const request = session.request(job, context);
  await server.received(1);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the redirect is at the gate
  controller.abort();
  await expect(request).rejects.toMatchObject({ name: 'AbortError' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([canceled, server.requests.length]).toEqual([1, 1]);
});

it('a job that is aborted while a redirect waits for the rate leaves no timer', async () => {
  const server = await startServer((_, reply) =>
    reply.writeHead(302, { location: '/there' }).end(),
  );
  const controller = new AbortController();
  const rateLimit = { limit: 1, interval: 60_000 };
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await using pool = new Pool({ rateLimit, numProcesses: 1 });
  const submitted = pool.submit({ url: server.url, signal: controller.signal });
  await server.received(1);
  await new Promise((resolve) => setTimeout(resolve, 50)); // the redirect waits
  const waiting = timers();
  expect(waiting).toBeGreaterThan(0);
  controller.abort();
  await expect(submitted).rejects.toMatchObject({ name: 'AbortError' });
  expect(timers()).toBeLessThan(waiting);
});

it('redirects and the answers to challenges count for the rate of a pool', async () => {
  const limit = 5;
  const interval = 200;
  const arrivals: number[] = [];
  const server = await startServer(({ path }, reply) => {
    arrivals.push(performance.now());
    if (path.startsWith('/from')) reply.writeHead(302, { location: '/to' });
    reply.end();
  });
  const urls = Array.from({ length: 8 }, (_, i) => `${server.url}/from/${i}`);
  const pool = Pool.fromUrls(urls, {}, { rateLimit: { limit, interval }, numProcesses: 8 });
  await pool.joinAll();
  expect(arrivals).toHaveLength(16);
  for (const [i, arrival] of arrivals.entries())
    if (i >= limit)
      expect(arrival - (arrivals[i - limit] as number)).toBeGreaterThanOrEqual(interval);
});
