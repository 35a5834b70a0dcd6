import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Ground floor first. A file imports from the rows below its own alone, so no row has cycles. */
const STOREYS = [
  ['message', 'awaitable', 'fifo', 'kind-of', 'known-keys', 'plain-object', 'recent', 'show'],
  ['user-agent', 'version', 'errors'],
  // What a request or a response is made of.
  ['request/charset', 'request/cookies', 'request/decoding', 'request/lines', 'request/links'],
  ['request/method', 'request/pairs', 'request/timeouts', 'request/body/bytes'],
  ['request/form', 'request/headers'],
  ['request/url', 'request/body/chunk-reader'],
  ['request/body/stream-source'],
  ['request/body/body-stream'],
  ['request/body/file-body', 'request/body/multipart', 'request/prepared-request'],
  ['request/body/content', 'request/body/form-parts', 'request/auth/auth', 'request/auth/netrc'],
  ['request/body/files', 'request/auth/digest'],
  ['request/body/body'],
  // The way to a server.
  ['connect/undici', 'connect/no-proxy', 'connect/proxy-url', 'connect/tls'],
  ['connect/proxies', 'connect/proxy-failure'],
  ['connect/proxy-socket', 'environment'],
  ['connect/tunnel'],
  ['connect/socks'],
  ['connect/connectors'],
  // One request and its response, then several of them.
  [
    'http/abort-signals',
    'http/failures',
    'http/http2-streams',
    'http/incoming-body',
    'http/redirects',
    'http/resets',
  ],
  ['http/connections', 'http/lifetime', 'http/streamed-content', 'http/upload', 'http/wait-timer'],
  ['http/response', 'http/routes'],
  ['http/exchange', 'http/hooks'],
  ['http/transaction'],
  ['job'],
  ['session-options'],
  ['session'],
  ['session-like'],
  ['queue/outcomes', 'queue/outcome-queue'],
  ['queue/job-source'],
  ['queue/acknowledgements', 'queue/iterable-source', 'queue/job-queue', 'queue/scheduler'],
  ['session-thread', 'worker-sessions'],
  ['pool-options'],
  ['pool'],
  ['map'],
  ['index'],
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
