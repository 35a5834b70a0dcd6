import { describe, expect, test, vi } from 'vitest';
import { originOf, priorityOf, Ticket } from '../../src/queue/ticket.js';

describe('the origin', () => {
  test.each([
    ['http://a.test/b?c#d', 'http://a.test'],
    ['HTTP://A.test:80/', 'http://a.test'],
    ['https://a.test:8443', 'https://a.test:8443'],
    ['https://user:secret@a.test/', 'https://a.test'],
    [new URL('http://[::1]:8080/'), 'http://[::1]:8080'],
  ])('of %s is %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
    expect(new Ticket({ url }, 0, 0).origin).toBe(origin);
  });

  test.each([
    '/relative',
    'a.test',
    'http://',
    'ftp://a.test/',
    'data:,a',
    new URL('file:///a'),
    undefined,
    null,
    7,
    { href: 'http://a.test/' },
  ])('of %o is not known', (url) => {
    expect(originOf(url)).toBeUndefined();
    expect(new Ticket({ url }, 0, 0).origin).toBeUndefined();
  });

  test('is not that of another URL that begins alike', () => {
    for (const [url, origin] of [
      ['http://a.test/', 'http://a.test'],
      ['http://a.test.example/', 'http://a.test.example'],
      ['http://a.test/', 'http://a.test'],
      ['http://a.test:81/', 'http://a.test:81'],
      ['http://a.test/x', 'http://a.test'],
      ['http://a.test@b.test/', 'http://b.test'],
      ['http://b.test', 'http://b.test'],
      ['http://b.test//a.test/', 'http://b.test'],
      [' http://b.test/', 'http://b.test'],
      ['https://b.test/', 'https://b.test'],
      ['http://b.test\\a.test/', 'http://b.test'],
    ])
      expect(originOf(url)).toBe(origin);
  });

  test.each(['http://a.test/', 'ftp://a.test/'])('is worked out once: %s', (href) => {
    const read = vi.fn(() => href);
    const ticket = new Ticket({ url: Object.assign(new URL(href), { toString: read }) }, 0, 0);
    expect(ticket.origin).toBe(ticket.origin);
    expect(read).toHaveBeenCalledOnce();
  });
});

describe('the priority', () => {
  test.each([
    [5, 5],
    [-0.5, -0.5],
    [Infinity, Infinity],
    [Number.NaN, 0],
    ['5', 0],
    [null, 0],
  ])('of %o is %d, and it was said', (priority, expected) => {
    const ticket = new Ticket({ priority }, 0, 0);
    expect([ticket.priority, ticket.hasPriority]).toEqual([expected, true]);
    expect(priorityOf({ priority })).toBe(expected);
  });

  test.each([{}, { priority: undefined }, null, undefined, 'job', 7])('of %o is none', (job) => {
    const ticket = new Ticket(job, 0, 0);
    expect([ticket.priority, ticket.hasPriority, priorityOf(job)]).toEqual([0, false, 0]);
  });
});

test.each<[string, unknown]>([
  ['a proxy of one', new Proxy(new URL('http://a.test/'), {})],
  ['nothing but its prototype', Object.create(URL.prototype)],
  [
    'one whose toString() throws',
    Object.assign(new URL('http://a.test/'), {
      toString: () => {
        throw new Error('no URL');
      },
    }),
  ],
  [
    'one whose toString() gives none',
    Object.assign(new URL('http://a.test/'), { toString: () => {} }),
  ],
])('a URL that is %s has no origin, and throws nothing', (_, url) => {
  expect(originOf(url)).toBeUndefined();
  expect(new Ticket({ url }, 0, 0).origin).toBeUndefined();
});

test('the signal is the job’s, if it is one', () => {
  const { signal } = new AbortController();
  expect(new Ticket({ signal }, 0, 0).signal).toBe(signal);
  expect(new Ticket({ signal: { aborted: true } }, 0, 0).signal).toBeUndefined();
  const hollow = Object.create(AbortSignal.prototype);
  expect(new Ticket({ signal: hollow }, 0, 0).signal).toBeUndefined();
});

test('the index of a job that was submitted is -1', () => {
  const submission = { resolve: () => {}, reject: () => {} };
  expect(new Ticket({}, 3, 9).index).toBe(3);
  expect(new Ticket({}, -4, 9, submission).index).toBe(-1);
});

test('a job that cannot be looked at is left to its session', () => {
  const { proxy, revoke } = Proxy.revocable({ url: 'http://a.test/' }, {});
  revoke();
  const ticket = new Ticket(proxy, 0, 0);
  expect([ticket.origin, ticket.priority, ticket.signal]).toEqual([undefined, 0, undefined]);
  expect(ticket.job).toBe(proxy);
});
