import { describe, expect, test } from 'vitest';
import { parseHttpDate } from '../../src/retry/http-date.js';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('an HTTP-date is read', () => {
  test.each([
    ['as RFC 9110 has it', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['as RFC 850 has it', 'Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['as asctime() has it', 'Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['as asctime() has it, of two digits', 'Wed Nov 16 08:49:37 1994', '1994-11-16T08:49:37Z'],
    ['in the last second of a day', 'Sat, 21 Nov 2026 23:59:59 GMT', '2026-11-21T23:59:59Z'],
    ['in a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00Z'],
    ['of a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00Z'],
    ['on the last day of a year', 'Thu, 31 Dec 2026 20:00:00 GMT', '2026-12-31T20:00:00Z'],
    ['with the name of another day', 'Mon, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['of every long name of a day', 'Wednesday, 25-Nov-26 00:00:00 GMT', '2026-11-25T00:00:00Z'],
    ['of two digits, this year', 'Saturday, 21-Nov-26 13:00:00 GMT', '2026-11-21T13:00:00Z'],
    ['of two digits, fifty years ahead', 'Friday, 01-Jan-76 00:00:00 GMT', '2076-01-01T00:00:00Z'],
    ['of two digits, no further ahead', 'Saturday, 01-Jan-77 00:00:00 GMT', '1977-01-01T00:00:00Z'],
  ])('%s: %s', (_, text, expected) => {
    expect(parseHttpDate(text, NOW)).toBe(Date.parse(expected));
  });

  test.each(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'])(
    'in %s, to its last day and no further',
    (month) => {
      const index = new Date(`${month} 1, 2026`).getMonth();
      const last = new Date(2026, index + 1, 0).getDate();
      const time = Date.UTC(2026, index, last);
      expect(parseHttpDate(`Mon, ${last} ${month} 2026 00:00:00 GMT`, NOW)).toBe(time);
      expect(parseHttpDate(`Mon, ${last + 1} ${month} 2026 00:00:00 GMT`, NOW)).toBeUndefined();
    },
  );

  test('of two digits in the next century, once it is near', () => {
    const now = Date.UTC(2099, 11, 31, 23, 59);
    const text = 'Friday, 01-Jan-00 00:00:00 GMT';
    expect(parseHttpDate(text, now)).toBe(Date.UTC(2100, 0, 1));
  });

  test.each(['Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur', 'Sun'])('of a %sday', (stem) => {
    const time = Date.UTC(2026, 10, 21);
    const short = stem.slice(0, 3);
    expect(parseHttpDate(`${stem}day, 21-Nov-26 00:00:00 GMT`, NOW)).toBe(time);
    expect(parseHttpDate(`${short}, 21 Nov 2026 00:00:00 GMT`, NOW)).toBe(time);
    expect(parseHttpDate(`${short} Nov 21 00:00:00 2026`, NOW)).toBe(time);
  });
});

describe('no HTTP-date is', () => {
  test.each([
    '',
    '5 apples',
    '2024',
    '-1',
    'tomorrow',
    '2026-11-21T12:00:00Z',
    '06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nix 1994 08:49:37 GMT',
    'Nix, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sunday, 31-Nov-94 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov 31 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
    'Sat, 29 Feb 2025 00:00:00 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    'x Sunday, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT x',
    'x Sun Nov  6 08:49:37 1994',
  ])('%j', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });
});
