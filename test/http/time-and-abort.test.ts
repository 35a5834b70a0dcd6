import dns from 'node:dns';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AbortError,
  ConnectTimeoutError,
  type Job,
  ReadTimeoutError,
  type RequestError,
  Session,
  TimeoutError,
} from '../../src/index.js';
import { HandleWatch } from '../helpers/handles.js';
import { startHangingListener } from '../helpers/hanging-listener.js';
import { startRawServer } from '../helpers/raw-server.js';

const { lookup } = dns;
afterEach(() => {
  dns.lookup = lookup;
});

/** What a job hangs in, and how it can be told that it does. */
interface Phase {
  readonly job: Partial<Job> & { readonly url: string };
  /** Sockets that a server has of it, and how many it had. */
  readonly openConnections: () => number;
  readonly connections: () => number;
  readonly isReached: () => boolean;
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n';

/** A server that says something once, and then the same piece again and again, if any. */
async function dribble(first: string, piece: string): Promise<Phase> {
  let sent = 0;
  const server = await startRawServer((socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(piece) && sent++, 5);
    if (piece === '') clearInterval(timer);
    socket.once('close', () => clearInterval(timer));
    sent++;
  });
  return {
    job: { url: server.url },
    openConnections: () => server.openConnections,
    connections: () => server.connections,
    isReached: () => sent > (piece === '' ? 0 : 2),
  };
}

const PHASES: Readonly<Record<string, () => Promise<Phase>>> = {
  'the look-up of a name': async () => {
    let isAsked = false;
    dns.lookup = (() => {
      isAsked = true;
    }) as unknown as typeof dns.lookup;
    const job = { url: 'http://name.invalid/' };
    return { job, openConnections: () => 0, connections: () => 0, isReached: () => isAsked };
  },
  'the connect': async () => {
    const job = { url: `http://127.0.0.1:${await startHangingListener()}/` };
    return { job, openConnections: () => 0, connections: () => 0, isReached: () => true };
  },
  'the TLS handshake': async () => {
    const server = await startRawServer(() => undefined);
    const job = { url: server.url.replace('http', 'https') };
    const openConnections = () => server.openConnections;
    const connections = () => server.connections;
    return { job, openConnections, connections, isReached: () => server.connections > 0 };
  },
  'the wait for an answer': () => dribble('', ''),
  'a dribbled head': () => dribble(HEAD, 'X: y\r\n'),
  'a stalled head': () => dribble(HEAD, ''),
  'a stalled body': () => dribble(`${HEAD}\r\nbody`, ''),
  'a dribbled body': () => dribble(`${HEAD}\r\n`, 'x'),
  'a flood of 1xx': () => dribble('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'a stuck upload': async () => {
    let reader: Socket | undefined;
    const server = await startRawServer((socket) => {
      reader ??= socket.pause();
    });
    let given = 0;
    const data = Readable.from(
      (function* () {
        for (; given < 1000; given++) yield 'x'.repeat(65_536);
      })(),
    );
    const openConnections = () => {
      reader?.resume(); // or it would not see the close
      return server.openConnections;
    };
    const job = { url: server.url, method: 'POST', data };
    return {
      job,
      openConnections,
      connections: () => server.connections,
      isReached: () => given > 10,
    };
  },
};

const SETUPS: readonly string[] = ['the look-up of a name', 'the connect', 'the TLS handshake'];
/** Where bytes come that count: only the whole time ends them. */
const DRIBBLES: readonly string[] = ['a dribbled body'];
const ALL = Object.keys(PHASES);

/** What an error that ends it there says of it. */
function phaseOf(name: string): RequestError['phase'] {
  if (SETUPS.includes(name)) return 'connect';
  return name.endsWith('body') ? 'body' : 'firstByte';
}

/** How it failed, and that nothing is left of it. */
async function failure(
  phase: Phase,
  options: Partial<Job>,
  during: () => void = () => undefined,
): Promise<RequestError> {
  const watch = new HandleWatch();
  const session = new Session();
  const failed = watch
    .run(() => session.request({ ...phase.job, ...options }))
    .then(
      () => expect.fail('there was a response'),
      (error) => error,
    );
  await expect.poll(phase.isReached).toBe(true);
  during();
  const error = await failed;
  await expect.poll(phase.openConnections).toBe(0);
  expect(phase.connections()).toBeLessThan(2);
  await expect.poll(() => watch.count).toBe(0);
  watch.stop();
  return error;
}

describe('an abort ends a job at once, and frees its connection, in', () => {
  test.each(ALL)('%s', async (name) => {
    const phase = await (PHASES[name] as () => Promise<Phase>)();
    const control = new AbortController();
    const error = await failure(phase, { signal: control.signal }, () => control.abort('why'));
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: 'why', phase: phaseOf(name) });
    expect(error.message).toMatch(/^(GET|POST) https?:\/\/.*: aborted by its signal$/);
  });
});

describe('the whole time ends', () => {
  test.each(ALL)('%s', async (name) => {
    const phase = await (PHASES[name] as () => Promise<Phase>)();
    const error = await failure(phase, { timeout: { total: 80 } });
    expect(error.constructor).toBe(TimeoutError);
    expect(error.message).toContain(': not done within 80 ms');
    expect(error.phase).toBe(phaseOf(name));
  });
});

describe('the connect timeout ends', () => {
  test.each(SETUPS)('%s', async (name) => {
    const phase = await (PHASES[name] as () => Promise<Phase>)();
    const error = await failure(phase, { timeout: { connect: 40, read: 10 } });
    expect(error).toBeInstanceOf(ConnectTimeoutError);
    expect(error.message).toContain(': no connection within 40 ms');
    expect(error.phase).toBe('connect');
  });
});

describe('the read timeout ends', () => {
  test.each(ALL.filter((name) => ![...SETUPS, ...DRIBBLES].includes(name)))('%s', async (name) => {
    const phase = await (PHASES[name] as () => Promise<Phase>)();
    const error = await failure(phase, { timeout: { connect: 5000, read: 60 } });
    expect(error).toBeInstanceOf(ReadTimeoutError);
    expect(error.message).toMatch(/: no (response|more of the body) within 60 ms$/);
    expect(error.phase).toBe(phaseOf(name));
  });
});

describe('a signal', () => {
  test('that is aborted already sends nothing', async () => {
    const server = await startRawServer(() => undefined);
    const sent = new Session().get(server.url, { signal: AbortSignal.abort('early') });
    await expect(sent).rejects.toMatchObject({ name: 'AbortError', cause: 'early' });
    expect(server.connections).toBe(0);
  });

  test('ends a job that waits for its auth function, and nothing is sent later', async () => {
    const server = await startRawServer(() => undefined);
    const control = new AbortController();
    let sign: () => void = () => undefined;
    const signed = new Promise<void>((resolve) => {
      sign = resolve;
    });
    const sent = new Session().get(server.url, { signal: control.signal, auth: () => signed });
    control.abort();
    await expect(sent).rejects.toBeInstanceOf(AbortError);
    sign();
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.connections).toBe(0);
  });

  test('of many jobs has one listener, and ends them all', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const server = await startRawServer(() => undefined);
    const { signal, abort } = bound(new AbortController());
    const session = new Session();
    const jobs = Array.from({ length: 30 }, () => session.get(server.url, { signal }));
    await expect.poll(() => server.connections).toBe(30);
    abort();
    const results = await Promise.allSettled(jobs);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    await expect.poll(() => server.openConnections).toBe(0);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('has no listener when no job waits for it', async () => {
    const server = await startRawServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    const { signal } = new AbortController();
    const session = new Session();
    for (let i = 0; i < 2; i++) {
      const sent = session.get(server.url, { signal });
      await expect.poll(() => getEventListeners(signal, 'abort').length).toBe(1);
      await sent;
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
  });

  test('that is aborted later does nothing to a job that is done', async () => {
    const server = await startRawServer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    const { signal, abort } = bound(new AbortController());
    const session = new Session();
    const response = await session.get(server.url, { signal });
    abort();
    expect(await response.text()).toBe('ok');
    expect((await session.get(server.url)).statusCode).toBe(200);
    expect(server.connections).toBe(1);
  });

  test.each([5, {}, new AbortController()])('must be one: %j', async (signal) => {
    const job = { url: 'http://127.0.0.1:1', signal } as unknown as Job;
    await expect(new Session().request(job)).rejects.toThrow(
      /^signal must be an AbortSignal, got /,
    );
  });
});

function bound(control: AbortController) {
  return { signal: control.signal, abort: () => control.abort() };
}
