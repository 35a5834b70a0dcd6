// A server where each account sees its own orders, and nobody else's.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** Starts it on a free port of the loopback interface. */
export async function startShop() {
  const shop = { origin: '', logins: 0, stop };
  const server = createServer(async (request, response) => {
    const [, account] = (request.url ?? '').split('/');
    if (account !== 'login') {
      response.writeHead(isOf(request, account) ? 200 : 403).end();
      return;
    }
    shop.logins++;
    const name = new URLSearchParams(await text(request)).get('account');
    response.setHeader('Set-Cookie', `${name}=signed-in; Path=/${name}; HttpOnly`).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  shop.origin = `http://127.0.0.1:${port}`;
  return shop;

  async function stop() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/**
 * Whether a request comes with the cookie of that account.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {string | undefined} account
 */
function isOf({ headers }, account) {
  return headers.cookie === `${account}=signed-in`;
}
