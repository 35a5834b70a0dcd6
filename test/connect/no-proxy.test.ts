import { describe, expect, test } from 'vitest';
import { NoProxy } from '../../src/connect/no-proxy.js';

const covers = (list: string, url: string) => new NoProxy(list).covers(new URL(url));

describe('a NO_PROXY covers', () => {
  test.each([
    ['*', 'http://a.test'],
    ['a.test, *', 'https://[::1]'],
    ['a.test', 'http://a.test'],
    ['a.test', 'http://b.a.test:8080/path'],
    ['.a.test', 'http://a.test'],
    ['.a.test', 'http://c.b.a.test'],
    ['*.a.test', 'http://b.a.test'],
    ['A.Test', 'http://a.TEST'],
    ['bücher.test:80', 'http://www.bücher.test'],
    ['a.test.', 'http://a.test'],
    ['a.test', 'http://a.test.'],
    ['b.test,a.test', 'http://a.test'],
    [' b.test ,\ta.test ', 'http://a.test'],
    ['b.test a.test', 'http://a.test'],
    ['test', 'http://a.test'],
    ['localhost', 'http://localhost:1'],
    ['a.test:8080', 'http://a.test:8080'],
    ['a.test.:8080', 'http://b.a.test:8080'],
    ['.a.test:8080', 'http://b.a.test:8080'],
    ['a.test:443', 'https://a.test'],
    ['a.test:80', 'http://a.test'],
    ['127.0.0.1', 'http://127.0.0.1:1'],
    ['127.0.0.1:81', 'http://127.0.0.1:81'],
    ['10.0.0.0/8', 'http://10.255.1.2'],
    ['192.168.1.7/24', 'http://192.168.1.200'],
    ['0.0.0.0/0', 'http://8.8.8.8'],
    ['10.1.2.3/32', 'http://10.1.2.3'],
    ['::1', 'http://[::1]:1'],
    ['[::1]', 'http://[::1]'],
    ['[::1]:81', 'http://[::1]:81'],
    ['2001:DB8:0:0::1', 'http://[2001:db8::1]'],
    ['2001:db8::/32', 'http://[2001:db8:1::1]'],
    ['[2001:db8::]/32', 'http://[2001:db8:1::1]'],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]'],
  ])('with %j: %s', (list, url) => {
    expect(covers(list, url)).toBe(true);
  });
});

describe('a NO_PROXY does not cover', () => {
  test.each([
    ['', 'http://a.test'],
    [' , ,', 'http://a.test'],
    ['.', 'http://a.test'],
    ['a.test', 'http://bara.test'],
    ['a.test', 'http://a.test.example'],
    ['b.a.test', 'http://a.test'],
    ['a.test:8080', 'http://a.test'],
    ['a.test:80', 'http://a.test:8080'],
    ['a.test:80', 'https://a.test'],
    ['0.1', 'http://127.0.0.1'],
    ['.0.0.1', 'http://127.0.0.1'],
    ['127.0.0.1:81', 'http://127.0.0.1:82'],
    ['[::1]:81', 'http://[::1]:82'],
    ['10.0.0.0/8', 'http://11.0.0.1'],
    ['10.0.0.0/33', 'http://10.0.0.0'],
    ['10.0.0.0/x', 'http://10.0.0.0'],
    ['10.0.0.0/', 'http://10.0.0.0'],
    ['::/129', 'http://[::1]'],
    ['a.test/8', 'http://a.test'],
    ['2001:db8::/32', 'http://[2001:db9::1]'],
    ['2001:db8::/32', 'http://a.test'],
  ])('with %j: %s', (list, url) => {
    expect(covers(list, url)).toBe(false);
  });
});
