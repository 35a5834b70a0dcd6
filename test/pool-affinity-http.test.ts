import { expect, test } from 'vitest';
import { type Job, Pool } from '../src/index.js';
import { startServer } from './helpers/http-server.js';
import { collect } from './helpers/scripted-session.js';

test('by origin, each of many is reached over one connection', async () => {
  const hosts = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6'];
  const servers = await Promise.all(hosts.map((host) => startServer(undefined, { host })));
  function* urls() {
    for (let i = 0; i < 20; i++) for (const { url } of servers) yield `${url}/${i}`;
  }
  const pool = Pool.fromUrls(urls(), {}, { numProcesses: 4, affinity: 'origin' });
  expect(await collect(pool.responses())).toHaveLength(100);
  expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1, 1, 1]);
  expect(servers.map(({ maxInFlight }) => maxInFlight)).toEqual([1, 1, 1, 1, 1]);
});

test('by account, a login is good for all jobs of the account', async () => {
  const server = await startServer(({ path, headers }, reply) => {
    const [, account, page] = path.split('/');
    if (page === 'login') reply.setHeader('Set-Cookie', `user=${account}; Path=/${account}`);
    reply.writeHead(page === 'login' || headers.cookie === `user=${account}` ? 200 : 401).end();
  });
  const accounts = ['ada', 'grace', 'edsger', 'barbara', 'niklaus'];
  function* jobs(): Generator<Job & { context: string }> {
    for (const page of ['login', ...Array.from({ length: 10 }, (_, i) => `${i}`)])
      for (const account of accounts)
        yield { url: `${server.url}/${account}/${page}`, context: account };
  }
  const affinity = ({ context }: Job) => context as string;
  const pool = new Pool({ jobQueue: jobs(), numProcesses: 3, affinity });
  const responses = await collect(pool.responses());
  expect(responses.map(({ statusCode }) => statusCode)).toEqual(Array(55).fill(200));
});
