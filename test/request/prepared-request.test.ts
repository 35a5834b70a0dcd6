import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PreparedRequest, Session } from '../../src/index.js';
import { Headers } from '../../src/request/headers.js';
import { AddressedRequest, addressOf, hrefOf } from '../../src/request/prepared-request.js';
import { addressIn, originOf, parseURL, pathOf } from '../../src/request/url.js';
import { startServer } from '../helpers/http-server.js';

const ORIGIN = 'http://a.test:8080';
/** Has the origin known. */
const visit = () => originOf(new URL(ORIGIN));

describe('an address that is told without a parser', () => {
  test.each([
    ['a path', '/items/7', '/items/7'],
    ['a root', '/', '/'],
    ['a query', '/items?page=7&q=a.b/../c', undefined],
    ['a query with slashes', '/a?next=/b/c?d', '/a?next=/b/c?d'],
    ['dots that are no step', '/a..b/c.', '/a..b/c.'],
    ['a step', '/a/../b', undefined],
    ['a step at the end', '/a/.', undefined],
    ['an escape', '/a%20b', undefined],
    ['a space', '/a b', undefined],
    ['a fragment', '/a#b', undefined],
    ['an empty query', '/a?', undefined],
    ['a backslash', '/a\\b', undefined],
    ['a line break', '/a\nb', undefined],
    ['no path', '', undefined],
    ['a longer port', '0/a', undefined],
    ['a user', '@b.test/a', undefined],
  ])('with %s', (_, rest, path) => {
    visit();
    expect(addressIn(ORIGIN + rest)).toEqual(path && { origin: ORIGIN, path });
  });

  test('is none of another origin, of a URL, or of what has no origin', () => {
    visit();
    const inputs = ['http://a.test/', 'http://b.test:8080/', '/a', 'a', new URL(`${ORIGIN}/a`)];
    expect(inputs.map(addressIn)).toEqual(inputs.map(() => undefined));
  });

  test('is none where no request can be sent to', () => {
    for (const url of ['ftp://a.test/b', 'data:a']) {
      const origin = originOf(new URL(url));
      expect(addressIn(`${origin}/b`)).toBeUndefined();
    }
  });

  test('is what the parser finds', () => {
    visit();
    const character = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...'/.?#&=;:@%\\"\'<>[]{}|^`~!$()*+,-_ a7é\t') },
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    );
    const rest = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''));
    let told = 0;
    fc.assert(
      fc.property(rest, (text) => {
        const address = addressIn(`${ORIGIN}/${text}`);
        if (address === undefined) return;
        told++;
        const url = parseURL(`${ORIGIN}/${text}`);
        expect(url.href).toBe(address.origin + address.path);
        expect([originOf(url), pathOf(url)]).toEqual([address.origin, address.path]);
      }),
      { numRuns: 2_000 },
    );
    expect(told).toBeGreaterThan(20);
  });
});

describe('a request with an address', () => {
  const make = () =>
    new AddressedRequest('GET', { origin: ORIGIN, path: '/a?b' }, new Headers(), undefined);

  test('makes its URL when it is asked for, once', () => {
    const request = make();
    expect(hrefOf(request)).toBe(`${ORIGIN}/a?b`);
    expect(request.url.href).toBe(`${ORIGIN}/a?b`);
    expect(request.url).toBe(request.url);
  });

  test('goes where its URL leads that was changed', () => {
    const request = make();
    request.url.pathname = '/c';
    expect(hrefOf(request)).toBe(`${ORIGIN}/c?b`);
    expect(addressOf(request)).toEqual({ origin: ORIGIN, path: '/c?b' });
  });
});

describe('whoever is given a request', () => {
  const echo = () =>
    startServer(({ path, headers }, reply) => reply.end(`${path} ${headers['x-a']}`));

  test('can copy it, where it is the request of a response', async () => {
    const server = await echo();
    await using session = new Session();
    await session.get(`${server.url}/1`);
    const { request } = await session.get(`${server.url}/2`);
    const copy = { ...request };
    expect([copy.url.href, copy.method, Object.keys(copy).sort()]).toEqual([
      `${server.url}/2`,
      'GET',
      ['body', 'headers', 'method', 'url'],
    ]);
  });

  test.each<[string, (request: PreparedRequest) => PreparedRequest | undefined]>([
    [
      'copies it',
      (request) => {
        const headers = request.headers.clone();
        headers.set('X-A', '1');
        return { ...request, url: new URL('/signed', request.url), headers };
      },
    ],
    [
      'puts another URL in its place',
      (request) => {
        request.headers.set('X-A', '1');
        Object.assign(request, { url: new URL('/signed', request.url) });
        return undefined;
      },
    ],
    [
      'derives another from it',
      (request) => {
        request.headers.set('X-A', '1');
        return Object.create(request, { url: { value: new URL('/signed', request.url) } });
      },
    ],
    [
      'puts a proxy before it',
      (request) => {
        request.headers.set('X-A', '1');
        const url = new URL('/signed', request.url);
        return new Proxy(request, {
          get: (target, name) => (name === 'url' ? url : Reflect.get(target, name)),
        });
      },
    ],
    [
      'changes its URL',
      (request) => {
        request.headers.set('X-A', '1');
        request.url.pathname = '/signed';
        return undefined;
      },
    ],
  ])('to sign it has it sent as it is then: who %s', async (_, auth) => {
    const server = await echo();
    await using session = new Session();
    await session.get(`${server.url}/1`);
    const response = await session.get(`${server.url}/2`, { auth });
    expect([await response.text(), response.url]).toEqual(['/signed 1', `${server.url}/signed`]);
  });
});
