import { describe, expect, test } from 'vitest';
import { InvalidJobError, InvalidURLError, type Job, Session } from '../src/index.js';
import { startServer } from './helpers/http-server.js';

describe('a job is refused', () => {
  const notAnObject = (got: string) => `a job must be an object with a url, got ${got}`;
  test.each<[string, unknown, string]>([
    ['as undefined', undefined, notAnObject('undefined')],
    ['as null', null, notAnObject('null')],
    ['as a string', 'http://h', notAnObject("'http://h'")],
    ['as a number', 5, notAnObject('5')],
    ['as a symbol', Symbol('job'), notAnObject('Symbol(job)')],
    ['as an array', ['http://h'], notAnObject("[ 'http://h' ]")],
    [
      'for a key that no job has',
      { url: 'http://h', param: {} },
      'job: unknown key "param"; did you mean "params"?',
    ],
    [
      'for a key in another spelling',
      { url: 'http://h', allow_redirects: false },
      'job: unknown key "allow_redirects"; did you mean "allowRedirects"?',
    ],
    [
      'for a flag that is none',
      { url: 'http://h', allowRedirects: 'no' },
      "allowRedirects must be true or false, got 'no'",
    ],
    [
      'for another flag that is none',
      { url: 'http://h', raiseForStatus: 1 },
      'raiseForStatus must be true or false, got 1',
    ],
    [
      'for a method that is no token',
      { url: 'http://h', method: 'GET /x' },
      "method must be a token other than CONNECT, got 'GET /x'",
    ],
    [
      'for a method that is no string',
      { url: 'http://h', method: 5 },
      'method must be a token other than CONNECT, got 5',
    ],
    [
      'for an empty method',
      { url: 'http://h', method: '' },
      "method must be a token other than CONNECT, got ''",
    ],
    [
      'for CONNECT',
      { url: 'http://h', method: 'connect' },
      "method must be a token other than CONNECT, got 'connect'",
    ],
    [
      'for a limit that is none',
      { url: 'http://h', maxRedirects: -1 },
      'maxRedirects must be a whole number from 0 on, got -1',
    ],
    [
      'for a size that is none',
      { url: 'http://h', maxResponseSize: Number.NaN },
      'maxResponseSize must be a whole number from 0 on, got NaN',
    ],
    [
      'for a retry that is none',
      { url: 'http://h', retry: 'often' },
      "retry must be a number or a record, got 'often'",
    ],
    [
      'for a retry that is null',
      { url: 'http://h', retry: null },
      'retry must be a number or a record, got null',
    ],
    [
      'for a priority that is no number',
      { url: 'http://h', priority: 'high' },
      "priority must be a finite number, got 'high'",
    ],
    [
      'for a priority without end',
      { url: 'http://h', priority: Infinity },
      'priority must be a finite number, got Infinity',
    ],
  ])('%s', async (_, job, message) => {
    const error = new InvalidJobError(message);
    await expect(new Session().request(job as Job)).rejects.toThrow(error);
    await expect(new Session().request(job as Job, {})).rejects.toThrow(error);
  });

  test.each<[string, unknown, string]>([
    ['without a URL', {}, 'got undefined'],
    ['with null for a URL', { url: null }, 'got null'],
    ['with a number for a URL', { url: 5 }, 'got 5'],
    ['with an array of URLs', { url: ['http://h'] }, "got [ 'http://h' ]"],
    ['with an object for a URL', { url: { href: 'http://h' } }, 'got [Object]'],
  ])('%s', async (_, job, got) => {
    await expect(new Session().request(job as Job)).rejects.toThrow(
      new InvalidURLError(`a job needs a url, a string or a URL, ${got}`),
    );
  });
});

test('a job may inherit what it asks for', async () => {
  const server = await startServer();
  const job: Job = Object.create({ url: server.url, method: 'PUT' });
  await new Session().request(job);
  expect(server.requests).toMatchObject([{ method: 'PUT' }]);
});

test('a job is left as it was', async () => {
  const server = await startServer((_, reply) => reply.setHeader('Set-Cookie', 'a=1').end());
  const job: Job = {
    url: new URL(server.url.replace('//', '//user:pass@')),
    headers: { 'X-A': 'a' },
    params: { b: 2 },
    json: { c: 3 },
    context: { mine: true },
  };
  const before = structuredClone({ ...job, url: String(job.url) });
  const session = new Session();
  await session.request(job);
  await session.request(job);
  expect({ ...job, url: String(job.url) }).toEqual(before);
});

test('a job may have a priority, which only a pool looks at', async () => {
  const server = await startServer();
  const { ok } = await new Session().get(server.url, { priority: -1.5 });
  expect(ok).toBe(true);
});
