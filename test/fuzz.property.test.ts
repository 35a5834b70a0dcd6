import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { Client } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AbortError, type Job, RequestError, type Response, Session } from '../src/index.js';
import { HandleWatch } from './helpers/handles.js';
import { expectUnharmed, wholeOf } from './helpers/hostile-case.js';
import type { Ending } from './helpers/hostile-server.js';
import { type Mutation, mutate, mutation, piecesOf } from './helpers/mutations.js';
import { type Piecewise, PiecewiseServer } from './helpers/piecewise.js';
import { WELL_FORMED, type WellFormed } from './helpers/well-formed.js';

/** How many mutated responses there are: `FUZZ_RUNS=20000 npx vitest run test/fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);
/** So many are under way at once, since many wait for the read timeout. */
const BATCH = 250;

interface Plan {
  readonly from: WellFormed;
  readonly mutations: readonly Mutation[];
  readonly cuts: readonly number[];
  readonly ending: Ending;
  readonly method: 'GET' | 'HEAD';
  readonly stream: boolean;
}

const plan = fc.record<Plan>({
  from: fc.constantFrom(...(Object.keys(WELL_FORMED) as WellFormed[])),
  mutations: fc.array(mutation(Object.values(WELL_FORMED)), { maxLength: 4 }),
  cuts: fc.array(fc.nat(2_047), { maxLength: 3 }),
  ending: fc.constantFrom('close', 'close', 'close', 'reset', 'wait'),
  method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD'),
  stream: fc.boolean(),
});

/** Where the server falls silent, a job has to end with this timeout; elsewhere it never may. */
const SILENCE = 500;

const uncaught: unknown[] = [];
const note = (reason: unknown) => uncaught.push(reason);
const EVENTS = ['unhandledRejection', 'uncaughtException'] as const;

beforeEach(() => {
  for (const event of EVENTS) process.on(event, note);
});

afterEach(() => {
  for (const event of EVENTS) process.off(event, note);
});

describe('whatever the bytes of a response', () => {
  it('there is one outcome, and nothing is left', { timeout: 600_000 }, async () => {
    const server = await PiecewiseServer.start();
    const tally = new Map<string, number>();
    const property = fc.asyncProperty(batchOf(plan), async (plans) => {
      const handles = new HandleWatch();
      const ends = await handles.run(() => Promise.all(plans.map((drawn) => play(server, drawn))));
      for (const end of ends) tally.set(end, (tally.get(end) ?? 0) + 1);
      await expect.poll(() => server.openConnections, { interval: 5 }).toBe(0);
      await expect.poll(() => handles.count, { interval: 5 }).toBe(0);
      handles.stop();
      expect(uncaught).toEqual([]);
    });
    // A failure names its bytes: to make them fewer would take a minute and more.
    const limits = { numRuns: RUNS / BATCH, timeout: 20_000, endOnFailure: true };
    await fc.assert(property, limits);
    if (process.env.FUZZ_RUNS !== undefined) console.log(tally);
    expect(tally.get('Response')).toBeGreaterThan(RUNS / 10);
    expect(tally.get('ProtocolError')).toBeGreaterThan(RUNS / 10);
  });
});

/** @returns the name of the outcome's class @throws if it is not one that may be */
async function play(server: PiecewiseServer, drawn: Plan): Promise<string> {
  const answer = answerOf(drawn);
  try {
    const path = server.add(answer);
    const session = new Session({ hooks: { response: (response) => stay(response, server) } });
    const job = jobOf(drawn, server.url + path);
    const [outcome] = await Promise.allSettled([wholeOf(session.request(job))]);
    await server.hasSaid(path);
    await expectUnharmed(session, server);
    await session.close();
    if (outcome.status === 'rejected') return nameOf(outcome.reason, answer);
    await expectWhole(outcome.value.history[0] ?? outcome.value, drawn.method);
    return 'Response';
  } catch (error) {
    const told = JSON.stringify({ ...answer, method: drawn.method });
    throw new Error(`${(error as Error).message}, for ${told}`, { cause: error });
  }
}

function answerOf({ from, mutations, cuts, ending }: Plan): Piecewise {
  const bytes = mutations.reduce<string>(mutate, WELL_FORMED[from]);
  return { pieces: piecesOf(bytes, cuts), ending };
}

function jobOf({ method, stream, ending }: Plan, url: string): Job {
  const timeout = { read: ending === 'wait' ? SILENCE : 15_000 };
  return { url, method, stream, timeout, maxRedirects: 3, maxResponseSize: 65_536 };
}

/** Wherever a changed Location leads, the test asks no other server. */
function stay(response: Response, { port }: PiecewiseServer): void {
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, response.url)) return;
  const { host } = new URL(location, response.url);
  if (host !== `127.0.0.1:${port}`) throw new AbortError(`the test does not go to ${host}`);
}

function nameOf(error: unknown, { ending }: Piecewise): string {
  expect(error).toBeInstanceOf(RequestError);
  const failure = error as RequestError;
  expect([failure.name, failure.code]).toEqual([failure.constructor.name, expect.any(String)]);
  if (ending !== 'wait') expect(failure.name).not.toContain('Timeout');
  return failure.name;
}

/** What was accepted is what undici itself takes for a whole response, when asked the same. */
async function expectWhole(response: Response, method: 'GET' | 'HEAD'): Promise<void> {
  const url = new URL(response.url);
  const client = new Client(url.origin, { maxHeaderSize: 65_536 });
  const [reference] = await Promise.allSettled([ask(client, { path: url.pathname, method })]);
  await client.destroy();
  if (reference.status === 'fulfilled') expect(response).toMatchObject(reference.value);
  else expect([reference.reason.name, isBare(response)]).toEqual([MISMATCH, true]);
}

async function ask(client: Client, request: { path: string; method: 'GET' | 'HEAD' }) {
  const { statusCode, headers, body } = await client.request(request);
  const content = Buffer.from(await body.arrayBuffer());
  return { statusCode, content: decoded(content, String(headers['content-encoding'] ?? '')) };
}

const MISMATCH = 'ResponseContentLengthMismatchError';

/** RFC 9110 §6.4.1: they have no body, whatever length is given; undici wants to see it. */
function isBare({ statusCode, content }: Response): boolean {
  return (statusCode === 204 || statusCode === 304) && content.length === 0;
}

/** A body that cannot be decoded stays as it is, as that of a redirect does. */
function decoded(body: Buffer, codings: string): Buffer {
  let content = body;
  try {
    for (const coding of codings.toLowerCase().split(',').reverse()) {
      const decode = DECODERS.get(coding.trim());
      if (decode === undefined || content.length === 0) break;
      content = decode(content);
    }
    return content;
  } catch {
    return body;
  }
}

const DECODERS = new Map<string, (body: Buffer) => Buffer>([
  ['', (body) => body],
  ['identity', (body) => body],
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['br', brotliDecompressSync],
  ['deflate', inflateSync],
]);

function batchOf<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: BATCH, maxLength: BATCH });
}
