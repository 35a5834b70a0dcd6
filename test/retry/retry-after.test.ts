import { describe, expect, test } from 'vitest';
import { Headers } from '../../src/index.js';
import { retryAfterOf } from '../../src/retry/retry-after.js';

const NOW = Date.UTC(2026, 10, 21, 12);

const wait = (value: string) =>
  retryAfterOf({ headers: new Headers([['Retry-After', value]]) }, NOW);

describe('a Retry-After says how long to wait', () => {
  test.each<[string, number]>([
    ['1', 1000],
    ['120', 120_000],
    ['007', 7000],
    ['1.5', 1500],
    ['1.1', 1100],
    ['0.001', 1],
    ['Sat, 21 Nov 2026 12:00:01 GMT', 1000],
    ['Saturday, 21-Nov-26 12:01:00 GMT', 60_000],
    ['Sat Nov 21 13:00:00 2026', 3_600_000],
    ['1'.padEnd(31, '0'), 1e30 * 1000],
    ['1'.padEnd(400, '0'), Infinity],
  ])('%s', (value, expected) => {
    expect(wait(value)).toBe(expected);
  });
});

describe('a Retry-After is as none', () => {
  test.each([
    '',
    '0',
    '0.0',
    '0.0001',
    '-1',
    '+1',
    '1e3',
    '1.',
    '.5',
    '0x10',
    'Infinity',
    '5 apples',
    'soon',
    'Sat, 21 Nov 2026 12:00:00 GMT',
    'Sat, 21 Nov 2026 11:59:59 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT',
  ])('%j', (value) => {
    expect(wait(value)).toBeUndefined();
  });
});

describe('a record of headers', () => {
  test.each<[string, Record<string, unknown>]>([
    ['in any case', { 'Retry-After': '5' }],
    ['all in capitals', { 'RETRY-AFTER': '5' }],
    ['as a number', { 'retry-after': 5 }],
    ['as a list of them', { 'Retry-After': [1, 5] }],
    ['with no prototype', Object.assign(Object.create(null), { 'Retry-After': '5' })],
  ])('may have it %s', (_, headers) => {
    expect(retryAfterOf({ headers }, NOW)).toBe(5000);
  });

  test.each([Number.NaN, Infinity, -5, 0])('has none in the number %d', (seconds) => {
    expect(retryAfterOf({ headers: { 'retry-after': seconds } }, NOW)).toBeUndefined();
  });
});

describe('of several the longest counts', () => {
  test.each<[string, string[], number | undefined]>([
    ['of seconds', ['5', '60', '10'], 60_000],
    ['of seconds and a date', ['5', 'Sat, 21 Nov 2026 12:01:00 GMT'], 60_000],
    ['of a date and seconds', ['Sat, 21 Nov 2026 12:01:00 GMT', '90'], 90_000],
    [
      'of dates in all forms',
      [
        'Sat, 21 Nov 2026 12:00:01 GMT',
        'Saturday, 21-Nov-26 12:00:03 GMT',
        'Sat Nov 21 12:00:02 2026',
      ],
      3000,
    ],
    ['of what is usable', ['0', 'soon', '5', '-1'], 5000],
    ['of nothing', ['0', 'soon'], undefined],
  ])('%s', (_, values, expected) => {
    const ours = new Headers(values.map((value) => ['retry-after', value]));
    const fetched = new globalThis.Headers(values.map((value) => ['retry-after', value]));
    expect(retryAfterOf({ headers: ours }, NOW)).toBe(expected);
    expect(retryAfterOf({ headers: fetched }, NOW)).toBe(expected);
    expect(retryAfterOf({ headers: { 'retry-after': values } }, NOW)).toBe(expected);
    expect(retryAfterOf({ headers: { 'retry-after': values.join(',') } }, NOW)).toBe(expected);
  });

  test('however many there are', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => String(i));
    expect(retryAfterOf({ headers: { 'retry-after': values } }, NOW)).toBe(199_999_000);
  });
});

describe('no Retry-After is in', () => {
  test.each<[string, unknown]>([
    ['no response', undefined],
    ['null', null],
    ['a string', 'response'],
    ['a response without headers', {}],
    ['a response whose headers are null', { headers: null }],
    ['a response whose headers are a string', { headers: 'retry-after: 5' }],
    ['headers that have none', { headers: new Headers() }],
    ['a record that has none', { headers: { get: 'no function' } }],
    ['a record where it is neither text nor a number', { headers: { 'retry-after': true } }],
    ['an empty list', { headers: { 'retry-after': [] } }],
  ])('%s', (_, response) => {
    expect(retryAfterOf(response, NOW)).toBeUndefined();
  });
});
