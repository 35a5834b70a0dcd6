import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
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

/** A server on loopback with httpbin.org's endpoints, as far as the documentation's examples use them. */
export async function serveHttpbin(): Promise<Server> {
  const visits = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const data = await text(request);
    const url = new URL(`http://${request.headers.host}${request.url}`);
    const before = visits.get(url.pathname) ?? 0;
    visits.set(url.pathname, before + 1);
    for (const [pattern, endpoint] of ENDPOINTS) {
      const match = new RegExp(`^${pattern}$`).exec(url.pathname);
      const call = {
        request,
        response,
        url,
        data,
        parameters: match?.slice(1) ?? [],
        visits: before,
      };
      if (match) {
        endpoint(call);
        return;
      }
    }
    sendJSON(response, { error: 'not found' }, 404);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
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
      echo(call);
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
  ['/cut-off', ({ request, response }) => cutOff(request, response)],
  [
    '/not-gzip',
    ({ response }) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('plain text'),
  ],
];

function echo({ request, response, url, data }: Call): void {
  const type = request.headers['content-type'] ?? '';
  sendJSON(response, {
    method: request.method,
    url: url.href,
    args: Object.fromEntries(url.searchParams),
    headers: headersOf(request),
    data,
    form: type.includes('urlencoded') ? Object.fromEntries(new URLSearchParams(data)) : {},
    json: type.includes('json') && data !== '' ? JSON.parse(data) : null,
  });
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

function cutOff(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 100 });
  response.write('only this', () => request.socket.destroy());
}
