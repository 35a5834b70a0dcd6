import type { Socket } from 'node:net';

/** What undici calls errors of its own making. */
const NEUTRAL = 'UND_ERR_SOCKET';

/**
 * Makes the other side's resets errors, whatever came before. To be called before undici has the
 * socket, so that what is here hears of them first:
 *
 * 1. For undici a reset is the end of a body that has no other, so that a short one would pass for
 *    whole; and of a body that waits for its reader, it throws out of the event. With another code
 *    it lets the error be; the code is back when the error is told.
 * 2. libuv takes a reset that comes with the last data for an ordinary end. But the socket has
 *    lost its address then.
 */
export function watchForResets(socket: Socket): void {
  socket.prependListener('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') return;
    error.code = NEUTRAL;
    process.nextTick(() => {
      error.code = 'ECONNRESET';
    });
  });
  socket.prependListener('end', () => {
    if (socket.remoteAddress === undefined) socket.destroy(resetError());
  });
}

function resetError(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
