import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Job, Session, type SessionOptions } from '../../src/index.js';
import { startServer } from '../helpers/http-server.js';

afterEach(() => vi.unstubAllEnvs());

/** The headers that two servers had of a job that the one sent on to the other. */
async function carried(job: Partial<Job>, options: SessionOptions = {}) {
  const there = await startServer();
  const here = await startServer((_, reply) => reply.writeHead(307, { Location: there.url }).end());
  await new Session(options).request({ url: here.url, ...job });
  return [here.requests[0]?.headers ?? {}, there.requests[0]?.headers ?? {}] as const;
}

function writeNetrc(text: string): void {
  const file = join(mkdtempSync(join(tmpdir(), 'netrc-')), 'netrc');
  writeFileSync(file, text);
  vi.stubEnv('NETRC', file);
}

describe('a redirect to another origin takes along no', () => {
  test.each([
    'Authorization',
    'Cookie',
    'Proxy-Authorization',
    'X-API-Key',
    'x-auth-token',
    'Private-Token',
  ])('%s', async (name) => {
    const [here, there] = await carried({ headers: { [name]: 'secret', 'X-Other': 'kept' } });
    expect(here).toMatchObject({ [name.toLowerCase()]: 'secret', 'x-other': 'kept' });
    expect(there).not.toHaveProperty(name.toLowerCase());
    expect(there).toMatchObject({ 'x-other': 'kept' });
  });

  test("header of the session's that is sensitive", async () => {
    const options = {
      headers: { 'X-Api-Key': 'a', 'X-Mine': 'b' },
      sensitiveHeaders: ['x-mine'],
    };
    const [here, there] = await carried({}, options);
    expect(here).toMatchObject({ 'x-api-key': 'a', 'x-mine': 'b' });
    expect(there).not.toHaveProperty('x-api-key');
    expect(there).not.toHaveProperty('x-mine');
  });

  test('bearer token', async () => {
    const auth: Job['auth'] = ({ headers }) => headers.set('Authorization', 'Bearer x');
    const [here, there] = await carried({ auth });
    expect(here.authorization).toBe('Bearer x');
    expect(there).not.toHaveProperty('authorization');
  });
});

test.each(['X-Mine', 5, new Set(['X-Mine'])])('%j is no list of headers', (names) => {
  const options = { sensitiveHeaders: names } as unknown as SessionOptions;
  expect(() => new Session(options)).toThrow(/^sensitiveHeaders must be an array of names, got /);
});

test('a sensitive header has a name that a header may have', () => {
  expect(() => new Session({ sensitiveHeaders: ['X Mine'] })).toThrow(
    'header name "X "… is not a token',
  );
});

test('what is sensitive is for the session to say', async () => {
  const session = new Session({ sensitiveHeaders: ['X-Mine'] });
  expect(session.sensitiveHeaders).toContain('X-API-Key');
  expect(session.sensitiveHeaders.at(-1)).toBe('X-Mine');
  expect(new Session().sensitiveHeaders).not.toContain('X-Mine');
});

test('sensitive headers stay within the origin', async () => {
  const server = await startServer(({ path }, reply) => {
    if (path === '/') reply.writeHead(302, { Location: '/there' });
    reply.end();
  });
  await new Session().get(server.url, { headers: { 'X-API-Key': 'a' } });
  expect(server.requests[1]?.headers).toMatchObject({ 'x-api-key': 'a' });
});

describe('netrc', () => {
  test('has the credentials of a host that nothing else has some for', async () => {
    writeNetrc('machine 127.0.0.1 login ada password secret');
    const server = await startServer();
    const session = new Session();
    await session.get(server.url);
    await session.get(server.url, { headers: { Authorization: 'by hand' } });
    await session.get(server.url, { auth: ['b', 'c'] });
    await session.get(server.url.replace('//', '//d:e@'));
    await new Session({ trustEnv: false }).get(server.url);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${btoa('ada:secret')}`,
      'by hand',
      `Basic ${btoa('b:c')}`,
      `Basic ${btoa('d:e')}`,
      undefined,
    ]);
  });

  test('is asked for the host that a redirect leads to', async () => {
    writeNetrc('machine 127.0.0.1 login ada password secret');
    const [here, there] = await carried({ auth: ['b', 'c'] });
    expect(here.authorization).toBe(`Basic ${btoa('b:c')}`);
    expect(there.authorization).toBe(`Basic ${btoa('ada:secret')}`);
  });

  test('gives its default to no host that a redirect chose', async () => {
    writeNetrc('default login ada password secret');
    const [here, there] = await carried({});
    expect(here.authorization).toBe(`Basic ${btoa('ada:secret')}`);
    expect(there).not.toHaveProperty('authorization');
  });
});
