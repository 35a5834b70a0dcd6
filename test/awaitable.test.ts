import { expect, test } from 'vitest';
import { type Awaitable, isPromiseLike } from '../src/awaitable.js';

test.each([
  ['a promise', Promise.resolve()],
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  ['any object with a then method', { then: () => undefined }],
])('%s is promise-like', (_, value) => {
  expect(isPromiseLike(value as Awaitable<unknown>)).toBe(true);
});

test.each([
  ['null', null],
  ['undefined', undefined],
  ['a number', 1],
  ['a plain object', {}],
  // biome-ignore lint/suspicious/noThenProperty: what only looks like a thenable is tested
  ['an object whose then is no function', { then: 1 }],
])('%s is not', (_, value) => {
  expect(isPromiseLike(value as Awaitable<unknown>)).toBe(false);
});
