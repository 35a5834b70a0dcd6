// What a soak does over and over. Each scene leaves nothing behind, and throws if it saw something
// that must not be.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

/** @import { Job, Outcome, Pool, Response } from 'session-pool' */

/**
 * @typedef {object} Stage
 * @property {typeof import('session-pool')} sessionPool
 * @property {string} origin
 * @property {Pool} open one for `submit()` that lives as long as the soak
 * @property {AbortSignal} signal one that lives as long, and is never aborted
 * @property {number} round
 */

const PATHS = ['small', 'gzip', 'missing', 'redirect', 'cookie', 'large', 'reset', 'cut', 'stall'];
const retry = { limit: 1, backoffBase: 2, backoffLimit: 5 };

/** @param {Stage} stage @param {number} count @returns {Generator<Job, void, undefined>} */
function* mixture({ origin, signal }, count) {
  for (let i = 0; i < count; i++) {
    const path = PATHS[i % PATHS.length];
    const timeout = path === 'stall' ? { read: 20 } : { total: 30_000 };
    yield { url: `${origin}/${path}/${i}`, timeout, signal };
  }
}

/** @param {AsyncIterable<Outcome<Job, Response>>} outcomes @param {number} most */
async function count(outcomes, most = Infinity) {
  let counted = 0;
  for await (const _ of outcomes) if (++counted === most) break;
  return counted;
}

/** @param {Stage} stage */
async function crawl(stage) {
  const { sessionPool, round, signal } = stage;
  const pool = new sessionPool.Pool({
    jobQueue: mixture(stage, 180),
    numProcesses: 16,
    retry,
    signal,
    rateLimit: { limit: 200, interval: 50 },
    perOrigin: { concurrency: 12 },
    highWaterMark: 50,
  });
  assert.equal(await count(pool.outcomes({ ordered: round % 2 === 0 })), 180);
}

/** @param {Stage} stage */
async function throttle({ sessionPool, origin }) {
  const jobQueue = [{ url: `${origin}/throttle` }, { url: `${origin}/small` }];
  const pool = new sessionPool.Pool({ jobQueue, retry, numProcesses: 2 });
  assert.equal(await count(pool.responses()), 2);
}

/** @param {Stage} stage */
async function upload({ open, origin }) {
  const text = 'x'.repeat(50_000);
  const form = new FormData();
  form.append('file', new Blob([text]), 'name');
  const bodies = [
    { data: text },
    { data: Buffer.from(text) },
    { data: { field: text } },
    { data: form },
    { json: { text } },
    { files: { file: text } },
    {
      data: async function* () {
        for (let i = 0; i < 5; i++) yield Buffer.from(text.slice(i * 10_000, (i + 1) * 10_000));
      },
    },
  ];
  for (const response of await Promise.all(
    bodies.map((body) => open.submit({ method: 'POST', url: `${origin}/echo`, ...body })),
  ))
    assert.ok(Number(await response.text()) >= text.length);
}

/** Reads a stream, breaks one off, and forgets one. @param {Stage} stage */
async function stream({ open, origin }) {
  const jobs = Array.from({ length: 12 }, (_, i) => ({
    url: `${origin}/${i % 2 === 0 ? 'slow' : 'large'}`,
    stream: true,
  }));
  const responses = await Promise.all(jobs.map((job) => open.submit(job)));
  await Promise.all(
    responses.map(async (response, i) => {
      if (i % 3 === 0) assert.ok((await response.text()).length >= 500);
      if (i % 3 === 1) for await (const _ of response.body) break;
    }),
  );
}

/** Aborts jobs before they are sent, while they wait, connect, are answered, and after. @param {Stage} stage */
async function abortJobs({ open, origin, sessionPool }) {
  const submitted = Array.from({ length: 60 }, async (_, i) => {
    const controller = new AbortController();
    const { signal } = controller;
    const path = ['slow', 'stall', 'large', 'echo'][i % 4];
    if (i < 4) controller.abort();
    const method = path === 'echo' ? 'POST' : 'GET';
    const job = { url: `${origin}/${path}`, method, signal, timeout: { read: 300 } };
    const submission = open.submit(path === 'echo' ? { ...job, data: 'x'.repeat(9000) } : job);
    void setTimeout(i % 40).then(() => controller.abort());
    await submission;
  });
  for (const result of await Promise.allSettled(submitted))
    if (result.status === 'rejected') assert.ok(result.reason instanceof sessionPool.AbortError);
}

/** @param {Stage} stage */
async function abortPool(stage) {
  const { sessionPool, round } = stage;
  const jobQueue = mixture(stage, Infinity);
  const pool = new sessionPool.Pool({ jobQueue, numProcesses: 16, retry });
  const outcomes = pool.outcomes();
  const reading = count(outcomes);
  await setTimeout((round * 7) % 40);
  pool.abort(new Error('enough'));
  await reading;
  await pool.joinAll();
}

/** @param {Stage} stage */
async function pause(stage) {
  const pool = new stage.sessionPool.Pool({ jobQueue: mixture(stage, 90), numProcesses: 8 });
  pool.pause();
  const reading = count(pool.outcomes());
  for (let i = 0; i < 3; i++) {
    pool.resume();
    await setTimeout(5);
    pool.pause();
  }
  pool.resume();
  assert.equal(await reading, 90);
}

/** Leaves a loop, and closes the pool. @param {Stage} stage */
async function breakOff(stage) {
  const jobQueue = mixture(stage, Infinity);
  const pool = new stage.sessionPool.Pool({ jobQueue, numProcesses: 8, retry });
  assert.equal(await count(pool.outcomes(), 30), 30);
  await pool.close();
}

/** Leaves a pool to itself, its outcomes unread. @param {Stage} stage */
async function leave(stage) {
  const pool = new stage.sessionPool.Pool({ jobQueue: mixture(stage, 50), numProcesses: 8 });
  await pool.joinAll();
}

/** @param {Stage} stage */
async function burst({ open, origin }) {
  const jobs = Array.from({ length: 1000 }, () => ({ url: `${origin}/small` }));
  for (const response of await Promise.all(jobs.map((job) => open.submit(job))))
    assert.equal(response.statusCode, 200);
}

/** Each takes a second or less. */
export const scenes = {
  crawl,
  throttle,
  upload,
  stream,
  abortJobs,
  abortPool,
  pause,
  breakOff,
  leave,
  burst,
};
