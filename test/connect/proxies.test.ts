import { describe, expect, test } from 'vitest';
import { checkProxies, type Proxies, selectProxy } from '../../src/connect/proxies.js';
import {
  credentialsOf,
  parseProxy,
  proxyAuthorization,
  proxyPort,
} from '../../src/connect/proxy-url.js';
import { InvalidJobError } from '../../src/errors.js';

const hostOf = (url: string, proxies: Proxies) => selectProxy(new URL(url), proxies)?.hostname;

describe('selectProxy', () => {
  test('takes one URL for all requests, as a string or a URL', () => {
    expect(hostOf('http://a.test/', 'http://proxy')).toBe('proxy');
    expect(hostOf('https://a.test/', new URL('http://proxy'))).toBe('proxy');
  });

  test('takes null for none', () => {
    expect(selectProxy(new URL('http://a.test/'), null)).toBeNull();
    expect(selectProxy(new URL('http://a.test/'), { http: null, all: 'http://all' })).toBeNull();
  });

  test.each<[string, string | undefined]>([
    ['http://a.test/', 'http-a'],
    ['http://a.test:8080/path?q', 'http-a'],
    ['http://A.test/', 'http-a'],
    ['http://b.a.test/', 'http'],
    ['https://a.test/', 'https'],
    ['https://[::1]:443/', 'v6'],
  ])('asks the most exact key first: %s', (url, proxy) => {
    const proxies = {
      all: 'all',
      'all://a.test': 'all-a',
      http: 'http',
      'http://a.test': 'http-a',
      https: 'https',
      'https://[::1]': 'v6',
    };
    expect(hostOf(url, proxies)).toBe(proxy);
  });

  test('asks a host of any scheme before any host of any scheme', () => {
    const proxies = { all: 'all', 'all://a.test': 'all-a' };
    expect(hostOf('http://a.test/', proxies)).toBe('all-a');
    expect(hostOf('http://b.test/', proxies)).toBe('all');
    expect(hostOf('http://a.test/', { ...proxies, http: 'http' })).toBe('http');
  });

  test('gives undefined where nothing is said', () => {
    expect(selectProxy(new URL('http://a.test/'), {})).toBeUndefined();
    expect(selectProxy(new URL('http://a.test/'), { https: 'http://proxy' })).toBeUndefined();
    const unset = { http: undefined } as unknown as Proxies;
    expect(selectProxy(new URL('http://a.test/'), unset)).toBeUndefined();
    expect(() => checkProxies(unset)).not.toThrow();
  });

  test('throws for what is no proxy', () => {
    expect(() => selectProxy(new URL('http://a.test/'), 'ftp://proxy')).toThrow(InvalidJobError);
  });
});

describe('a proxy without a scheme is http', () => {
  test.each([
    ['127.0.0.1:3128', 'http://127.0.0.1:3128/'],
    ['localhost:3128', 'http://localhost:3128/'],
    ['proxy.test', 'http://proxy.test/'],
    ['//proxy.test:1', 'http://proxy.test:1/'],
    ['user:password@proxy.test:1', 'http://user:password@proxy.test:1/'],
    [' proxy.test ', 'http://proxy.test/'],
    ['[::1]:3128', 'http://[::1]:3128/'],
  ])('%s', (input, href) => {
    expect(parseProxy(input).href).toBe(href);
  });
});

test.each([
  ['http://proxy', 80],
  ['https://proxy', 443],
  ['socks5://proxy', 1080],
  ['socks5h://proxy', 1080],
  ['SOCKS5://proxy', 1080],
  ['socks5://proxy:80', 80],
  ['http://proxy:3128', 3128],
])('%s is spoken to at port %i', (url, port) => {
  expect(proxyPort(parseProxy(url))).toBe(port);
});

describe("a proxy's credentials", () => {
  test.each([
    ['http://proxy', '', ''],
    ['http://us%40er:p%3A%2Fw@proxy', 'us@er', 'p:/w'],
    ['socks5://%C3%BC:%E2%82%AC@proxy', 'ü', '€'],
    ['http://user@proxy', 'user', ''],
    ['http://:word@proxy', '', 'word'],
    ['http://%ff:p%@proxy', '%ff', 'p%'],
  ])('of %s are decoded', (url, user, password) => {
    expect(credentialsOf(parseProxy(url))).toEqual([user, password]);
  });

  test.each([
    ['http://proxy', undefined],
    ['http://user@proxy', 'user:'],
    ['http://:word@proxy', ':word'],
    ['http://%C3%BC:p%3Aw@proxy', 'ü:p:w'],
  ])('of %s are sent as Basic', (url, expected) => {
    const sent = proxyAuthorization(parseProxy(url));
    const decoded = sent && Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString();
    expect(decoded).toBe(expected);
  });
});

describe('checkProxies accepts', () => {
  test.each<[Proxies]>([
    [null],
    ['http://user:password@127.0.0.1:3128/'],
    [new URL('socks5h://127.0.0.1')],
    [{}],
    [Object.assign(Object.create(null), { http: 'proxy:1' })],
    [{ http: null, https: 'https://proxy', all: new URL('socks5://proxy') }],
    [{ 'http://a.test': 'proxy', 'https://127.0.0.1': 'proxy', 'all://[::1]': null }],
    [`socks5://${'u'.repeat(255)}:${'p'.repeat(255)}@proxy`],
    [`http://${'u'.repeat(300)}@proxy`],
  ])('%o', (proxies) => {
    expect(() => checkProxies(proxies)).not.toThrow();
  });
});

describe('checkProxies refuses', () => {
  const url = 'must be an http, https, socks5 or socks5h URL with a host';
  const key =
    'proxies: a key must be http, https or all, or one of them with a host in lower case and without a port, such as https://example.com';
  test.each<[unknown, string]>([
    [undefined, `proxies ${url}, got undefined`],
    [3128, `proxies ${url}, got number`],
    ['http:/proxy:3128', `proxies ${url}, got 'http:/proxy:3128'`],
    ['http:///proxy:3128', `proxies ${url}, got 'http:///proxy:3128'`],
    ['http:u:secret@proxy', `proxies ${url}, got '***@proxy'`],
    ['http://proxy\\@other', `proxies ${url}, got 'http://***@other'`],
    ['http://proxy\r\nother', `proxies ${url}, got 'http://proxy\\r\\nother'`],
    ['"http://proxy"', `proxies ${url}, got '"http://proxy"'`],
    ['http://a%3Ab@proxy', 'the user of Basic authentication can have no colon (RFC 7617 §2)'],
    ['', `proxies ${url}, got ''`],
    ['ftp://proxy', `proxies ${url}, got 'ftp://proxy'`],
    ['socks4://proxy', `proxies ${url}, got 'socks4://proxy'`],
    ['socks5://', `proxies ${url}, got 'socks5://'`],
    ['http://proxy:99999', `proxies ${url}, got 'http://proxy:99999'`],
    [new URL('ws://user:secret@proxy'), `proxies ${url}, got 'ws://***@proxy/'`],
    [['http://user:secret@proxy'], 'proxies must be a URL, null or a record, got Array'],
    [new Map(), 'proxies must be a URL, null or a record, got Map'],
    [{ http: 'http://' }, `proxies['http'] ${url}, got 'http://'`],
    [{ all: ['secret'] }, `proxies['all'] ${url}, got Array`],
    [{ htp: null }, `${key}, got 'htp'`],
    [{ ftp: 'http://proxy' }, `${key}, got 'ftp'`],
    [{ 'http://a.test:80': null }, `${key}, got 'http://a.test:80'`],
    [{ 'http://A.test': null }, `${key}, got 'http://A.test'`],
    [{ 'http://a.test/': null }, `${key}, got 'http://a.test/'`],
    [{ 'http://a b': null }, `${key}, got 'http://a b'`],
    [{ 'http://user:secret@proxy': null }, `${key}, got 'http://***@proxy'`],
  ])('%o', (proxies, message) => {
    expect(() => checkProxies(proxies as Proxies)).toThrow(new InvalidJobError(message));
  });

  test.each([
    ['http://user:sec/ret@proxy:1', "'http://***@proxy:1'"],
    ['user:sec@ret@proxy:x', "'***@proxy:x'"],
    ['user:sec/ret@proxy:1', "'***@proxy:1'"],
    ['http://user:sec ret@proxy:x', "'http://***@proxy:x'"],
    ["http://us'er:secret\n@proxy:x", "'http://***@proxy:x'"],
    [`ftp://user:${'secret'.repeat(50)}@proxy`, "'ftp://***@proxy'"],
  ])('%j without its credentials', (proxies, shown) => {
    expect(() => checkProxies(proxies)).toThrow(`got ${shown}`);
    expect(() => checkProxies({ all: proxies })).toThrow(`got ${shown}`);
  });

  test.each([`${'secret'.repeat(50)}:`, `:${'secret'.repeat(50)}`, `user:${'ü'.repeat(128)}`])(
    'credentials that SOCKS cannot carry: %s',
    (credentials) => {
      const message = 'proxies: SOCKS takes a user and a password of up to 255 bytes each';
      expect(() => checkProxies(`socks5://${credentials}@proxy`)).toThrow(message);
      expect(() => checkProxies(`socks5h://${credentials}@proxy`)).not.toThrow('secret');
    },
  );
});
