import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Netrc } from '../../../src/request/auth/netrc.js';

/** A home directory with these files. */
function home(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'netrc-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  vi.stubEnv('HOME', directory);
  vi.stubEnv('USERPROFILE', directory);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });
  return directory;
}

/** What a netrc file of that text has for the URL. */
function found(text: string, url = 'https://host/path'): readonly string[] | undefined {
  const NETRC = join(home({ file: text }), 'file');
  return Netrc.load({ NETRC }).credentialsFor(new URL(url));
}

const entry = (name: string) => `machine host login ${name} password secret\n`;

describe('the file', () => {
  test.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['.netrc of the home directory', { '.netrc': entry('a'), _netrc: entry('b') }, undefined, 'a'],
    ['_netrc where there is no .netrc', { _netrc: entry('b') }, undefined, 'b'],
    ['what NETRC names', { '.netrc': entry('a'), other: entry('c') }, '~/other', 'c'],
    ['none if that is not there', { '.netrc': entry('a') }, '~/other', undefined],
    ['none if NETRC is empty', { '.netrc': entry('a') }, '', undefined],
    ['none if there is none', {}, undefined, undefined],
    ['none if .netrc is malformed', { '.netrc': 'x', _netrc: entry('b') }, undefined, undefined],
    ['none if it is a directory', {}, '~', undefined],
    ['in no other home', { other: entry('a') }, '~other', undefined],
  ])('is %s', (_, files, NETRC, user) => {
    home(files);
    const netrc = Netrc.load(NETRC === undefined ? {} : { NETRC });
    expect(netrc.credentialsFor(new URL('http://host/'))?.[0]).toBe(user);
  });

  test('that cannot be read is not made up for by the other', () => {
    const directory = home({ _netrc: entry('b') });
    mkdirSync(join(directory, '.netrc'));
    expect(Netrc.load({}).credentialsFor(new URL('http://host/'))).toBeUndefined();
  });

  test('that a link leads to in vain is not there', () => {
    const directory = home({ _netrc: entry('b') });
    symlinkSync('nowhere', join(directory, '.netrc'));
    expect(Netrc.load({}).credentialsFor(new URL('http://host/'))).toEqual(['b', 'secret']);
  });

  test('is read once', () => {
    const directory = home({ '.netrc': entry('a') });
    const netrc = Netrc.load({});
    writeFileSync(join(directory, '.netrc'), entry('b'));
    expect(netrc.credentialsFor(new URL('http://host/'))).toEqual(['a', 'secret']);
  });
});

describe('an entry', () => {
  test.each<[string, string, readonly string[] | undefined]>([
    ['a line', 'machine host login u password p', ['u', 'p']],
    ['many lines', 'machine\n host\n\tlogin\r\n u\r password\np\n', ['u', 'p']],
    ['another order', 'machine host account a password p login u', ['u', 'p']],
    ['user for login', 'machine host user u password p', ['u', 'p']],
    ['an account for want of a login', 'machine host account a password p', ['a', 'p']],
    ['a login alone', 'machine host login u', ['u', '']],
    ['a password alone', 'machine host password p', ['', 'p']],
    ['nothing', 'machine host', undefined],
    ['nothing, before a default', 'machine host\ndefault login d password p', undefined],
    ['a login that the file ends before', 'machine host password p login', ['', 'p']],
    ['quotes', 'machine "host" login "a \\"b\\" \\\\" password "#\n"', ['a "b" \\', '#\n']],
    ['empty quotes', 'machine host login u password ""', ['u', '']],
    ['quotes that nothing ends', 'machine host login u password "a b', ['u', 'a b']],
    ['quotes within a word', 'machine host login a"b password p"', ['a"b', 'p"']],
    ['escapes', 'machine host login a\\ b\\" password \\"\\\\', ['a b"', '"\\']],
    ['a backslash at the end', 'machine host login u password p\\', ['u', 'p']],
    ['signs that look like a comment', 'machine host login #u password p#', ['#u', 'p#']],
    [
      'words of its own as values',
      'machine host login login password machine',
      ['login', 'machine'],
    ],
    ['other characters than ASCII', 'machine host login zoë password €', ['zoë', '€']],
  ])('may have %s', (_, text, credentials) => {
    expect(found(text)).toEqual(credentials);
  });

  test.each<[string, string]>([
    ['before it', '# machine host login x\n#machine host login x\n'],
    ['alone on its line', '#\n'],
    ['with a quote in it', '# don\'t "\n'],
    ['in the entry before', 'machine other # login x\nlogin y # z\n'],
    ['that is a macro', 'macdef init\ncd /pub\nmachine host login x\n\n'],
    ['that is an empty macro', 'macdef init\n\n'],
    ['that is a macro of the entry before', 'machine other login o\nmacdef m \nx\n\n\n'],
    ['of the same host', 'machine host login x password y\n'],
    ['that is the default', 'default login d password d\n'],
  ])('is found after what stands there, %s', (_, text) => {
    expect(found(`${text}machine host login u password p`)).toEqual(['u', 'p']);
  });

  test('ends where a comment follows it', () => {
    expect(found('machine host login u password p # login x\n# login y')).toEqual(['u', 'p']);
  });

  test.each([
    ['a word that is none', 'machine host login u password p\nport 80'],
    ['a word before any entry', 'login u password p machine host login u password p'],
    ['a word after a macro', 'machine host login u\nmacdef m\nx\n\npassword p'],
    ['a machine without a name', 'machine host login u password p machine'],
    ['a machine whose name is empty', 'machine host login u password p machine ""'],
    ['a macro that no blank line ends', 'machine host login u password p\nmacdef m\nx\n'],
    ['a macro at its very end', 'machine host login u\n\nmacdef'],
  ])('counts for nothing in a file with %s', (_, text) => {
    expect(found(text)).toBeUndefined();
  });
});

describe('a host', () => {
  const FILE = `
    machine Example.COM login e password 1
    machine example login prefix password 2
    machine com login suffix password 3
    machine ::1 login six password 4
    machine 127.0.0.1 login four password 5
    machine xn--mller-kva.de login idna password 6
    machine __proto__ login proto password 7`;

  test.each<[string, string | undefined]>([
    ['http://example.com/', 'e'],
    ['https://EXAMPLE.com:8443/x?y#z', 'e'],
    ['http://127.0.0.1:5000', 'four'],
    ['http://[::1]:80/', 'six'],
    ['http://müller.de/', 'idna'],
    ['http://__proto__/', 'proto'],
    ['http://constructor/', undefined],
    ['http://www.example.com/', undefined],
    ['http://example.community/', undefined],
    ['http://example.com./', undefined],
    ['http://example.org/', undefined],
    // CVE-2024-47081: what stands before a colon or an at sign is no host.
    ['http://example.com:@evil.org/', undefined],
    ['http://example.com:80@evil.org/', undefined],
    ['http://evil.org/@example.com', undefined],
    ['http://evil.org?example.com', undefined],
  ])('is compared whole, and as the URL has it: %s', (url, user) => {
    expect(found(FILE, url)?.[0]).toBe(user);
  });

  test('that has no entry has the default', () => {
    const file = 'default login d password p\nmachine host login u password p';
    expect(found(file, 'http://other/')).toEqual(['d', 'p']);
    expect(found(file, 'http://host/')).toEqual(['u', 'p']);
  });

  test('called default is no default', () => {
    expect(found('machine default login d password p', 'http://other/')).toBeUndefined();
    expect(found('machine default login d password p', 'http://default/')).toEqual(['d', 'p']);
  });
});
