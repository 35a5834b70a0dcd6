// Plays all scenes side by side, round after round, and tells what there was in the process after
// those that warm it up, and what there is after the last.
//
//   argv: the package's index.js, how many seconds, the fewest rounds of each half; with --expose-gc
import { fork } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { Client } from 'undici';
import { scenes } from './soak-scenes.js';

/**
 * What there is when all is quiet.
 *
 * @typedef {object} Inventory
 * @property {number} heap bytes
 * @property {number} buffers bytes outside the heap
 * @property {number} sockets open at the server
 * @property {readonly string[]} resources that keep the process from exiting
 * @property {number} listeners of the signal that all share
 * @property {Readonly<Record<string, number>>} objects by class
 */

/** The part of the time that goes before. */
const WARM_UP = 0.25;
/** How long it takes until idle connections are closed, in ms. */
const QUIET = 5_000;
/** How long a round may take, in ms. It takes about one second. */
const PATIENCE = 120_000;
const [path = '', seconds = '', leastRounds = ''] = process.argv.slice(2);
const gc = /** @type {() => void} */ (globalThis.gc);

/** @type {typeof import('session-pool')} */
const sessionPool = await import(path);
const { Pool, Response, Session } = sessionPool;
const Timeout = /** @type {Function} */ (clearedTimeout().constructor);
const classes = { Pool, Session, Response, Client, Socket, AbortSignal, ReadableStream, Timeout };

const server = fork(new URL('soak-server.js', import.meta.url), { execArgv: [] });
const [port] = await once(server, 'message');
const origin = `http://127.0.0.1:${port}`;
const open = new Pool({ numProcesses: 100 });
const { signal } = new AbortController();
const stage = { sessionPool, origin, open, signal, round: 0 };

function clearedTimeout() {
  const timer = globalThis.setTimeout(() => {}, 0);
  clearTimeout(timer);
  return timer;
}

/** Plays until the time is over, at least so many rounds. @param {number} until @param {number} least @param {number} round */
async function play(until, least, round = 0) {
  while (performance.now() < until || round < least) {
    const playing = Object.entries(scenes).map(([name, scene]) =>
      watch(name, scene({ ...stage, round })),
    );
    await Promise.all(playing);
    round++;
  }
  return round;
}

/** @param {string} name @param {Promise<void>} playing @throws Error if it takes too long */
async function watch(name, playing) {
  const over = new AbortController();
  const late = setTimeout(PATIENCE, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${name} came to no end`);
  });
  late.catch(() => {});
  try {
    await Promise.race([playing, late]);
  } finally {
    over.abort();
  }
}

/** Whether a socket is open, or a timer set, that will soon be gone. */
async function isBusy() {
  const resources = process.getActiveResourcesInfo();
  return (
    (await countSockets()) > 0 || resources.some((name) => /^(TCPSocketWrap|Timeout)$/.test(name))
  );
}

async function countSockets() {
  server.send('open');
  return Number((await once(server, 'message'))[0]);
}

/**
 * Waits until the idle connections are gone, at most fifteen seconds; and as long again until there
 * are no more objects than before, since some are collected only after those that held them.
 *
 * @param {Inventory} [before]
 * @returns {Promise<Inventory>}
 */
async function takeStock(before) {
  // What each worker did last is the same each time.
  await watch('burst', scenes.burst(stage));
  for (let tries = 0; tries < 60 && (await isBusy()); tries++) {
    gc();
    await setTimeout(250);
  }
  for (let tries = 0; tries < 60 && (tries < 5 || hasMore(countObjects(), before)); tries++) {
    gc();
    await setTimeout(tries < 5 ? 20 : 250);
  }
  const objects = countObjects();
  const { heapUsed: heap, arrayBuffers: buffers } = process.memoryUsage();
  return {
    ...{ heap, buffers, objects },
    sockets: await countSockets(),
    resources: process.getActiveResourcesInfo(),
    listeners: getEventListeners(signal, 'abort').length,
  };
}

/** @returns {Record<string, number>} by class */
function countObjects() {
  const objects = Object.entries(classes).map(([name, each]) => [name, queryObjects(each)]);
  return Object.fromEntries(objects);
}

/** @param {Record<string, number>} objects @param {Inventory} [before] */
function hasMore(objects, before) {
  if (before === undefined) return false;
  return Object.entries(objects).some(([name, count]) => count > Number(before.objects[name]));
}

// Whoever started it may be killed.
const exit = () => process.exit(1);
process.once('disconnect', exit);
const startedAt = performance.now();
const time = Number(seconds) * 1000 - 2 * QUIET;
const least = Number(leastRounds);
await play(startedAt + time * WARM_UP, least);
const before = await takeStock();
const rounds = await play(startedAt + QUIET + time, least);
const after = await takeStock(before);
await open.close();
server.disconnect();
process.send?.({ before, after, rounds });
process.off('disconnect', exit);
process.disconnect?.();
