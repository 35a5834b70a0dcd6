import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  type Authenticator,
  digestAuth,
  Pool,
  Session,
  UnrewindableBodyError,
} from '../../src/index.js';
import { type ReceivedRequest, startServer } from '../helpers/http-server.js';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Asks for Digest with ever new nonces, and checks the answers (RFC 7616 §3.4). */
class DigestGate {
  readonly realm = 'here';
  /** The nonce that holds, and how often it was used. */
  nonce = 1;
  uses = 0;

  /** Whether the request may pass; if not, it was answered. */
  passes({ method, path, headers }: ReceivedRequest, reply: ServerResponse): boolean {
    const answer = headers.authorization ?? '';
    const { nonce = '', nc = '', cnonce, response, uri } = parametersOf(answer);
    const ha1 = md5(`ada:${this.realm}:secret`);
    const ha2 = md5(`${method}:${path}`);
    const isRight = uri === path && response === md5(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`);
    if (isRight && nonce === String(this.nonce) && Number.parseInt(nc, 16) === this.uses + 1) {
      this.uses++;
      return true;
    }
    const stale = isRight && nonce !== String(this.nonce) ? ', stale=true' : '';
    reply.setHeader('WWW-Authenticate', [
      'Basic realm="x"',
      `Digest realm="${this.realm}", qop="auth", algorithm=MD5, nonce="${this.nonce}"${stale}`,
    ]);
    reply.writeHead(401).end('no');
    return false;
  }

  renew(): void {
    this.nonce++;
    this.uses = 0;
  }
}

function parametersOf(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, quoted, plain]) => [
      name,
      quoted ?? plain,
    ]),
  );
}

async function startDigest() {
  const gate = new DigestGate();
  const server = await startServer((request, reply) => {
    if (!gate.passes(request, reply)) return;
    if (request.path === '/redirect') reply.writeHead(307, { Location: '/there?a=1' }).end();
    else reply.end(`${request.method} ${request.path} ${request.body}`);
  });
  return { gate, server };
}

describe('Digest', () => {
  test('answers the challenge, and from then on needs none', async () => {
    const { server } = await startDigest();
    const session = new Session({ auth: digestAuth('ada', 'secret') });
    const first = await session.post(`${server.url}/a?b=c`, { data: 'x' });
    expect(await first.text()).toBe('POST /a?b=c x');
    expect(first.history.map(({ statusCode }) => statusCode)).toEqual([401]);
    expect(await (first.history[0] as typeof first).text()).toBe('no');
    expect(first.redirected).toBe(false);
    const second = await session.get(`${server.url}/d`);
    expect([second.statusCode, second.history]).toEqual([200, []]);
    expect(server.requests).toHaveLength(3);
    expect(server.connections).toBe(1);
  });

  test('survives redirects, on each of which it signs anew', async () => {
    const { server } = await startDigest();
    const session = new Session({ auth: digestAuth('ada', 'secret') });
    const response = await session.put(`${server.url}/redirect`, { data: 'x' });
    expect(await response.text()).toBe('PUT /there?a=1 x');
    expect(response.redirected).toBe(true);
    expect(response.history.map(({ statusCode }) => statusCode)).toEqual([401, 307]);
    expect(server.requests).toHaveLength(3);
  });

  test('answers again when its nonce is stale', async () => {
    const { gate, server } = await startDigest();
    const session = new Session({ auth: digestAuth('ada', 'secret') });
    await session.get(server.url);
    gate.renew();
    const response = await session.get(server.url);
    expect([response.statusCode, response.history.length]).toEqual([200, 1]);
  });

  test('with a wrong password is a 401, after one attempt', async () => {
    const { server } = await startDigest();
    const auth = digestAuth('ada', 'wrong');
    const response = await new Session().get(server.url, { auth });
    expect([response.statusCode, response.history.length]).toEqual([401, 1]);
    expect(server.requests).toHaveLength(2);
  });

  test('answers with the cookies that the challenge set', async () => {
    const server = await startServer(({ headers }, reply) => {
      if (headers.authorization !== undefined) return reply.end(headers.cookie);
      reply.setHeader('Set-Cookie', 'a=new');
      return reply.writeHead(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }).end();
    });
    const session = new Session({ auth: digestAuth('ada', 'secret') });
    session.cookies.setCookieSync('a=old', server.url);
    expect(await (await session.get(server.url)).text()).toBe('a=new');
    const other = new Session({ auth: digestAuth('ada', 'secret') });
    const byHand = await other.get(server.url, { headers: { Cookie: 'a=hand' } });
    expect(await byHand.text()).toBe('a=hand');
  });

  test('answers without a cookie that the challenge took back', async () => {
    const server = await startServer(({ headers }, reply) => {
      if (headers.authorization !== undefined) return reply.end(headers.cookie ?? 'none');
      reply.setHeader('Set-Cookie', 'a=; Max-Age=0');
      return reply.writeHead(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }).end();
    });
    const session = new Session({ auth: digestAuth('ada', 'secret') });
    session.cookies.setCookieSync('a=old', server.url);
    expect(await (await session.get(server.url)).text()).toBe('none');
  });

  test('answers nobody to whom a redirect led', async () => {
    const { server: there } = await startDigest();
    const here = await startServer((_, reply) =>
      reply.writeHead(302, { Location: there.url }).end(),
    );
    const auth = digestAuth('ada', 'secret');
    const response = await new Session().get(here.url, { auth });
    expect(response.statusCode).toBe(401);
    expect(there.requests).toHaveLength(1);
    expect(there.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  test('counts its nonce over all sessions of a pool', async () => {
    const { server } = await startDigest();
    const auth = digestAuth('ada', 'secret');
    await new Session({ auth }).get(server.url);
    const urls = Array.from({ length: 20 }, (_, i) => `${server.url}/${i}`);
    const session = () => new Session({ auth });
    const pool = Pool.fromUrls(urls, {}, { numProcesses: 1, session });
    await pool.joinAll();
    let count = 0;
    for await (const { statusCode } of pool.responses()) count += statusCode === 200 ? 1 : 0;
    expect(count).toBe(20);
    expect(server.requests).toHaveLength(22);
  });

  test('sends a body again that it can make again, and no other', async () => {
    const { server } = await startDigest();
    const session = new Session();
    const job = () => ({ auth: digestAuth('ada', 'secret') });
    const made = await session.post(server.url, { ...job(), data: () => Readable.from(['a']) });
    expect(await made.text()).toBe('POST / a');
    const failed = session.post(server.url, { ...job(), data: Readable.from(['a']) });
    await expect(failed).rejects.toBeInstanceOf(UnrewindableBodyError);
  });

  test('answers before a streamed response is handed out', async () => {
    const { server } = await startDigest();
    const job = { auth: digestAuth('ada', 'secret'), stream: true };
    const response = await new Session().get(server.url, job);
    expect(() => response.content).toThrow(TypeError);
    expect(await response.text()).toBe('GET / ');
  });
});

test('a Cookie that an auth function sets goes before those of the jar', async () => {
  const server = await startServer();
  const session = new Session({ auth: ({ headers }) => headers.set('Cookie', 'a=signed') });
  session.cookies.setCookieSync('a=jar', server.url);
  await session.get(server.url);
  expect(server.requests[0]?.headers.cookie).toBe('a=signed');
});

describe('an authenticator of your own', () => {
  const counting = (limit: number): Authenticator => {
    let signed = 0;
    return {
      sign: ({ headers }) => headers.set('Authorization', `Attempt ${++signed}`),
      accepts: (challenges, { url }, answers) =>
        challenges.join() === `Attempt realm="${url.pathname}"` && answers < limit,
    };
  };

  test('says how often it answers', async () => {
    const server = await startServer(({ path, headers }, reply) => {
      if (headers.authorization === 'Attempt 4') reply.end();
      else reply.writeHead(401, { 'WWW-Authenticate': `Attempt realm="${path}"` }).end();
    });
    const session = new Session();
    const done = await session.get(`${server.url}/a`, { auth: counting(3) });
    expect([done.statusCode, done.history.length]).toEqual([200, 3]);
    const given = await session.get(`${server.url}/a`, { auth: counting(2) });
    expect([given.statusCode, given.history.length]).toEqual([401, 2]);
  });

  test('is not asked about other statuses', async () => {
    const server = await startServer((_, reply) => reply.writeHead(407).end());
    const auth = { sign: () => undefined, accepts: () => true };
    const response = await new Session().get(server.url, { auth });
    expect(response.history).toEqual([]);
  });
});
