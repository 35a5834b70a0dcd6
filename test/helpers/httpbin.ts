import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** How long `/delay/1` takes here, in milliseconds. */
const DELAY = 20;

/** What an endpoint is called with; `parameters` are the groups of its path. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly parameters: readonly string[];
  readonly data: string;
  /** How often this path was asked for before. */
  readonly visits: number;
}

type Endpoint = (call: Call) => unknown;

/**
 * A server on loopback with httpbin.org's endpoints, as far as the documentation's examples use them.
 *
 * @param tls to be spoken to by TLS
 */
export async function serveHttpbin(tls?: TlsOptions): Promise<Server> {
  const answer = listener();
  const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function listener() {
  const visits = new Map<string, number>();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const data = await text(request);
    const url = new URL(`http://${request.headers.host}${request.url}`);
    const before = visits.get(url.pathname) ?? 0;
    visits.set(url.pathname, before + 1);
    for (const [pattern, endpoint] of ENDPOINTS) {
      const match = new RegExp(`^${pattern}$`).exec(url.pathname);
      const parameters = match?.slice(1) ?? [];
      if (match) {
        await endpoint({ request, response, url, data, parameters, visits: before });
        return;
      }
    }
    sendJSON(response, { error: 'not found' }, 404);
  };
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const ENDPOINTS: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  ['/', ({ response }) => response.end('<h1>Hello</h1>')],
  ['/(?:get|post|put|patch|delete|anything|headers|pages)', echo],
  ['/status/(\\d+)', ({ response, parameters: [code] }) => response.writeHead(Number(code)).end()],
  [
    '/delay/(\\d+)',
    async (call) => {
      await setTimeout(Number(call.parameters[0]) * DELAY, undefined, { ref: false });
      await echo(call);
    },
  ],
  ['/redirect/(\\d+)', ({ response, parameters: [n] }) => redirect(response, redirectPath(n))],
  [
    '/redirect-to',
    ({ response, url }) =>
      redirect(
        response,
        url.searchParams.get('url') ?? '',
        Number(url.searchParams.get('status_code') ?? 302),
      ),
  ],
  ['/cookies', ({ request, response }) => sendJSON(response, { cookies: cookiesOf(request) })],
  [
    '/cookies/set',
    ({ response, url }) => {
      response.setHeader(
        'Set-Cookie',
        [...url.searchParams].map(([k, v]) => `${k}=${v}; Path=/`),
      );
      redirect(response, '/cookies');
    },
  ],
  ['/basic-auth/(\\w+)/(\\w+)', basicAuth],
  ['/digest-auth/auth/(\\w+)/(\\w+)', digestAuth],
  ['/bearer', bearer],
  ['/gzip', compressed('gzip', gzipSync)],
  ['/deflate', compressed('deflate', deflateSync)],
  ['/brotli', compressed('br', brotliCompressSync)],
  [
    '/response-headers',
    ({ response, url }) => {
      for (const [name, value] of url.searchParams) response.appendHeader(name, value);
      sendJSON(response, {});
    },
  ],
  ['/bytes/(\\d+)', ({ response, parameters: [n] }) => response.end(Buffer.alloc(Number(n), 7))],
  [
    '/stream/(\\d+)',
    ({ response, parameters: [n] }) => {
      for (let id = 0; id < Number(n); id++) response.write(`${JSON.stringify({ id })}\n`);
      response.end();
    },
  ],
  ['/encoding/utf8', ({ response }) => response.end('∮ E⋅da = Q\n')],
  // Beyond httpbin's: small resources, and some that break.
  ['/users/(\\w+)', ({ response, parameters: [login] }) => sendJSON(response, { login })],
  ['/repos/(\\w+/\\w+)', ({ response, parameters: [name] }) => sendJSON(response, { name })],
  [
    '/(?:data|items)/(\\d+)',
    ({ response, parameters: [id] }) => sendJSON(response, { id: Number(id) }),
  ],
  ['/(\\w+)-endpoint', echo],
  ['/pages/(\\d+)', ({ response, parameters: [n] }) => sendJSON(response, page(Number(n)))],
  [
    '/flaky/(\\d+)',
    ({ request, response, parameters: [id], visits }) =>
      visits === 0 ? request.socket.destroy() : sendJSON(response, { id: Number(id) }),
  ],
  ['/unsteady/(\\d+)', refuseOnce(503)],
  ['/limited/(\\d+)', refuseOnce(429, { 'Retry-After': '1' })],
  [
    '/members/login',
    ({ response, visits }) =>
      response.writeHead(200, { 'Set-Cookie': `member=${visits}; Path=/` }).end(),
  ],
  [
    '/members/(\\d+)',
    ({ request, response, parameters: [id] }) =>
      cookiesOf(request).member === '0' && Number(id) > 2
        ? sendJSON(response, { error: 'banned' }, 403)
        : sendJSON(response, { id: Number(id) }),
  ],
  ['/cut-off', ({ request, response }) => cutOff(request, response)],
  [
    '/not-gzip',
    ({ response }) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('plain text'),
  ],
];

async function echo({ request, response, url, data }: Call): Promise<void> {
  const type = request.headers['content-type'] ?? '';
  sendJSON(response, {
    method: request.method,
    url: url.href,
    args: Object.fromEntries(url.searchParams),
    headers: headersOf(request),
    ...(/urlencoded|multipart/.test(type) ? await formOf(data, type) : { data, form: {} }),
    json: type.includes('json') && data !== '' ? JSON.parse(data) : null,
  });
}

/** A form's fields, and of its files the text. */
async function formOf(data: string, type: string) {
  const received = new Response(data, { headers: { 'Content-Type': type } });
  const form: Record<string, string> = {};
  const files: Record<string, string> = {};
  for (const [name, value] of await received.formData())
    if (typeof value === 'string') form[name] = value;
    else files[name] = await value.text();
  return { data: '', form, files };
}

function sendJSON(response: ServerResponse, value: unknown, statusCode = 200): void {
  response.writeHead(statusCode, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}

function redirect(response: ServerResponse, location: string, statusCode = 302): void {
  response.writeHead(statusCode, { Location: location }).end();
}

function redirectPath(n = '0'): string {
  return Number(n) > 1 ? `/redirect/${Number(n) - 1}` : '/get';
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]).toLowerCase();
    headers[name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())] = String(rawHeaders[i + 1]);
  }
  return headers;
}

function cookiesOf({ headers: { cookie } }: IncomingMessage): Record<string, string> {
  return Object.fromEntries((cookie?.split('; ') ?? []).map((pair) => pair.split('=')));
}

function basicAuth({ request, response, parameters: [user = '', password = ''] }: Call): void {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const authenticated = request.headers.authorization === expected;
  sendJSON(response, authenticated ? { authenticated, user } : {}, authenticated ? 200 : 401);
}

/** RFC 7616 with MD5. */
function digestAuth({ request, response, parameters: [user = '', password = ''] }: Call): void {
  const [realm, nonce] = ['httpbin', 'of-this-server'];
  const given = new Map(
    [...(request.headers.authorization ?? '').matchAll(/(\w+)="?([^",]*)/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
  const secret = md5(`${user}:${realm}:${password}`);
  const asked = md5(`${request.method}:${request.url}`);
  const proof = md5(`${secret}:${nonce}:${given.get('nc')}:${given.get('cnonce')}:auth:${asked}`);
  const authenticated = given.get('response') === proof;
  if (!authenticated)
    response.setHeader(
      'WWW-Authenticate',
      `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=MD5`,
    );
  sendJSON(response, authenticated ? { authenticated, user } : {}, authenticated ? 200 : 401);
}

function md5(value: string): string {
  return createHash('md5').update(value).digest('hex');
}

function bearer({ request, response }: Call): void {
  const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const authenticated = token !== undefined;
  sendJSON(response, authenticated ? { authenticated, token } : {}, authenticated ? 200 : 401);
}

function compressed(coding: string, compress: (body: string) => Buffer): Endpoint {
  return ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': coding });
    response.end(compress(JSON.stringify({ coding })));
  };
}

/** A site of seven pages, a binary tree. */
function page(n: number): { title: string; links: string[] } {
  const below = n < 4 ? [2 * n, 2 * n + 1] : [];
  return { title: `Page ${n}`, links: below.map((child) => `/pages/${child}`) };
}

/** Answers like `/items/1`, but the first time. */
function refuseOnce(statusCode: number, headers: Record<string, string> = {}): Endpoint {
  return ({ response, parameters: [id], visits }) => {
    if (visits === 0) response.writeHead(statusCode, headers).end();
    else sendJSON(response, { id: Number(id) });
  };
}

function cutOff(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 100 });
  response.write('only this', () => request.socket.destroy());
}
