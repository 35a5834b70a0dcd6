import { describe, expect, test } from 'vitest';
import {
  InvalidURLError,
  ResponseTooLargeError,
  Session,
  TooManyRedirectsError,
} from '../../src/index.js';
import { fails, gives, type HostileCase, play } from '../helpers/hostile-case.js';
import { type Script, says, startHostileServer } from '../helpers/hostile-server.js';

const found = (headers: string, body = '') =>
  `HTTP/1.1 302 Found\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const to = (location: string) => found(`Location: ${location}\r\n`);
const pathOf = (request: string) => request.split(' ', 2)[1] as string;

/** Answers `/n` with a redirect to `/n+1`, up to the last one. */
const chain =
  (last: number): Script =>
  (socket, request) => {
    const number = Number(pathOf(request).slice(1));
    socket.write(
      number < last ? to(`/${number + 1}`) : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast',
    );
  };

describe('a redirect', () => {
  const tooMany = fails(TooManyRedirectsError, 'ERR_TOO_MANY_REDIRECTS');
  const nowhere = fails(InvalidURLError, 'ERR_INVALID_URL');
  const hops = (count: number) =>
    gives(200, 'last', ({ history }) => expect(history).toHaveLength(count));

  test.each<HostileCase>([
    ['to itself', says(to('/'), 'wait'), tooMany],
    ['to itself on a new connection each time', says(to('/')), tooMany],
    ['to itself with another fragment', says(to('#a'), 'wait'), tooMany],
    ['to itself by its query', says(to('?'), 'wait'), tooMany],
    [
      'there and back',
      (socket, request) => socket.write(to(pathOf(request) === '/' ? '/back' : '/')),
      tooMany,
    ],
    ['that grows', (socket, request) => socket.write(to(`${pathOf(request)}x`)), tooMany],
    ['of a chain of 30', chain(30), hops(30)],
    ['of a chain of 31', chain(31), tooMany],
    ['of a chain without end', chain(Infinity), tooMany],
    ['of a chain of 3 where 2 are too many', chain(3), tooMany, { job: { maxRedirects: 2 } }],
    [
      'where none are to be followed',
      says(to('/'), 'wait'),
      gives(302, ''),
      {
        job: { allowRedirects: false },
      },
    ],
    ['without a Location', says(found(''), 'wait'), gives(302, '')],
    ['to an empty Location', says(to(''), 'wait'), gives(302, '')],
    ['to a file', says(to('file:///etc/passwd'), 'wait'), nowhere],
    ['to a script', says(to('javascript:alert(1)'), 'wait'), nowhere],
    ['to what has a tab in it', says(to('/a\tb'), 'wait'), nowhere],
    ['to data', says(to('data:,x'), 'wait'), nowhere],
    ['to no host', says(to('http://'), 'wait'), nowhere],
    ['to a port that is none', says(to('http://127.0.0.1:99999/'), 'wait'), nowhere],
    [
      'whose body is not what it says',
      says(found('Location: /ok/next\r\nContent-Encoding: gzip\r\n', 'no gzip'), 'wait'),
      gives(200, '/ok/next'),
    ],
    [
      'that is followed by another response',
      says(to('/ok/next') + to('/ok/poison'), 'wait'),
      gives(200, '/ok/next'),
    ],
    [
      'to 60 kB',
      says(to(`/ok/${'x'.repeat(60_000)}`), 'wait'),
      gives(200, `/ok/${'x'.repeat(60_000)}`),
    ],
    [
      'whose body is too large',
      says(found('Location: /ok/next\r\n', 'x'.repeat(100)), 'wait'),
      fails(ResponseTooLargeError, 'ERR_RESPONSE_TOO_LARGE'),
      { job: { maxResponseSize: 10 } },
    ],
  ])('%s', play);

  test('too many ends with the last one and the history of the others', async () => {
    const server = await startHostileServer(chain(Infinity));
    const session = new Session();
    const error = await session.get(`${server.url}/0`).catch((reason) => reason);
    expect(error).toBeInstanceOf(TooManyRedirectsError);
    const { response } = error;
    expect(response.url).toBe(`${server.url}/30`);
    expect(response.history.map(({ url }: { url: string }) => url)).toEqual(
      Array.from({ length: 30 }, (_, i) => `${server.url}/${i}`),
    );
    expect(server.connections).toBe(1);
    await session.close();
  });

  test('cannot add a line to the next request', async () => {
    const received: string[] = [];
    const server = await startHostileServer((socket, request) => {
      received.push(request);
      socket.write(
        received.length === 1 ? to('/a b%0D%0AX-Injected:%20c') : 'HTTP/1.1 204 No Content\r\n\r\n',
        'latin1',
      );
    });
    const session = new Session();
    await session.get(server.url);
    const [line] = received[1]?.split('\r\n') ?? [];
    expect(line).toBe('GET /a%20b%0D%0AX-Injected:%20c HTTP/1.1');
    expect(received[1]).not.toMatch(/^X-Injected/m);
    await session.close();
  });
});
