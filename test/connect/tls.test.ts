import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cert, resolveTLS, type Verify } from '../../src/connect/tls.js';
import { InvalidJobError } from '../../src/errors.js';
import { createAuthority, selfSigned } from '../helpers/certificate.js';

const PEM = selfSigned();
const OTHER = selfSigned();
const LOCKED_KEY = createPrivateKey(PEM.key)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'opensesame' })
  .toString();
const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function failureOf(options: { verify?: unknown; cert?: unknown }): InvalidJobError {
  try {
    resolveTLS(options as { verify: Verify; cert: Cert });
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidJobError);
    return error as InvalidJobError;
  }
  throw new Error('nothing was thrown');
}

describe('verify', () => {
  test('is on unless it is said otherwise', () => {
    expect(resolveTLS()).toEqual({ rejectUnauthorized: true });
    expect(resolveTLS({ verify: true })).toEqual({ rejectUnauthorized: true });
    expect(resolveTLS({ verify: undefined })).toEqual({ rejectUnauthorized: true });
    expect(resolveTLS({ verify: false })).toEqual({ rejectUnauthorized: false });
  });

  test('takes CAs as PEM or as the path of a file', () => {
    const bundle = `# Some CA\n${PEM.cert}\n# Another\n${createAuthority().cert}`;
    const expected = { rejectUnauthorized: true, ca: bundle };
    expect(resolveTLS({ verify: bundle })).toEqual(expected);
    expect(resolveTLS({ verify: file('bundle.pem', bundle) })).toEqual(expected);
  });

  test('refuses a file that cannot be read, and names it', () => {
    const error = failureOf({ verify: join(folder, 'missing.pem') });
    expect(error.message).toMatch(/^verify: cannot read '.*missing\.pem': ENOENT/);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
    expect(failureOf({ verify: folder }).cause).toMatchObject({ code: 'EISDIR' });
  });

  test('refuses what has no certificate in it', () => {
    const path = file('text.pem', 'secret');
    expect(failureOf({ verify: path }).message).toBe(`verify: no certificate in '${path}'`);
    expect(failureOf({ verify: PEM.key }).message).toBe(
      'verify: no certificate in the PEM that was given',
    );
  });

  test('refuses a certificate that is broken, be it the second one', () => {
    const path = file('broken.pem', PEM.cert + BROKEN);
    const error = failureOf({ verify: path });
    expect(error.message).toBe(`verify: a broken certificate in '${path}'`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('refuses anything but a boolean or a string', () => {
    const message = 'verify must be a boolean, or a CA as a path or PEM, got';
    expect(failureOf({ verify: null }).message).toBe(`${message} null`);
    expect(failureOf({ verify: 1 }).message).toBe(`${message} number`);
    expect(failureOf({ verify: [PEM.cert] }).message).toBe(`${message} Array`);
  });
});

describe('cert', () => {
  test('takes one PEM or file with both the certificate and the key', () => {
    const both = PEM.cert + PEM.key;
    const expected = { rejectUnauthorized: true, cert: both, key: both };
    expect(resolveTLS({ cert: both })).toEqual(expected);
    expect(resolveTLS({ cert: file('both.pem', both) })).toEqual(expected);
    expect(resolveTLS({ cert: { cert: both } })).toEqual(expected);
  });

  test('takes the two of them, as a pair or a record, as PEM or files', () => {
    const paths = { cert: file('cert.pem', PEM.cert), key: file('key.pem', PEM.key) };
    const expected = { rejectUnauthorized: true, ...PEM };
    expect(resolveTLS({ cert: [PEM.cert, PEM.key] })).toEqual(expected);
    expect(resolveTLS({ cert: [paths.cert, PEM.key] })).toEqual(expected);
    expect(resolveTLS({ cert: PEM })).toEqual(expected);
    expect(resolveTLS({ cert: paths })).toEqual(expected);
  });

  test('goes with any verify', () => {
    expect(resolveTLS({ verify: false, cert: PEM })).toEqual({ rejectUnauthorized: false, ...PEM });
    const both = resolveTLS({ verify: OTHER.cert, cert: PEM });
    expect(both).toEqual({ rejectUnauthorized: true, ca: OTHER.cert, ...PEM });
  });

  test('takes the passphrase of the key', () => {
    const cert = { cert: PEM.cert, key: LOCKED_KEY, passphrase: 'opensesame' };
    expect(resolveTLS({ cert })).toEqual({ rejectUnauthorized: true, ...cert });
  });

  test('refuses a key whose passphrase is another, or not given', () => {
    const path = file('locked.pem', LOCKED_KEY);
    const message = `cert: cannot read the private key in '${path}'; perhaps its passphrase is another`;
    const wrong = failureOf({ cert: { cert: PEM.cert, key: path, passphrase: 'abracadabra' } });
    expect(wrong.message).toBe(message);
    expect(wrong.cause).toBeInstanceOf(Error);
    expect(failureOf({ cert: [PEM.cert, path] }).message).toBe(message);
  });

  test('refuses a key that is not of the certificate', () => {
    const paths = [file('a.pem', PEM.cert), file('b.pem', OTHER.key)] as const;
    const error = failureOf({ cert: paths });
    expect(error.message).toBe(
      `cert: the private key in '${paths[1]}' is not that of the certificate in '${paths[0]}'`,
    );
    expect(error.cause).toMatchObject({ code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' });
  });

  test.each([
    ['a certificate alone', PEM.cert, 'no private key in'],
    ['a key alone', PEM.key, 'no certificate in'],
    ['no PEM', 'secret', 'no certificate in'],
    ['a broken certificate', BROKEN + PEM.key, 'a broken certificate in'],
  ])('refuses a file that has %s', (_, content, what) => {
    const path = file('bad.pem', content);
    expect(failureOf({ cert: path }).message).toBe(`cert: ${what} '${path}'`);
    expect(failureOf({ cert: content.replace(/^secret/, '-----BEGIN X') }).message).toBe(
      `cert: ${what} the PEM that was given`,
    );
  });

  test('refuses a file that cannot be read, and names it', () => {
    const missing = join(folder, 'missing.key');
    const error = failureOf({ cert: [PEM.cert, missing] });
    expect(error.message).toMatch(/^cert: cannot read '.*missing\.key': ENOENT/);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['one in an array', [PEM.cert]],
    ['three in an array', [PEM.cert, PEM.key, 'secret']],
    ['bytes', Buffer.from(PEM.cert)],
    ['a record without a certificate', { key: PEM.key }],
    ['a key that is no string', { cert: PEM.cert, key: ['secret'] }],
    ['a passphrase that is no string', { ...PEM, passphrase: ['secret'] }],
  ])('refuses %s, and shows nothing of it', (_, cert) => {
    expect(failureOf({ cert }).message).toBe(
      'cert must be a path or PEM, [cert, key] or { cert, key, passphrase }, all of them strings',
    );
  });

  test('refuses a part that it does not know', () => {
    expect(failureOf({ cert: { ...PEM, password: 'secret' } as never }).message).toBe(
      'cert: unknown key "password"; did you mean "passphrase"?',
    );
  });

  test('shows nothing of a key that lost its first line', () => {
    const [, ...lines] = PEM.key.split('\n');
    const error = failureOf({ cert: [PEM.cert, lines.join('\n')] });
    expect(error.message).toBe('cert: a text of several lines that is not PEM');
    expect(error.cause).toBeUndefined();
  });
});
