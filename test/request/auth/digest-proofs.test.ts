import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Authenticator } from '../../../src/request/auth/auth.js';
import { type DigestInput, digestAuth, digestOf } from '../../../src/request/auth/digest.js';
import { Headers } from '../../../src/request/headers.js';
import { type Handler, startServer } from '../../helpers/http-server.js';

const RFC_7616 = {
  user: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  qop: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
  method: 'GET',
  uri: '/dir/index.html',
};
const RFC_2617 = {
  ...RFC_7616,
  algorithm: 'MD5',
  realm: 'testrealm@host.com',
  password: 'Circle Of Life',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  qop: { nc: '00000001', cnonce: '0a4f113b' },
};

describe('the proof is that of', () => {
  test.each<[string, DigestInput, string]>([
    ['RFC 7616 §3.9.1, MD5', { ...RFC_7616, algorithm: 'MD5' }, '8ca523f5e9506fed4657c9700eebdbec'],
    [
      'RFC 7616 §3.9.1, SHA-256',
      { ...RFC_7616, algorithm: 'SHA-256' },
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    [
      "requests' SHA",
      { ...RFC_7616, algorithm: 'SHA' },
      'e99f244f9069203415f7e8b7bd25b4b2ad3e2a7f',
    ],
    [
      "requests' SHA-512",
      { ...RFC_7616, algorithm: 'SHA-512' },
      '27d9ebedb4e86595d8b99152ce456620c8e47c48afbd771dbc4468bb758ca66e7312383d49ad044219d4a2c5c218e66c584fa00b2728798bcff9435825eed0ad',
    ],
    [
      'RFC 7616 §3.9.2, SHA-512-256, as erratum 4897 has it',
      {
        algorithm: 'SHA-512-256',
        user: Buffer.from('Jäsøn Doe').toString('latin1'),
        realm: 'api@example.org',
        password: 'Secret, or not?',
        nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
        qop: { nc: '00000001', cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v' },
        method: 'GET',
        uri: '/doe.json',
      },
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    ],
    ['RFC 2617 §3.5', RFC_2617, '6629fae49393a05397450978507c4ef1'],
    [
      'RFC 2069 §2.4, as erratum 749 has it',
      { ...RFC_2617, password: 'CircleOfLife', qop: undefined },
      '1949323746fe6a43ef61f9606e7febea',
    ],
    // These three were computed by Python's hashlib, from the formula of §3.4.2.
    [
      'RFC 7616, MD5-sess',
      { ...RFC_7616, algorithm: 'MD5-sess' },
      'e783283f46242139c486a698fec7211d',
    ],
    [
      'RFC 7616, SHA-256-sess',
      { ...RFC_7616, algorithm: 'SHA-256-sess' },
      '2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7',
    ],
    [
      'RFC 7616, SHA-512-256-sess',
      { ...RFC_7616, algorithm: 'SHA-512-256-sess' },
      '3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e',
    ],
  ])('%s', (_, input, response) => {
    expect(digestOf(input)).toBe(response);
  });
});

function parametersOf(header: string): Record<string, string> {
  const pairs = header.matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^",]+))/g);
  return Object.fromEntries(
    Array.from(pairs, ([, name, text, token]) => [name, text?.replace(/\\(.)/g, '$1') ?? token]),
  );
}

/** Checks proofs by itself. `algorithm` undefined: the challenge names none. */
class Guard {
  nonce = 'n0';
  readonly counts: string[] = [];
  readonly cnonces = new Set<string>();
  readonly #algorithm: string | undefined;
  readonly #qop: string | undefined;

  constructor(algorithm: string | undefined, qop: string | undefined) {
    this.#algorithm = algorithm;
    this.#qop = qop;
  }

  readonly handler: Handler = ({ method, path, headers }, reply) => {
    const given = headers.authorization && parametersOf(headers.authorization);
    if (given && given.nonce === this.nonce && this.#isRight(given, method, path)) {
      this.counts.push(given.nc ?? '');
      this.cnonces.add(given.cnonce ?? '');
      reply.end('in');
      return;
    }
    const stale = given && given.nonce !== this.nonce ? ', stale=true' : '';
    reply.writeHead(401, { 'WWW-Authenticate': this.#challenge() + stale }).end();
  };

  #challenge(): string {
    const algorithm = this.#algorithm === undefined ? '' : `, algorithm=${this.#algorithm}`;
    const qop = this.#qop === undefined ? '' : `, qop="${this.#qop}"`;
    return `Digest realm="a \\"realm\\"", nonce="${this.nonce}", opaque="o"${qop}${algorithm}`;
  }

  #isRight(given: Record<string, string>, method: string, path: string): boolean {
    const { username, uri, nonce, nc, cnonce, opaque, qop, response } = given;
    const [name = '', sess] = (this.#algorithm ?? 'MD5').split('-sess');
    const hash = (text: string) =>
      createHash(name.replace('SHA-512-', 'SHA512-')).update(text).digest('hex');
    let key = hash(`me:a "realm":pass`);
    if (sess !== undefined) key = hash(`${key}:${nonce}:${cnonce}`);
    const middle = this.#qop === undefined ? '' : `${nc}:${cnonce}:${qop}:`;
    const expected = hash(`${key}:${nonce}:${middle}${hash(`${method}:${path}`)}`);
    return username === 'me' && response === expected && uri === path && opaque === 'o';
  }
}

/** Sends a request by Node's client, signed and signed again as a session does. */
async function statusesOf(auth: Authenticator, url: string, method = 'GET'): Promise<number[]> {
  const request = { method, url: new URL(url), headers: new Headers(), body: undefined };
  const statuses: number[] = [];
  for (let answers = 0; ; answers++) {
    void auth.sign(request);
    const headers = Object.fromEntries(request.headers);
    const sent = httpRequest(url, { method, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    statuses.push(response.statusCode as number);
    const challenges = response.headersDistinct['www-authenticate'];
    if (challenges === undefined || !auth.accepts(challenges, request, answers)) return statuses;
  }
}

describe('a server that checks proofs', () => {
  test.each([
    [undefined, undefined],
    [undefined, 'auth'],
    ['MD5', undefined],
    ['MD5', 'auth'],
    ['MD5-sess', 'auth'],
    ['SHA-256', 'auth-int,auth'],
    ['SHA-256-sess', 'auth, auth-int'],
    ['SHA-512-256', 'auth'],
    ['SHA-512-256-sess', 'auth'],
  ])(
    'of algorithm %s and qop %s lets in, from the second request on at once',
    async (algorithm, qop) => {
      const guard = new Guard(algorithm, qop);
      const server = await startServer(guard.handler);
      const auth = digestAuth('me', 'pass');
      expect(await statusesOf(auth, `${server.url}/a%20b?c=d&e`)).toEqual([401, 200]);
      expect(await statusesOf(auth, `${server.url}/other`, 'POST')).toEqual([200]);
      expect(guard.counts).toEqual(qop === undefined ? ['', ''] : ['00000001', '00000002']);
      expect([...guard.cnonces]).toEqual([
        qop === undefined ? '' : expect.stringMatching(/^[\da-f]{32}$/),
      ]);
    },
  );

  test('is not asked twice with a wrong password', async () => {
    const server = await startServer(new Guard('SHA-256', 'auth').handler);
    const auth = digestAuth('me', 'wrong');
    expect(await statusesOf(auth, server.url)).toEqual([401, 401]);
    expect(await statusesOf(auth, server.url)).toEqual([401]);
  });

  test('that has a new nonce is answered with that', async () => {
    const guard = new Guard('MD5', 'auth');
    const server = await startServer(guard.handler);
    const auth = digestAuth('me', 'pass');
    await statusesOf(auth, server.url);
    guard.nonce = 'n1';
    expect(await statusesOf(auth, server.url)).toEqual([401, 200]);
    expect(guard.counts).toEqual(['00000001', '00000001']);
    expect(guard.cnonces.size).toBe(2);
  });

  test('never sees a count twice, however many requests are under way', async () => {
    const guard = new Guard('MD5', 'auth');
    const server = await startServer(guard.handler);
    const auth = digestAuth('me', 'pass');
    await Promise.all(Array.from({ length: 20 }, () => statusesOf(auth, server.url)));
    await Promise.all(Array.from({ length: 20 }, () => statusesOf(auth, server.url)));
    expect(guard.counts).toHaveLength(40);
    expect(new Set(guard.counts).size).toBe(40);
  });
});
