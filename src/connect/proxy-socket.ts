import type { Socket } from 'node:net';
import { ProxyFailure } from './proxy-failure.js';

/**
 * The next `size` bytes that come, or those that there are; the rest stays in the socket, for who
 * reads it next. Nothing comes once the socket is closed: see `whileOpen`.
 */
export function receive(socket: Socket, size?: number): Promise<Buffer> {
  return new Promise((resolve) => {
    // One listener for all of the wait: a new one is told at once of bytes that are too few.
    const take = () => {
      const bytes: Buffer | null = socket.read(size);
      // At its end a stream gives what it has, even if that is less.
      if (bytes === null || bytes.length < (size ?? 1)) return;
      socket.off('readable', take);
      resolve(bytes);
    };
    socket.on('readable', take);
    take();
  });
}

/**
 * Settles as `work` does, or rejects when the socket closes before. It leaves no listener.
 *
 * @throws ProxyFailure
 */
export function whileOpen(proxy: URL, socket: Socket, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(closedBy(proxy, socket));
    socket.once('close', closed);
    work.finally(() => socket.off('close', closed)).then(resolve, reject);
  });
}

function closedBy(proxy: URL, { errored }: Socket): ProxyFailure {
  return errored === null
    ? new ProxyFailure(proxy, 'closed the connection before it was through', 'ERR_PROXY_CLOSED')
    : ProxyFailure.of(proxy, errored);
}
