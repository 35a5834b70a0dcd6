import { describe, expect, test, vi } from 'vitest';
import { ProxyEnvironment } from '../../src/connect/proxies.js';
import { InvalidJobError } from '../../src/errors.js';

const proxyFor = (url: string, env: Record<string, string>) =>
  ProxyEnvironment.read(env).proxyFor(new URL(url))?.host;

describe('the environment names', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['http://a.test', { http_proxy: 'http://lower' }, 'lower'],
    ['http://a.test', { HTTP_PROXY: 'http://upper' }, 'upper'],
    ['http://a.test', { http_proxy: 'http://lower', HTTP_PROXY: 'http://upper' }, 'lower'],
    ['http://a.test', { http_proxy: '', HTTP_PROXY: 'http://upper' }, undefined],
    ['http://a.test', { https_proxy: 'http://lower' }, undefined],
    ['https://a.test', { https_proxy: 'http://lower' }, 'lower'],
    ['https://a.test', { http_proxy: 'http://lower' }, undefined],
    ['https://a.test', { HTTPS_PROXY: 'http://upper' }, 'upper'],
    ['https://a.test', { all_proxy: 'http://all' }, 'all'],
    ['http://a.test', { ALL_PROXY: 'http://all', HTTP_PROXY: 'http://upper' }, 'upper'],
    ['http://a.test', { ALL_PROXY: 'http://all', all_proxy: '' }, undefined],
    ['http://a.test', { ALL_PROXY: 'http://all', http_proxy: '' }, 'all'],
    ['http://a.test', { HTTP_PROXY: ' \t' }, undefined],
    ['http://a.test', { HTTP_PROXY: ' upper:1 ' }, 'upper:1'],
  ])('for %s in %o the proxy %s', (url, env, proxy) => {
    expect(proxyFor(url, env)).toBe(proxy);
  });

  test('no HTTP_PROXY in a CGI script, where it is a header of the request', () => {
    const cgi = { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://upper', HTTPS_PROXY: 'http://secure' };
    expect(proxyFor('http://a.test', cgi)).toBeUndefined();
    expect(proxyFor('https://a.test', cgi)).toBe('secure');
    expect(proxyFor('http://a.test', { ...cgi, http_proxy: 'http://lower' })).toBe('lower');
    expect(proxyFor('http://a.test', { ...cgi, all_proxy: 'http://all' })).toBe('all');
  });

  test("the process's proxies unless told otherwise", () => {
    vi.stubEnv('http_proxy', 'http://stubbed');
    vi.stubEnv('no_proxy', '');
    vi.stubEnv('NO_PROXY', '');
    try {
      expect(ProxyEnvironment.read().proxyFor(new URL('http://a.test'))?.host).toBe('stubbed');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

test.each<[Record<string, string>, boolean]>([
  [{}, true],
  [{ http_proxy: '', NO_PROXY: 'a.test' }, true],
  [{ https_proxy: 'http://proxy' }, false],
  [{ ALL_PROXY: 'http://proxy', NO_PROXY: '*' }, false],
])('isEmpty of %o is %s', (env, isEmpty) => {
  expect(ProxyEnvironment.read(env).isEmpty).toBe(isEmpty);
});

describe('a malformed variable', () => {
  const env = { HTTP_PROXY: 'http://user:secret@:1', https_proxy: 'proxy', NO_PROXY: 'b.test' };

  test('is an error that names it, without credentials, when it would be used', () => {
    const environment = ProxyEnvironment.read(env);
    expect(() => environment.proxyFor(new URL('http://a.test'))).toThrow(
      new InvalidJobError(
        "HTTP_PROXY must be an http, https, socks5 or socks5h URL with a host, got 'http://***@:1'",
      ),
    );
  });

  test('disturbs no others', () => {
    expect(proxyFor('https://a.test', env)).toBe('proxy');
    expect(proxyFor('http://b.test', env)).toBeUndefined();
  });
});

describe('no_proxy', () => {
  test('in lower case wins, unless it is empty', () => {
    const env = { http_proxy: 'http://proxy', NO_PROXY: 'upper.test' };
    expect(proxyFor('http://upper.test', env)).toBeUndefined();
    expect(proxyFor('http://upper.test', { ...env, no_proxy: 'lower.test' })).toBe('proxy');
    expect(proxyFor('http://lower.test', { ...env, no_proxy: 'lower.test' })).toBeUndefined();
    expect(proxyFor('http://upper.test', { ...env, no_proxy: '' })).toBeUndefined();
  });
});
