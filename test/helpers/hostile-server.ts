import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type RawServer, type RawServerOptions, startRawServer } from './raw-server.js';

/** What a server does on a socket when a request has come. */
export type Script = (socket: Socket, received: string) => unknown;

/**
 * A server that follows `script` at every request but those below `/ok/`: these it answers as it
 * should, with their own path, so that an answer that is taken for another's is seen.
 */
export function startHostileServer(script: Script, options?: RawServerOptions): Promise<RawServer> {
  return startRawServer((socket, received) => {
    const path = /^GET (\/ok\/\S*) HTTP\/1\.1\r\n/.exec(received)?.[1];
    if (path === undefined) script(socket, received);
    else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
  }, options);
}

/** What a server does once it has said all that it says. */
export type Ending = 'close' | 'reset' | 'wait';

/** Says the same at each request. */
export function says(bytes: string | Buffer, ending: Ending = 'close'): Script {
  return (socket) => {
    if (ending === 'close') socket.end(bytes, 'latin1');
    else socket.write(bytes, 'latin1', () => ending === 'reset' && void resetLater(socket));
  };
}

/**
 * Two turns later, so that the other side, in this process, has read what came before: libuv takes
 * a reset that comes with the last bytes for a plain end.
 */
async function resetLater(socket: Socket): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await setImmediate();
  socket.resetAndDestroy();
}

/** Says `start`, and then `more` again and again, as fast as it is read. */
export function repeats(start: string, more: string | Buffer): Script {
  return (socket) => {
    const write = () => {
      while (socket.writable && socket.write(more, 'latin1'));
    };
    socket.on('drain', write);
    socket.write(start, 'latin1');
    write();
  };
}

/** Says `start`, and then each of `pieces` after a pause of `gap` milliseconds. */
export function drips(start: string, pieces: Iterable<string>, gap: number): Script {
  return async (socket) => {
    socket.write(start, 'latin1');
    for (const piece of pieces) {
      await setTimeout(gap);
      if (!socket.writable) return;
      socket.write(piece, 'latin1');
    }
  };
}
