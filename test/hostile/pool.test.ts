import { expect, test } from 'vitest';
import { JobQueue, Pool, type Timeouts } from '../../src/index.js';
import { repeats, type Script, says, startHostileServer } from '../helpers/hostile-server.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const POISON = `${HEAD}Content-Length: 6\r\n\r\npoison`;

/** What the jobs meet in turn, and what comes of it. */
const SCRIPTS: readonly (readonly [script: Script, ends: string])[] = [
  [says(''), 'ConnectionError'],
  [says(HEAD, 'reset'), 'ConnectionError'],
  [says(`${HEAD}Content-Length: 9\r\n\r\nabc`), 'ProtocolError'],
  [says(`${HEAD}Content-Length: 9\r\n\r\nabc`, 'reset'), 'ProtocolError'],
  [says(`${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz`), 'ProtocolError'],
  [says('garbage', 'wait'), 'ProtocolError'],
  [says('', 'wait'), 'ReadTimeoutError'],
  [
    says('HTTP/1.1 302 Found\r\nLocation: ?\r\nContent-Length: 0\r\n\r\n', 'wait'),
    'TooManyRedirectsError',
  ],
  [repeats(`${HEAD}\r\n`, 'x'.repeat(65_536)), 'ResponseTooLargeError'],
  [repeats(HEAD, 'X: y\r\n'.repeat(10_000)), 'ProtocolError'],
  [says(`${HEAD}Content-Length: 2\r\n\r\nok${POISON}`, 'wait'), '200 ok'],
  [says(`HTTP/1.1 204 No Content\r\n\r\n${POISON}`, 'wait'), '204 '],
];

/** Short where silence is to be noticed. */
function timeoutOf({ context }: { context: string }): Partial<Timeouts> {
  return { read: context === 'ReadTimeoutError' ? 150 : 10_000 };
}

test('a pool among hostile answers has the outcome of each job, and of no other', async () => {
  const server = await startHostileServer((socket, request) => {
    const [script] = SCRIPTS[Number(/^GET \/(\d+)/.exec(request)?.[1])] ?? [];
    script?.(socket, request);
  });
  const jobs = Array.from({ length: 10 }, (_, round) =>
    SCRIPTS.flatMap(([, ends], i) => [
      { url: `${server.url}/${i}`, context: ends },
      { url: `${server.url}/ok/${round}-${i}`, context: `200 /ok/${round}-${i}` },
    ]),
  ).flat();
  const queue = new JobQueue(
    jobs.map((job) => ({ ...job, timeout: timeoutOf(job), maxResponseSize: 65_536 })),
  );
  const ends: unknown[] = [];
  const pool = new Pool({ jobQueue: queue, numProcesses: 8 });
  for await (const outcome of pool) {
    const { context } = outcome.requestKwargs;
    ends.push(context);
    if (outcome.kind === 'exception') expect((outcome.exception as Error).name).toBe(context);
    else expect(`${outcome.response.status} ${outcome.response.content}`).toBe(context);
  }
  expect(ends.sort()).toEqual(jobs.map(({ context }) => context).sort());
  await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
});
