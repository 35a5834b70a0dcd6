import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startHangingListener } from './hanging-listener.js';

test('connecting to a hanging listener neither succeeds nor fails', async () => {
  const port = await startHangingListener();
  const sockets = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
  const signal = AbortSignal.timeout(150);
  for (const socket of sockets)
    await expect(once(socket, 'connect', { signal })).rejects.toThrow('aborted');
  for (const socket of sockets) socket.destroy();
});
