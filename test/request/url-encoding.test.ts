import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Params, parseURL, prepareURL } from '../../src/request/url.js';

describe('a URL', () => {
  test.each([
    ['undoes escapes of unreserved characters', '/%7E%61%5A%30%2D%2E%5F?%7e%41', '/~aZ0-._?~A'],
    ['keeps other escapes', '/%2F%3F%23%25%20%C3%A9?%26%3D%2B', '/%2F%3F%23%25%20%C3%A9?%26%3D%2B'],
    ['writes escapes in upper case', '/%2f%c3%a9?%c3%2b', '/%2F%C3%A9?%C3%2B'],
    ['escapes a % that begins no escape', '/%/%a/%zz?100%&%%20', '/%25/%25a/%25zz?100%25&%25%20'],
    ['escapes nothing twice', '/%25/%2525/a%20b c?%25 %', '/%25/%2525/a%20b%20c?%25%20%25'],
    ['makes no escape of two', '/%2%65/%%36%31?%2%65', '/%252e/%2561?%252e'],
    ['makes no dots of three escapes', '/a/%2%45%2%65/b', '/a/%252E%252e/b'],
    ['keeps half of a path segment', '/a/%2E%2E%2Fb/..%5Cc', '/a/..%2Fb/..%5Cc'],
    ['takes escaped dots for dots', '/a/%2E%2e/b/.%2E/c/%2E/', '/c/'],
    [
      'escapes what is not safe',
      '/|^`{}"<> ?|^`{}"<> \\',
      '/%7C%5E%60%7B%7D%22%3C%3E%20?%7C%5E%60%7B%7D%22%3C%3E%20%5C',
    ],
    [
      'keeps what is safe',
      "/!$&'()*+,:;=@[]~?!$&()*+,/:;=?@[]~",
      "/!$&'()*+,:;=@[]~?!$&()*+,/:;=?@[]~",
    ],
    ['takes a backslash in the path for a slash', '/a\\b', '/a/b'],
    ['keeps slashes at the beginning', '//%7Ea', '//~a'],
  ])('%s', (_, given, expected) => {
    for (const url of [
      prepareURL(`http://h${given}`, undefined).url,
      parseURL(given, new URL('http://h')),
    ])
      if (!given.startsWith('//')) expect(url.href).toBe(`http://h${expected}`);
    expect(prepareURL(`http://h${given}`, undefined).url.href).toBe(`http://h${expected}`);
  });

  test('has each character of ASCII escaped unless it is safe', () => {
    for (let code = 0x20; code < 0x7f; code++) {
      const character = String.fromCharCode(code);
      const isSafe = /[\w!#$&()*+,./:;=?@[\]~-]/.test(character);
      const escaped = isSafe ? character : `%${code.toString(16).toUpperCase()}`;
      const { href } = prepareURL(`http://h/?a${character}b`, undefined).url;
      expect(href).toBe(`http://h/?a${escaped}b`);
      if (/['?\\]/.test(character)) continue;
      expect(prepareURL(`http://h/a${character}b`, undefined).url.href).toBe(
        `http://h/a${escaped}b`,
      );
    }
  });

  test('has the escape of each byte undone if it is unreserved, or else in upper case', () => {
    for (let byte = 0; byte < 256; byte++) {
      const escaped = `%${byte.toString(16).padStart(2, '0')}`;
      const character = String.fromCharCode(byte);
      const expected = /[\w.~-]/.test(character) ? character : escaped.toUpperCase();
      for (const given of [escaped, escaped.toUpperCase()])
        expect(prepareURL(`http://h/-${given}`, given).url.href).toBe(
          `http://h/-${expected}?${expected}`,
        );
    }
  });

  test.each<[string, Params, string]>([
    ['a record', { a: '~^|%7e' }, '?a=~%5E%7C%257e'],
    ['a string', 'a=~%7e|%zz&é \n"\\#x', '?a=~~%7C%25zz&%C3%A9%20%0A%22%5C%23x'],
  ])('has %s of params encoded in the same way', (_, params, query) => {
    expect(prepareURL('http://h/', params).url.search).toBe(query);
  });

  test('has its fragment left as it is', () => {
    expect(prepareURL('http://h/%7e#%7e^', undefined).url.href).toBe('http://h/~#%7e^');
  });

  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom('%', '%2', '%2e', '%2E', '.', '/', '//', '?', '#', '&', '%7', '%', '65', '%c3'),
  );
  const rest = fc.array(part, { maxLength: 12 }).map((parts) => `http://h/${parts.join('')}`);

  test('stays as it is when it is prepared again', () => {
    fc.assert(
      fc.property(rest, fc.option(fc.string({ unit: 'binary' })), (text, params) => {
        fc.pre(!/[^ -\uffff]/.test(text.trim()));
        const { url } = prepareURL(text, params ?? undefined);
        expect(prepareURL(url, undefined).url.href).toBe(url.href);
        expect(prepareURL(url.href, undefined).url.href).toBe(url.href);
        expect(url.pathname + url.search).toMatch(/^(?:[\w!$&'()*+,./:;=?@[\]~-]|%[\dA-F]{2})*$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('has the same path and query, decoded, as one that WHATWG alone has parsed', () => {
    const bytes = (text: string) =>
      Buffer.from(
        text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      );
    fc.assert(
      fc.property(rest, (text) => {
        fc.pre(!/[^ -\uffff]/.test(text.trim()));
        const { pathname, search } = new URL(text.trim());
        const { url } = prepareURL(text, undefined);
        expect(bytes(url.pathname)).toEqual(bytes(pathname));
        expect(bytes(url.search)).toEqual(bytes(search));
      }),
      { numRuns: 1000 },
    );
  });
});
