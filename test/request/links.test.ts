import { expect, test } from 'vitest';
import { parseLinks } from '../../src/request/links.js';

test('links are found by their rel', () => {
  const header =
    '<https://h/?page=2>; rel="next", <https://h/?page=9>; rel="last"; title="The end"';
  expect(parseLinks(header)).toEqual({
    next: { url: 'https://h/?page=2', rel: 'next' },
    last: { url: 'https://h/?page=9', rel: 'last', title: 'The end' },
  });
});

test.each([
  ['no header', null, {}],
  ['an empty header', '', {}],
  ['what is no link', 'next', {}],
  ['a link without rel, by its URL', '</a>', { '/a': { url: '/a' } }],
  ['a value without quotes', '</a>;rel=next', { next: { url: '/a', rel: 'next' } }],
  ['a value in single quotes', "</a>; rel='next'", { next: { url: '/a', rel: 'next' } }],
  ['names in any case', '</a>; REL="next"', { next: { url: '/a', rel: 'next' } }],
  ['white space anywhere', '< /a > ; rel = "next"', { next: { url: '/a', rel: 'next' } }],
  ['a comma in the URL', '</a,b>; rel="next"', { next: { url: '/a,b', rel: 'next' } }],
  [
    'a comma and a semicolon in quotes',
    '</a>; title="x, y; <z>"; rel="next"',
    { next: { url: '/a', title: 'x, y; <z>', rel: 'next' } },
  ],
  [
    'an escaped quote',
    String.raw`</a>; title="say \"hi\""; rel=next`,
    { next: { url: '/a', title: 'say "hi"', rel: 'next' } },
  ],
  [
    'names of every object',
    '</a>; rel="__proto__"',
    { ['__proto__']: { url: '/a', rel: '__proto__' } },
  ],
])('%s is read', (_, header, links) => {
  expect(Object.entries(parseLinks(header))).toEqual(Object.entries(links));
});
