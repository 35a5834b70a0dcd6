import { createServer, type Server, type Socket } from 'node:net';

type Credentials = readonly [user: string, password: string];

export interface SocksOptions {
  readonly credentials: Credentials | undefined;
  /** Is called once a client may go on, or is sent away, with what it gave. */
  readonly greeted: (credentials: Credentials | undefined) => void;
  /** Is called with what a client asks to be led to. */
  readonly asked: (socket: Socket, authority: string, accept: () => void) => void;
}

/** A server that speaks as much of RFC 1928 and RFC 1929 as a client can ask of it: CONNECT. */
export function startSocks(options: SocksOptions): Server {
  return createServer((socket) => {
    // What goes wrong has no one to tell: the client sees its connection closed.
    serve(socket, options).catch(() => socket.destroy());
  });
}

async function serve(socket: Socket, { credentials, greeted, asked }: SocksOptions) {
  const [, count = 0] = await take(socket, 2);
  const methods = await take(socket, count);
  const method = credentials === undefined ? 0 : 2;
  if (!methods.includes(method)) {
    greeted(undefined);
    socket.end(Buffer.from([5, 0xff]));
    return;
  }
  socket.write(Buffer.from([5, method]));
  const given = method === 2 ? await takeCredentials(socket) : undefined;
  greeted(given);
  if (given?.join() !== credentials?.join()) {
    socket.end(Buffer.from([1, 1]));
    return;
  }
  if (given !== undefined) socket.write(Buffer.from([1, 0]));
  const authority = await takeAuthority(socket);
  asked(socket, authority, () => socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
}

async function takeCredentials(socket: Socket): Promise<Credentials> {
  await take(socket, 1);
  return [(await takeText(socket)).toString(), (await takeText(socket)).toString()];
}

async function takeAuthority(socket: Socket): Promise<string> {
  const [, , , type = 0] = await take(socket, 4);
  const host = await takeHost(socket, type);
  return `${host}:${(await take(socket, 2)).readUInt16BE()}`;
}

async function takeHost(socket: Socket, type: number): Promise<string> {
  if (type === 3) return (await takeText(socket)).toString();
  if (type === 1) return (await take(socket, 4)).join('.');
  const hex = (await take(socket, 16)).toString('hex').match(/.{4}/g) as string[];
  return new URL(`http://[${hex.join(':')}]`).hostname;
}

async function takeText(socket: Socket): Promise<Buffer> {
  return take(socket, (await take(socket, 1)).readUInt8());
}

/** One listener for all of the wait: a new one is told at once of bytes that are too few. */
function take(socket: Socket, size: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const look = () => {
      const bytes: Buffer | null = size === 0 ? Buffer.alloc(0) : socket.read(size);
      if (bytes === null) return;
      socket.off('readable', look);
      resolve(bytes);
    };
    socket.on('readable', look);
    look();
  });
}
