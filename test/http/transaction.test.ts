import { describe, expect, test } from 'vitest';
import {
  type Hooks,
  InvalidJobError,
  Response,
  type ResponseHook,
  Session,
} from '../../src/index.js';
import { type Handler, startServer } from '../helpers/http-server.js';

const redirectOnce: Handler = ({ path }, reply) =>
  path === '/end' ? reply.end('end') : reply.writeHead(302, { Location: '/end' }).end('moved');

describe('a response hook', () => {
  test('is called with each response, redirects included', async () => {
    const server = await startServer(redirectOnce);
    const seen: unknown[] = [];
    await new Session().get(server.url, {
      hooks: {
        response: async (response) => {
          seen.push(response.statusCode, await response.text(), response.history.length);
        },
      },
    });
    expect(seen).toEqual([302, 'moved', 0, 200, 'end', 1]);
  });

  test('returns what takes the place of the response', async () => {
    const server = await startServer((_, reply) => reply.end('original'));
    const session = new Session();
    const other = await session.get(server.url);
    expect(await session.get(server.url, { hooks: { response: () => other } })).toBe(other);
    expect(await session.get(server.url, { hooks: { response: async () => other } })).toBe(other);
  });

  test('that returns nothing leaves the response', async () => {
    const server = await startServer((_, reply) => reply.end('original'));
    const response = await new Session().get(server.url, { hooks: { response: () => undefined } });
    expect(response).toBeInstanceOf(Response);
    expect(await response.text()).toBe('original');
  });

  test('can keep a redirect from being followed', async () => {
    const server = await startServer(redirectOnce);
    const session = new Session();
    const end = await session.get(`${server.url}/end`);
    const response = await session.get(server.url, { hooks: { response: () => end } });
    expect(response).toBe(end);
    expect(server.requests).toHaveLength(2);
  });

  test('of several is given what the one before it returned', async () => {
    const server = await startServer((_, reply) => reply.end());
    const session = new Session();
    const [first, second] = [await session.get(server.url), await session.get(server.url)];
    const seen: unknown[] = [];
    const response = await session.get(server.url, {
      hooks: {
        response: [
          () => first,
          (it) => {
            seen.push(it);
            return second;
          },
          (it) => {
            seen.push(it);
          },
        ],
      },
    });
    expect(seen).toEqual([first, second]);
    expect(response).toBe(second);
  });

  test("of a job is called in place of the session's", async () => {
    const server = await startServer();
    const seen: string[] = [];
    const hooks = (name: string): Hooks => ({ response: () => void seen.push(name) });
    const session = new Session({ hooks: hooks('session') });
    await session.get(server.url);
    await session.get(server.url, { hooks: hooks('job') });
    await session.get(server.url, { hooks: {} });
    expect(seen).toEqual(['session', 'job']);
  });

  test.each<[string, unknown]>([
    ['an Error', new TypeError('mine')],
    ['a string', 'mine'],
    ['undefined', undefined],
  ])('throws %s, which comes out as it is', async (_, thrown) => {
    const server = await startServer();
    for (const response of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const outcome = await new Session().get(server.url, { hooks: { response } }).then(
        () => expect.fail('there was a response'),
        (reason) => reason,
      );
      expect(outcome).toBe(thrown);
    }
  });

  test('that throws costs no connection', async () => {
    const server = await startServer();
    const session = new Session();
    const response = () => Promise.reject(new Error('mine'));
    await expect(session.get(server.url, { hooks: { response } })).rejects.toThrow('mine');
    await session.get(server.url);
    expect(server.connections).toBe(1);
  });

  test.each([
    ['a number', 5, 'got 5'],
    ['a string', 'log', "got 'log'"],
    ['null', null, 'got null'],
    ['a record', {}, 'got {}'],
    ['one of several', [() => undefined, 5], 'got 5'],
  ])('is refused where it is no function: %s', async (_, response, got) => {
    const server = await startServer();
    const request = new Session().get(server.url, { hooks: { response } as unknown as Hooks });
    await expect(request).rejects.toThrow(InvalidJobError);
    await expect(request).rejects.toThrow(`hooks.response must be functions, ${got}`);
    expect(server.requests).toEqual([]);
  });

  test('is refused under a name that no hook has', async () => {
    const hooks = { respons: () => undefined } as unknown as Hooks;
    await expect(new Session().get('http://127.0.0.1:1', { hooks })).rejects.toThrow(
      'unknown key "respons"; did you mean "response"?',
    );
  });

  test('is refused for what it returns, unless that is a response', async () => {
    const server = await startServer(redirectOnce);
    const hooks = { response: (() => 1) as unknown as ResponseHook };
    await expect(new Session().get(server.url, { hooks })).rejects.toThrow(
      new InvalidJobError('hooks.response must return a Response or nothing, got 1', {
        phase: 'response',
      }),
    );
    expect(server.requests).toHaveLength(1);
  });

  test('needs a record to be in', async () => {
    const request = new Session().get('http://127.0.0.1:1', { hooks: 5 as unknown as Hooks });
    await expect(request).rejects.toThrow(
      new InvalidJobError('hooks must be a record of functions, got 5'),
    );
  });
});
