import { describe, expect, test } from 'vitest';
import { charsetOf, decodeText } from '../../src/request/charset.js';

describe('charsetOf', () => {
  test.each([
    ['text/html; charset=utf-8', 'utf-8'],
    ['text/html;charset=ISO-8859-1', 'ISO-8859-1'],
    ['text/html; Charset="windows-1252"', 'windows-1252'],
    ["text/html; charset='koi8-r'", 'koi8-r'],
    ['text/html; charset = big5 ; x=y', 'big5'],
    ['text/html; x=y; charset=big5', 'big5'],
    ['text/html', undefined],
    ['text/html; charset=', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j says %j', (contentType, charset) => {
    expect(charsetOf(contentType)).toBe(charset);
  });
});

describe('decodeText', () => {
  const bytes = (...values: number[]) => Buffer.from(values);

  test.each<[string, Buffer, string | undefined, string]>([
    ['UTF-8 unless told otherwise', Buffer.from('é€😀'), undefined, 'é€😀'],
    ['UTF-8 by any of its names', Buffer.from('é'), 'unicode-1-1-utf-8', 'é'],
    ['windows-1252', bytes(0xe9, 0x80, 0x9f, 0x81), 'windows-1252', 'é€Ÿ\x81'],
    ['latin1, which is windows-1252 on the web', bytes(0xe9, 0x80), 'iso-8859-1', 'é€'],
    ['UTF-16', Buffer.from('é', 'utf16le'), 'utf-16le', 'é'],
    ['UTF-16, big-endian', bytes(0x00, 0xe9), 'utf-16be', 'é'],
    ['Shift JIS', bytes(0x83, 0x65), 'shift_jis', 'テ'],
    ['an unknown encoding as UTF-8', Buffer.from('é'), 'no-such', 'é'],
    ['bytes that are none as replacement characters', bytes(0x61, 0xff), 'utf-8', 'a\ufffd'],
    ['nothing', bytes(), undefined, ''],
  ])('reads %s', (_, content, encoding, text) => {
    expect(decodeText(content, encoding)).toBe(text);
  });

  test.each<[string, Buffer]>([
    ['UTF-8', bytes(0xef, 0xbb, 0xbf, 0x61)],
    ['UTF-16', bytes(0xff, 0xfe, 0x61, 0x00)],
    ['UTF-16, big-endian', bytes(0xfe, 0xff, 0x00, 0x61)],
  ])('believes the byte order mark of %s above all, and leaves it out', (_, content) => {
    expect(decodeText(content)).toBe('a');
    expect(decodeText(content, 'windows-1252')).toBe('a');
  });
});

test('a text that begins like a byte order mark, and has none, is whole', () => {
  for (const text of ['\uff26\uff35', '\u{1f600}', ''])
    expect(decodeText(Buffer.from(text))).toBe(text);
});
