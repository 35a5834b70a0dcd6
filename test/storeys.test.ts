import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Ground floor first. A file imports from the rows below its own alone, so no row has cycles. */
const STOREYS = [
  [
    'message',
    'alarm',
    'awaitable',
    'channels',
    'fifo',
    'heap',
    'idempotent',
    'kind-of',
    'known-keys',
    'plain-object',
    'tally',
  ],
  ['recent', 'ring', 'show', 'user-agent', 'version', 'errors'],
  // When a job is tried again.
  ['retry/attempt', 'retry/http-date', 'retry/transient-errors'],
  ['retry/retry-after', 'retry/retry-options'],
  ['retry/retry-rules'],
  ['retry/retry-policy'],
  // What a request or a response is made of.
  ['request/charset', 'request/decoding', 'request/lines', 'request/links'],
  ['request/method', 'request/pairs', 'request/timeouts', 'request/body/bytes'],
  ['request/form', 'request/headers'],
  ['request/url', 'request/body/chunk-reader'],
  ['request/body/stream-source'],
  ['request/body/body-stream'],
  ['request/body/file-body', 'request/body/multipart', 'request/prepared-request'],
  ['request/cookie-lookup'],
  ['request/cookies'],
  ['request/body/content', 'request/body/form-parts', 'request/auth/auth', 'request/auth/netrc'],
  ['request/body/files', 'request/body/spent-body', 'request/auth/digest'],
  ['request/body/body'],
  // The way to a server.
  ['connect/undici', 'connect/no-proxy', 'connect/proxy-url', 'connect/tls'],
  ['connect/proxies', 'connect/proxy-failure'],
  ['connect/proxy-socket', 'environment'],
  ['connect/tunnel'],
  ['connect/socks'],
  ['connect/connectors'],
  // One request and its response, then several of them.
  ['http/abort-signals', 'http/abortable', 'http/failures', 'http/hand-over', 'http/http2-streams'],
  ['http/incoming-body', 'http/limits', 'http/redirects', 'http/resets', 'http/second-attempt'],
  ['http/lifetime', 'http/reply', 'http/request-context', 'http/upload', 'http/wait-timer'],
  ['http/connection', 'http/reception', 'http/streamed-content'],
  ['http/connections'],
  ['http/response', 'http/routes'],
  ['http/exchange', 'http/hooks', 'discard'],
  ['http/transaction-options'],
  ['http/transaction'],
  ['http/transact'],
  ['job'],
  ['prepare-request', 'session-options', 'session-retry'],
  ['session'],
  ['session-like'],
  // What failed, as JSON.
  ['failures/byte-forms', 'failures/secret-names', 'failures/secret-parts'],
  ['failures/json-forms', 'failures/secrets'],
  ['failures/json-strings', 'failures/json-writer'],
  ['failures/job-record', 'failures/json-reader'],
  ['failures/error-record'],
  ['failures/revived-error'],
  ['failures/failure-record'],
  // Jobs to workers, outcomes to readers.
  [
    'queue/body-size',
    'queue/delayed',
    'queue/failure',
    'queue/rate-window',
    'queue/settlement',
    'queue/show-through',
  ],
  ['queue/outcomes'],
  ['queue/origin-limits', 'queue/outcome-queue', 'queue/ticket'],
  ['queue/idle-workers', 'queue/job-source', 'queue/ledger', 'queue/origin', 'queue/placement'],
  [
    'queue/acknowledgements',
    'queue/intake',
    'queue/iterable-source',
    'queue/job-queue',
    'queue/outcome-reader',
  ],
  ['queue/delivery', 'queue/entrance', 'queue/lines'],
  ['queue/lanes'],
  ['queue/supply', 'queue/turnstile'],
  ['queue/scheduler'],
  ['result', 'session-maker', 'session-thread', 'telemetry'],
  ['worker', 'worker-sessions'],
  ['pool-options'],
  ['origin-pauses'],
  ['runner'],
  ['pool'],
  ['map'],
  // What failed, and what to do about it.
  ['failures/hints'],
  ['failures/failure-groups'],
  ['failures/failure-table'],
  ['failures/failure-report'],
  ['index'],
  // For the tests of those who use it.
  ['testing/scripted-dispatcher', 'testing/source-trial', 'testing/watched-source'],
  ['testing/route', 'testing/scripted-session', 'testing/source-checks'],
  ['testing/script', 'testing/pool-checks', 'testing/put-checks'],
  ['testing/job-source-conformance'],
  ['testing/index'],
];
const SRC = fileURLToPath(new URL('../src', import.meta.url));
const FILES = readdirSync(SRC, { encoding: 'utf8', recursive: true })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map((path) => path.replaceAll('\\', '/').replace(/\.ts$/, ''));

const rowOf = (file: string): number => STOREYS.findIndex((row) => row.includes(file));

/** Type imports too. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, `${file}.ts`), 'utf8');
  return [...source.matchAll(/(?:from|import)[\s(]*'(\.[^']+)\.js'/g)].map(([, path = '']) =>
    join(dirname(file), path),
  );
}

test('each file of src has its place in the table', () => {
  expect(FILES.sort()).toEqual(STOREYS.flat().sort());
});

test('a file imports from the rows below its own alone', () => {
  const upwards = FILES.flatMap((file) =>
    importsOf(file)
      .filter((other) => rowOf(other) >= rowOf(file))
      .map((other) => `${file} imports ${other}`),
  );
  expect(FILES.flatMap(importsOf)).not.toEqual([]);
  expect(upwards).toEqual([]);
});
