// The upstream, a process of its own: a small JSON answer for whatever is asked.
import { createServer } from 'node:http';

const body = Buffer.from(
  JSON.stringify({ id: 7, name: 'session-pool', tags: ['a', 'b', 'c'], nested: { ok: true } }),
);

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
