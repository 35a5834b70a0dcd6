import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InvalidJobError } from '../../../src/errors.js';
import type { Authenticator } from '../../../src/request/auth/auth.js';
import { digestAuth } from '../../../src/request/auth/digest.js';
import { Headers } from '../../../src/request/headers.js';
import type { PreparedRequest } from '../../../src/request/prepared-request.js';

const URL_OF_RFC = 'http://www.example.org/dir/index.html';

function requestTo(url = URL_OF_RFC): PreparedRequest {
  return { method: 'GET', url: new URL(url), headers: new Headers(), body: undefined };
}

/** The Authorization header of a new request, as its parameters; undefined if it has none. */
function signed(
  auth: Authenticator,
  request = requestTo(),
): Readonly<Record<string, string>> | undefined {
  void auth.sign(request);
  const header = request.headers.get('authorization');
  return header === null ? undefined : parametersOf(header);
}

function parametersOf(header: string): Record<string, string> {
  expect(header).toMatch(/^Digest [\w*]+=/);
  const pairs = header.slice(7).matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^",]+))(?:, |$)/gy);
  return Object.fromEntries(
    Array.from(pairs, ([, name, text, token]) => [name, text?.replace(/\\(.)/g, '$1') ?? token]),
  );
}

/** What a challenge is answered with. */
function answerTo(
  challenge: string,
  { user = 'Mufasa', password = 'Circle of Life', url = URL_OF_RFC } = {},
): Readonly<Record<string, string>> | undefined {
  const auth = digestAuth(user, password);
  auth.accepts([challenge], requestTo(url), 0);
  return signed(auth, requestTo(url));
}

const JASON = Buffer.from('Jäsøn Doe').toString('latin1');

const CHALLENGE = 'Digest realm="r", nonce="n", qop="auth"';

/** A request as it went out, signed with that nonce. */
function sentWith(nonce: string | undefined): PreparedRequest {
  const request = requestTo();
  if (nonce !== undefined)
    request.headers.set('Authorization', `Digest username="u", realm="r", nonce="${nonce}"`);
  return request;
}

describe('a challenge', () => {
  test.each<[string, number, string, string | undefined, boolean]>([
    ['the first', 0, CHALLENGE, undefined, true],
    ['another nonce than the one that was taken along', 0, CHALLENGE, 'old', true],
    ['the nonce that was taken along', 0, CHALLENGE, 'n', false],
    ['that nonce, stale', 0, `${CHALLENGE}, stale=TRUE`, 'n', true],
    ['that nonce, not stale', 0, `${CHALLENGE}, stale=false`, 'n', false],
    ['another nonce after an answer', 1, CHALLENGE, 'old', false],
    ['stale after an answer', 1, `${CHALLENGE}, stale=true`, 'old', true],
    ['stale after two answers', 2, `${CHALLENGE}, stale=true`, 'old', false],
  ])('%s, after %i answers, is accepted or not', (_, answers, challenge, nonce, accepted) => {
    const auth = digestAuth('u', 'p');
    expect(auth.accepts([challenge], sentWith(nonce), answers)).toBe(accepted);
    expect(signed(auth)?.nonce).toBe(accepted ? 'n' : undefined);
  });

  test('of an unsigned request whose Authorization is of another scheme is accepted', () => {
    const request = requestTo();
    request.headers.set('Authorization', 'Bearer n');
    expect(digestAuth('u', 'p').accepts([CHALLENGE], request, 0)).toBe(true);
  });

  test.each([
    ['none', []],
    ['an empty one', ['']],
    ['other schemes', ['Basic realm="r"', 'Negotiate', 'Bearer realm="r", nonce="n"']],
    ['a scheme alone', ['Digest']],
    ['no realm', ['Digest nonce="n"']],
    ['no nonce', ['Digest realm="r"']],
    ['parameters without a scheme', ['realm="r", nonce="n"']],
    ['a nonce that no quote ends', ['Digest realm="r", nonce="n']],
    ['an algorithm that is not known', [`${CHALLENGE}, algorithm=SHA-1`]],
    ['a property of objects as algorithm', [`${CHALLENGE}, algorithm=constructor`]],
    ['auth-int alone', ['Digest realm="r", nonce="n", qop="auth-int"']],
    ['a session key without qop', ['Digest realm="r", nonce="n", algorithm=MD5-sess']],
    ['one in a string', ['Basic realm="Digest realm=r, nonce=n"', '"Digest realm=r, nonce=n"']],
    ['a line break', ['Digest realm="r", nonce="n\r\nX: y"']],
    ['a control character', ['Digest realm="r\0", nonce="n"']],
    ['more than latin1', ['Digest realm="r", nonce="n", opaque="€"']],
  ])('that is %s is not accepted', (_, challenges) => {
    const auth = digestAuth('u', 'p');
    expect(auth.accepts(challenges, requestTo(), 0)).toBe(false);
    expect(auth.accepts(challenges, sentWith('old'), 0)).toBe(false);
    expect(signed(auth)).toBeUndefined();
  });

  test.each([
    ['alone', ['Digest realm="r", nonce="n"']],
    ['in any case, with any space', ['dIGEST  REALM = "r" ,,\tNonce\t=\t"n"']],
    ['without quotes', ['Digest realm=r, nonce=n, algorithm="MD5"']],
    ['after others in one header', [`Negotiate, Basic realm="b", ${CHALLENGE}`]],
    ['after a token68', [`NTLM TlRMTVNTUAAC/+A==, ${CHALLENGE}`]],
    ['before others in one header', [`${CHALLENGE}, Basic realm="b", algorithm="b"`]],
    ['in another header', ['Basic realm="b"', 'Bearer', CHALLENGE]],
    ['the first that is supported', [`Digest realm="x", nonce="x", algorithm=Z, ${CHALLENGE}`]],
    ['the first of two', [CHALLENGE, 'Digest realm="x", nonce="x"']],
    ['with a name that is given twice', [`${CHALLENGE}, nonce="x"`]],
    ['with a backslash for nothing', ['Digest realm="\\r", nonce="n"']],
    ['with an empty qop', ['Digest realm="r", nonce="n", qop=""']],
  ])('is found %s', (_, challenges) => {
    const auth = digestAuth('u', 'p');
    expect(auth.accepts(challenges, requestTo(), 0)).toBe(true);
    expect(signed(auth)).toMatchObject({ realm: 'r', nonce: 'n' });
  });

  test.each([
    ['quotes that nothing ends', 'Digest a="'],
    ['backslashes', 'Digest a="\\'],
    ['names', 'a'],
    ['spaces after a name', 'a '.padEnd(1000)],
    ['spaces after an equals sign', 'a='.padEnd(1000)],
    ['schemes', 'Digest, '],
    ['parameters', 'Digest a="b", '],
  ])('of a hundred kilobytes of %s is read to its end', (_, junk) => {
    const challenge = junk.repeat(100_000 / junk.length);
    expect(digestAuth('u', 'p').accepts([challenge], requestTo(), 0)).toBe(false);
  });
});

describe('an answer', () => {
  test('has what the challenge had, quoted where the RFC says so', () => {
    const auth = digestAuth('u', 'p');
    const request = requestTo('http://h/p?q');
    auth.accepts([`${CHALLENGE}, opaque="o", algorithm=md5`], request, 0);
    void auth.sign(request);
    expect(request.headers.get('authorization')).toMatch(
      /^Digest username="u", realm="r", nonce="n", uri="\/p\?q", response="[\da-f]{32}", opaque="o", algorithm=md5, qop=auth, nc=00000001, cnonce="[\da-f]{32}"$/,
    );
  });

  test('has no more than the challenge had', () => {
    expect(Object.keys(answerTo('Digest realm="r", nonce="n"') ?? {})).toEqual([
      'username',
      'realm',
      'nonce',
      'uri',
      'response',
    ]);
  });

  test('takes the place of an earlier one', () => {
    const auth = digestAuth('u', 'p');
    const request = sentWith('old');
    auth.accepts([CHALLENGE], request, 0);
    expect(signed(auth, request)?.nonce).toBe('n');
  });

  test('can not be broken out of: quotes and backslashes are escaped', () => {
    const hostile = '\\", uri=\\"/admin\\", x=\\"\\\\';
    const plain = '", uri="/admin", x="\\';
    expect(
      answerTo(`Digest realm="${hostile}", nonce="${hostile}", opaque="${hostile}"`, {
        user: plain,
        url: 'http://h/?a"b',
      }),
    ).toEqual({
      username: plain,
      realm: plain,
      nonce: plain,
      opaque: plain,
      uri: '/?a%22b',
      response: expect.any(String),
    });
  });

  test('proves bytes, whatever characters they are', () => {
    const realm = Buffer.from('zoë').toString('latin1');
    const answer = answerTo(`Digest realm="${realm}", nonce="n"`, { user: 'ø', password: '€' });
    const hash = (text: string) => createHash('md5').update(text).digest('hex');
    const expected = hash(`${hash('ø:zoë:€')}:n:${hash('GET:/dir/index.html')}`);
    expect(answer).toMatchObject({ realm, response: expected });
  });

  test.each([
    ['an ASCII name', 'o\'neil "x"', CHALLENGE, { username: 'o\'neil "x"' }],
    ['one in UTF-8', 'Jäsøn Doe', CHALLENGE, { username: JASON }],
    ['an ASCII name in UTF-8', 'me', `${CHALLENGE}, charset=UTF-8`, { username: 'me' }],
    [
      'a name in UTF-8, where the server knows of it',
      "Jäsøn (Doe)'*",
      `${CHALLENGE}, charset=utf-8`,
      { 'username*': "UTF-8''J%C3%A4s%C3%B8n%20%28Doe%29%27%2A" },
    ],
    [
      'a hash, as erratum 4897 of RFC 7616 has it',
      'Jäsøn Doe',
      'Digest realm="api@example.org", nonce="n", algorithm=SHA-512-256, userhash=true',
      {
        username: '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
        userhash: 'true',
      },
    ],
    [
      'a hash by the default algorithm',
      'me',
      'Digest realm="r", nonce="n", userhash=true, charset=UTF-8',
      { username: createHash('md5').update('me:r').digest('hex'), userhash: 'true' },
    ],
    ['no hash', 'me', `${CHALLENGE}, userhash=false`, { username: 'me' }],
  ])('names the user by %s', (_, user, challenge, expected) => {
    const answer = answerTo(challenge, { user }) ?? {};
    const named = Object.entries(answer).filter(([name]) => name.startsWith('user'));
    expect(Object.fromEntries(named)).toEqual(expected);
  });
});

describe('what is remembered', () => {
  test('is for its origin alone', () => {
    const auth = digestAuth('u', 'p');
    auth.accepts([CHALLENGE], requestTo('http://h/a'), 0);
    expect(signed(auth, requestTo('http://h:80/b'))).toBeDefined();
    for (const url of ['https://h/', 'http://h:81/', 'http://g/', 'http://sub.h/'])
      expect(signed(auth, requestTo(url))).toBeUndefined();
  });

  test('goes on with its count when a nonce comes again', () => {
    const auth = digestAuth('u', 'p');
    auth.accepts([CHALLENGE], requestTo(), 0);
    const first = signed(auth);
    auth.accepts([CHALLENGE], requestTo(), 0);
    expect([first?.nc, signed(auth)?.nc, signed(auth)?.nc]).toEqual([
      '00000001',
      '00000002',
      '00000003',
    ]);
    expect(signed(auth)?.cnonce).toBe(first?.cnonce);
  });

  test('is a thousand origins, without the one that was challenged the longest ago', () => {
    const auth = digestAuth('u', 'p');
    const challenge = (i: number) => auth.accepts([CHALLENGE], requestTo(`http://h${i}/`), 0);
    const isKnown = (i: number) => signed(auth, requestTo(`http://h${i}/`)) !== undefined;
    for (let i = 0; i < 1000; i++) challenge(i);
    expect([0, 1, 999].map(isKnown)).toEqual([true, true, true]);
    challenge(0);
    challenge(1000);
    expect([0, 1, 2, 1000].map(isKnown)).toEqual([true, false, true, true]);
  });
});

test.each<[unknown, unknown, string]>([
  [undefined, 'secret', 'digestAuth takes two strings, got undefined and string'],
  ['secret', 5, 'digestAuth takes two strings, got string and number'],
  ['secret\r\nX: y', 'x', 'the user of Digest authentication can have no control character'],
])('digestAuth(%j, %j) is refused, without telling it', (user, password, message) => {
  const make = () => digestAuth(user as string, password as string);
  expect(make).toThrow(new InvalidJobError(message));
});

test('neither user nor password is shown', () => {
  expect(inspect(digestAuth('the user', 'secret'), { showHidden: true })).not.toMatch(
    /user|secret/,
  );
});
