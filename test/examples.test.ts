import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readCommandLine, UsageError } from '../examples/main-job/command-line.js';
import { createProgress } from '../examples/main-job/progress.js';
import { describeBalance, describeFailures, isBalanced } from '../examples/main-job/report.js';
import { Tally } from '../examples/main-job/tally.js';
import { describe as describeStats, progress } from '../examples/progress/progress.js';
import { JobQueue, Pool, type PoolStats } from '../src/index.js';
import { startServer } from './helpers/http-server.js';

let folder: string;

// The example imports the package as its users do: it runs what was built.
beforeAll(async () => {
  if (!existsSync('dist/index.js')) await promisify(execFile)('npm', ['run', 'build']);
  folder = await mkdtemp(join(tmpdir(), 'session-pool-examples-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs the main job, without a terminal, to its end. */
function runMainJob(...args: string[]) {
  return run('examples/main-job/main.js', ...args);
}

function run(program: string, ...args: string[]) {
  return new Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(process.execPath, [program, ...args], (_, stdout, stderr) =>
        resolve({ exitCode: child.exitCode ?? undefined, stdout, stderr }),
      );
    },
  );
}

async function writeList(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  return path;
}

/** The lines that begin with a word, without it. */
function linesOf(stdout: string, word: string): string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith(word));
  return lines.map((line) => line.slice(word.length).trim());
}

describe('the main job', () => {
  test('fetches 500 URLs of its own server, and has a response to each after the retry', async () => {
    const { exitCode, stdout, stderr } = await runMainJob();
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);

    const progress = linesOf(stdout, 'Fetching:').map((line) => line.split(',')[0]);
    expect(progress).toEqual([1, 2, 3, 4, 5].map((n) => `${n}00 of 500`));
    expect(linesOf(stdout, 'Retrying:')).toEqual([expect.stringMatching(/^20 of 20, 0 failed,/)]);

    expect(stdout).toMatch(/200 OK +460\n +404 Not Found +20\n/);
    expect(stdout).toMatch(/ConnectionError +10\n +ProtocolError +10\n/);
    expect(stdout).toMatch(/p50 +[\d.]+ ms\n +p90 +[\d.]+ ms\n +p99 +[\d.]+ ms\nthroughput /);
    const cookies = stdout
      .match(/(?<=sessions \d to \d)( +\d+)+/g)
      ?.join('')
      .trim()
      .split(/ +/);
    expect(cookies).toHaveLength(8);
    expect(cookies?.reduce((sum, count) => sum + Number(count), 0)).toBe(60);

    expect(linesOf(stdout, 'first run')).toEqual(['500 jobs in = 480 responses + 20 exceptions']);
    expect(linesOf(stdout, 'retry')).toEqual(['20 jobs in = 20 responses + 0 exceptions']);
    expect(linesOf(stdout, 'in all')).toEqual(['500 jobs in = 500 responses + 0 exceptions']);
  });

  test('fetches the URLs of a file, and tells of one that cannot be reached', async () => {
    const server = await startServer();
    const list = await writeList('urls.txt', [
      '# two pages',
      `${server.url}/a`,
      '',
      `  ${server.url}/b  `,
      '# and nobody at home',
      'http://127.0.0.1:1/c',
    ]);

    const { exitCode, stdout } = await runMainJob('--file', list, '--sessions', '2');
    expect(exitCode).toBe(1);
    expect(server.requests.map(({ path }) => path).sort()).toEqual(['/a', '/b']);
    expect(linesOf(stdout, 'Fetching:')).toEqual([expect.stringMatching(/^3 done, 1 failed,/)]);
    expect(stdout).toContain('ConnectionError: GET http://127.0.0.1:1/c: connect ECONNREFUSED');
    expect(linesOf(stdout, 'first run')).toEqual(['3 jobs in = 2 responses + 1 exceptions']);
    expect(linesOf(stdout, 'retry')).toEqual(['1 jobs in = 0 responses + 1 exceptions']);
    expect(linesOf(stdout, 'in all')).toEqual(['3 jobs in = 2 responses + 1 exceptions']);
  });

  test('fetches the URLs that are named, retries nothing if none failed', async () => {
    const server = await startServer((_, reply) => reply.writeHead(503).end());
    const { exitCode, stdout } = await runMainJob(`${server.url}/1`, `${server.url}/2`);
    expect(exitCode).toBe(0);
    expect(server.requests).toHaveLength(2);
    expect(stdout).toMatch(/status +503 Service Unavailable +2\n/);
    expect(stdout).not.toContain('Retrying');
    expect(linesOf(stdout, 'in all')).toEqual(['2 jobs in = 2 responses + 0 exceptions']);
  });

  test('gives up a page when its timeout is over', async () => {
    const server = await startServer(() => undefined);
    const { exitCode, stdout } = await runMainJob('--timeout', '20', server.url);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/failed +ReadTimeoutError +1\n/);
    expect(server.requests).toHaveLength(2);
  });

  test('ends with 2 and says why if the command line is wrong', async () => {
    const { exitCode, stdout, stderr } = await runMainJob('--file', 'no-such-file');
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^Cannot read --file no-such-file: ENOENT[^\n]+\nTry: npm start -- --help\n$/,
    );
  });

  test('tells of a file that cannot be read to its end', async () => {
    const { exitCode, stderr } = await runMainJob('--file', '.');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Cannot read --file .: EISDIR/);
  });

  test.each([
    [['--colour'], "Unknown option '--colour'"],
    [['--file'], "Option '--file <value>' argument missing"],
    [['--sessions', '0'], '--sessions must be a whole number from 1 on, got "0"'],
    [['--timeout', '1s'], '--timeout must be a whole number from 1 on, got "1s"'],
  ])('refuses %j', async (args, message) => {
    await expect(readCommandLine(args)).rejects.toThrow(new UsageError(message));
  });

  test('explains itself', async () => {
    const { exitCode, stdout } = await runMainJob('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/--file PATH[\s\S]+Exit code:/);
  });
});

describe("the main job's report", () => {
  test('shows that jobs were lost', async () => {
    const first = new Tally();
    for await (const _ of first.in(['a', 'b', 'c'])) first.responses = 2;
    expect(isBalanced(first, new Tally())).toBe(false);
    expect(describeBalance(first, new Tally())).toMatch(
      /^first run {2}3 jobs in ≠ 2 responses \+ 0 exceptions\n[\s\S]*\nJobs were lost or doubled\.$/,
    );
  });

  test('names ten failures, and counts the others', () => {
    const failures = Array.from({ length: 12 }, () => ({ name: 'E', message: 'why' }));
    const lines = describeFailures(failures as unknown as Tally['exceptions']);
    expect(lines).toEqual([...Array(10).fill('  E: why'), '  and 2 more']);
  });
});

describe("the main job's progress on a terminal", () => {
  /** What is written to a terminal, but for its escape sequences, while half of eight jobs, then all, are done. */
  function written(columns: number): string[] {
    const lines: string[] = [];
    const terminal = { isTTY: true, columns, write: (text: string) => lines.push(text) };
    const progress = createProgress('Fetching', 8, terminal as unknown as NodeJS.WriteStream);
    const tally = new Tally();
    tally.responses = 4;
    progress.show(tally);
    tally.responses = 8;
    progress.end(tally);
    return lines.map((line) => stripVTControlCharacters(line));
  }

  test('is one line, which is rewritten', () => {
    expect(written(80)).toEqual([
      expect.stringMatching(/^\r█{10}░{10} Fetching: 4 of 8, 0 failed, \d+\/s$/),
      expect.stringMatching(/^\r█{20} Fetching: 8 of 8, 0 failed, \d+\/s$/),
      '\n',
    ]);
  });

  test('fits in a narrow one', () => {
    expect(written(15)).toEqual(['\rFetching: 4 of', '\rFetching: 8 of', '\n']);
  });
});

describe('the file of URLs', () => {
  const runUrlFile = (...args: string[]) => run('examples/url-file/main.js', ...args);

  test('is read as far as it is worked off, however long it is', async () => {
    const { exitCode, stdout, stderr } = await runUrlFile('--count', '5000');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^5000 URLs: 5000 responses, 0 exceptions\n/);
    const ahead = Number(/at most (\d+) lines/.exec(stdout)?.[1]);
    expect(ahead).toBeGreaterThan(0);
    expect(ahead).toBeLessThanOrEqual(200 + 64);
    expect(stdout).toMatch(/at most \d+ MiB of memory\n$/);
  });

  test('has a result for each URL, a failure too', async () => {
    const server = await startServer((_, reply) => reply.writeHead(404).end());
    const list = await writeList('few.txt', ['# one', `${server.url}/a`, '', 'mailto:ada']);
    const results = join(folder, 'results.tsv');
    const { exitCode, stdout } = await runUrlFile(list, results);
    expect(exitCode).toBe(1);
    expect(linesOf(stdout, '2 URLs:')).toEqual(['1 responses, 1 exceptions']);
    const lines = (await readFile(results, 'utf8')).trim().split('\n');
    expect(lines.sort()).toEqual(['mailto:ada\tInvalidURLError', `${server.url}/a\t404`].sort());
  });

  test.each([[[]], [['urls.txt']], [['--count', 'many']]])('is not run with %j', async (args) => {
    const { exitCode, stderr } = await runUrlFile(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Usage: /);
  });
});

describe('the progress of a pool', () => {
  const STATS: PoolStats = {
    taken: 6,
    inFlight: 2,
    waiting: 0,
    succeeded: 3,
    failed: 1,
    retried: 2,
    bytes: 0,
    elapsed: 2000,
    total: 8,
    timeLeft: 61_001,
  };

  /** A stream, and what is written to it, but for its escape sequences. */
  function output(isTTY: boolean) {
    const lines: string[] = [];
    const write = (text: string) => lines.push(stripVTControlCharacters(text).trim());
    const stream = { isTTY, columns: 80, rows: 24, write } as unknown as NodeJS.WriteStream;
    return { stream, shown: () => lines.filter((line) => line !== '') };
  }

  const session = () => ({ request: async ({ url }: { url: string }) => url });
  const jobs = (count: number) => Array.from({ length: count }, (_, i) => ({ url: `${i}` }));

  test('says how many are done, how fast, what failed and how long the rest will take', () => {
    const half = `${'█'.repeat(12)}${'░'.repeat(12)}`;
    expect(describeStats(STATS)).toBe(`${half} 4/8  2/s  1 failed  2 retried  1:02 left`);
    const unknown = { ...STATS, total: undefined, timeLeft: undefined };
    expect(describeStats(unknown)).toBe('4 done  2/s  1 failed  2 retried');
    const none = { ...STATS, succeeded: 0, failed: 0, elapsed: 0, total: 0, timeLeft: 0 };
    expect(describeStats(none)).toContain(' 0/0  0/s');
  });

  test.each([
    [true, () => jobs(3)],
    [false, () => jobs(3)],
    [true, () => jobs(3).values()],
  ])('ends with the last picture by itself: on a terminal %s', async (isTTY, source) => {
    const { stream, shown } = output(isTTY);
    const pool = new Pool({ jobQueue: source(), session });
    progress(pool, stream);
    await pool.joinAll();
    await new Promise(setImmediate);
    expect(shown()).toEqual([
      expect.stringMatching(/^█{24} 3\/3 {2}\d+\/s {2}0 failed {2}0 retried$/),
    ]);
  });

  test('does not end while a reader puts more', async () => {
    const { stream, shown } = output(false);
    const queue = new JobQueue(jobs(1));
    const pool = new Pool({ jobQueue: queue, session, numProcesses: 1 });
    progress(pool, stream);
    let puts = 0;
    for await (const _ of pool.responses()) if (puts++ < 3) queue.put({ url: 'more' });
    await new Promise(setImmediate);
    expect(shown()).toEqual([expect.stringContaining(' 4/4 ')]);
  });

  test('is shown now and then, on a terminal in one line', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    for (const [isTTY, frame] of [
      [true, 100],
      [false, 5000],
    ] as const) {
      const { stream, shown } = output(isTTY);
      const request = async (_: { url: string }) => vi.advanceTimersByTime(frame / 2);
      const pool = new Pool({ jobQueue: jobs(6), session: () => ({ request }), numProcesses: 1 });
      progress(pool, stream);
      await pool.joinAll();
      await new Promise(setImmediate);
      const counts = shown().map((line) => / (\d)\/6 /.exec(line)?.[1]);
      expect(counts.slice(0, 3)).toEqual(['2', '4', '6']);
    }
  });

  test('can be ended before', async () => {
    const { stream, shown } = output(false);
    const pool = new Pool({ jobQueue: jobs(3), session });
    progress(pool, stream)();
    await pool.joinAll();
    await new Promise(setImmediate);
    expect(shown()).toEqual([]);
  });

  test('goes to stderr, and results to stdout', async () => {
    const { exitCode, stdout, stderr } = await run('examples/progress/main.js');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^500 responses, 0 exceptions, \d+ bytes\n$/);
    expect(stderr).toMatch(/^█{24} 500\/500 {2}\d+\/s {2}0 failed {2}20 retried\n$/);
  });
});

describe('the sticky sessions', () => {
  const runSticky = (...args: string[]) => run('examples/sticky-sessions/main.js', ...args);

  test('log in once for each account, and are let in wherever that is good', async () => {
    const { exitCode, stdout, stderr } = await runSticky();
    expect(stderr).toBe('');
    expect(stdout).toBe('6 accounts, 4 sessions, 6 logins\n126 answered, 0 refused\n');
    expect(exitCode).toBe(0);
  });

  test('are refused where any session runs any job', async () => {
    const { exitCode, stdout } = await runSticky('--without');
    expect(Number(/(\d+) refused/.exec(stdout)?.[1])).toBeGreaterThan(0);
    expect(exitCode).toBe(1);
  });

  test('are not run with what they do not know', async () => {
    const { exitCode, stderr } = await runSticky('--with');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Usage: /);
  });
});

describe('what is retried tomorrow', () => {
  const runRetry = (...args: string[]) => run('examples/retry-tomorrow/main.js', ...args);

  test('is what failed today, of its own server', async () => {
    const { exitCode, stdout, stderr } = await runRetry('demo');
    expect(stderr).toBe('');
    expect(exitCode).toBe(1);
    expect(stdout.match(/^\d+ responses, \d+ exceptions$/gm)).toEqual([
      '460 responses, 40 exceptions',
      '20 responses, 20 exceptions',
    ]);
    expect(stdout).toMatch(/^40 failures of \d kinds$/m);
    expect(stdout).toMatch(/^ +20 {2}ERR_HTTP_STATUS 404 .*http:\/\/127\.0\.0\.1/m);
  });

  test('is in a file, a line each, until it has succeeded', async () => {
    let isDown = true;
    const server = await startServer((_, reply) => reply.writeHead(isDown ? 503 : 200).end());
    const list = await writeList('down.txt', [`${server.url}/a?b=c`, `${server.url}/d`]);
    const failures = join(folder, 'failed.jsonl');
    const first = await runRetry('run', list, failures);
    expect(first.exitCode).toBe(1);
    expect(first.stdout).toMatch(/^0 responses, 2 exceptions\n\n2 failures of 1 kind\n/);
    expect(first.stdout).toMatch(/hint: .*Retry-After/);
    expect((await readFile(failures, 'utf8')).split('\n')).toHaveLength(3);

    const second = await runRetry('retry', failures);
    expect(linesOf(second.stdout, '0 responses')).toEqual([', 2 exceptions']);
    isDown = false;
    const third = await runRetry('retry', failures);
    expect(third).toEqual({ exitCode: 0, stdout: '2 responses, 0 exceptions\n', stderr: '' });
    expect(await readFile(failures, 'utf8')).toBe('');
    const paths = server.requests.map(({ path }) => path).sort();
    expect(paths).toEqual(['/a?b=c', '/a?b=c', '/a?b=c', '/d', '/d', '/d']);
  });

  test('is not a line that was half written, which is told, and kept with the file', async () => {
    let isDown = true;
    const server = await startServer((_, reply) => reply.writeHead(isDown ? 503 : 200).end());
    const list = await writeList('half.txt', [`${server.url}/a`, `${server.url}/b`]);
    const failures = join(folder, 'half.jsonl');
    await runRetry('run', list, failures);
    const text = await readFile(failures, 'utf8');
    const half = `\n${text}${text.slice(0, 100)}`;
    await writeFile(failures, half);
    isDown = false;

    const retried = await runRetry('retry', failures);
    expect(retried).toEqual({
      exitCode: 1,
      stdout: '2 responses, 0 exceptions\n',
      stderr: `${failures}:4 is skipped: no ThreadException can be made of this: its text is not JSON\nall lines are kept in ${failures}.old\n`,
    });
    expect(await readFile(failures, 'utf8')).toBe('');
    expect(await readFile(`${failures}.old`, 'utf8')).toBe(half);
  });

  test.each([[[]], [['run', 'urls.txt']], [['retry']], [['demo', 'x']]])(
    'is not run with %j',
    async (args) => {
      const { exitCode, stderr } = await runRetry(...args);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^Usage: /);
    },
  );
});
