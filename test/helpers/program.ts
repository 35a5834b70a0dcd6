import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A Node.js program beside the test, which exchanges messages with it; gone when the test ends. */
export class Program {
  /** Resolves when it has exited; null if a signal ended it. */
  readonly exitCode: Promise<number | null>;
  readonly #process: ChildProcess;

  /** @param execArgv options of Node's own */
  constructor(url: URL, args: readonly unknown[], execArgv: readonly string[] = []) {
    this.#process = fork(url, args.map(String), {
      execArgv: [...execArgv],
      serialization: 'advanced',
    });
    this.exitCode = once(this.#process, 'exit').then(([code]) => code);
    onTestFinished(() => {
      this.#process.kill('SIGKILL');
    });
  }

  /** The next message. @throws Error if it exits before */
  async receive<T>(): Promise<T> {
    const [message] = await Promise.race([once(this.#process, 'message'), this.#untilExit()]);
    return message;
  }

  ask<T>(question: unknown): Promise<T> {
    const answer = this.receive<T>();
    this.#process.send(question as string);
    return answer;
  }

  async #untilExit(): Promise<never> {
    throw new Error(`the program exited with ${await this.exitCode}`);
  }
}
