import { beforeEach, describe, expect, test } from 'vitest';
import { IncomingBody } from '../../src/http/incoming-body.js';

/** What the wire was told, in order. */
let log: string[];
let body: IncomingBody;

beforeEach(() => {
  log = [];
  body = new IncomingBody({
    resume: () => log.push('resume'),
    cancel: () => log.push('cancel'),
    ref: (isAwaited) => log.push(isAwaited ? 'ref' : 'unref'),
  });
});

const OVER = { value: undefined, done: true };
const text = async () => String((await body.next()).value);
const kilobytes = (count: number) => Buffer.alloc(count * 1024);

describe('a body on its way', () => {
  test('does not keep the process from exiting unless it is told to', () => {
    body.ref();
    body.unref();
    expect(log).toEqual(['unref', 'ref', 'unref']);
  });

  test('gives its pieces in order: those that wait, and those that are waited for', async () => {
    expect([body.receive(Buffer.from('a')), body.receive(Buffer.from('b'))]).toEqual([true, true]);
    expect([await text(), await text()]).toEqual(['a', 'b']);
    const awaited = text();
    expect(body.receive(Buffer.from('c'))).toBe(true);
    body.receive(Buffer.from('d'));
    body.end();
    expect([await awaited, await text()]).toEqual(['c', 'd']);
    expect([await body.next(), await body.next()]).toEqual([OVER, OVER]);
  });

  test('ends for a reader who waits', async () => {
    const next = body.next();
    body.end();
    expect(await next).toEqual(OVER);
  });

  test('holds the wire from 64 kB on, until less than that waits', async () => {
    expect([40, 23, 1].map((count) => body.receive(kilobytes(count)))).toEqual([true, true, false]);
    await body.next();
    expect(log).toEqual(['unref', 'resume']);
    await body.next();
    expect(log).toEqual(['unref', 'resume']);
  });

  test('holds it longer where one piece is not enough to read', async () => {
    body.receive(kilobytes(1));
    expect(body.receive(kilobytes(100))).toBe(false);
    await body.next();
    expect(log).toEqual(['unref']);
    await body.next();
    expect(log).toEqual(['unref', 'resume']);
  });

  test('does not hold it for a reader who waits, however large the piece', () => {
    void body.next();
    expect(body.receive(kilobytes(100))).toBe(true);
  });
});

describe('a body that breaks', () => {
  test('tells its reader once, in place of what was not read', async () => {
    const error = new Error('broken');
    body.receive(Buffer.from('a'));
    body.destroy(error);
    await expect(body.next()).rejects.toBe(error);
    expect(await body.next()).toEqual(OVER);
    expect(log).toEqual(['unref', 'cancel']);
  });

  test('tells a reader who waits', async () => {
    const next = body.next();
    const error = new Error('broken');
    body.destroy(error);
    await expect(next).rejects.toBe(error);
    expect(await body.next()).toEqual(OVER);
  });

  test('breaks once', async () => {
    const error = new Error('first');
    body.destroy(error);
    body.destroy(new Error('second'));
    await expect(body.next()).rejects.toBe(error);
    expect(log).toEqual(['unref', 'cancel']);
  });
});

describe('a body that is given up', () => {
  test('is at its end, and cancels the wire', async () => {
    body.receive(kilobytes(70));
    expect(await body.return()).toEqual(OVER);
    expect(await body.next()).toEqual(OVER);
    expect(log).toEqual(['unref', 'cancel']);
  });

  test('ends for a reader who waits', async () => {
    const next = body.next();
    body.destroy();
    expect(await next).toEqual(OVER);
  });

  test('takes no more, and holds nothing up', async () => {
    body.destroy();
    expect(body.receive(kilobytes(100))).toBe(true);
    expect(await body.next()).toEqual(OVER);
  });

  test('is given up by a loop that breaks off', async () => {
    body.receive(Buffer.from('a'));
    for await (const piece of body) {
      expect(String(piece)).toBe('a');
      break;
    }
    expect(log).toEqual(['unref', 'cancel']);
  });
});
