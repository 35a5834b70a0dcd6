import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type Ending, startHostileServer } from './hostile-server.js';

/** Bytes in latin1, and how they are sent. */
export interface Piecewise {
  readonly pieces: readonly string[];
  readonly ending: Ending;
}

/** Sends answers in pieces, each answer at a path of its own; gone when the test ends. */
export class PiecewiseServer {
  url = '';
  port = 0;
  readonly #answers: Piecewise[] = [];
  /** What is being sent, by the number of the answer. */
  readonly #sending = new Map<number, Promise<void>[]>();
  #countOpen!: () => number;

  static async start(): Promise<PiecewiseServer> {
    const server = new PiecewiseServer();
    const raw = await startHostileServer((socket, request) => {
      server.#answer(socket, Number(/^[A-Z]+ \/(\d+)/.exec(request)?.[1]));
    });
    server.url = raw.url;
    server.port = raw.port;
    server.#countOpen = () => raw.openConnections;
    return server;
  }

  get openConnections(): number {
    return this.#countOpen();
  }

  /** @returns the path, below which the answer is the same whatever the query */
  add(answer: Piecewise): string {
    return `/${this.#answers.push(answer) - 1}`;
  }

  /** Resolves when nothing more will be said on the path. */
  async hasSaid(path: string): Promise<void> {
    await Promise.all(this.#sending.get(Number(path.slice(1))) ?? []);
  }

  #answer(socket: Socket, number: number): void {
    const answer = this.#answers[number];
    if (answer === undefined) {
      socket.destroy();
      return;
    }
    const sending = this.#sending.get(number) ?? [];
    this.#sending.set(number, sending);
    sending.push(send(socket, answer));
  }
}

/** Each piece in a turn of its own. Resolves when the other side, in this process, has seen the end. */
async function send(socket: Socket, { pieces, ending }: Piecewise): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return;
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
    await setImmediate();
  }
  if (ending === 'reset') socket.resetAndDestroy();
  else if (ending === 'close') await new Promise<void>((resolve) => socket.end(resolve));
  for (let turn = 0; turn < 2; turn++) await setImmediate();
}
