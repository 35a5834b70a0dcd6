import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { onAbort } from '../../src/http/abort-signals.js';

/** A signal, what was called back, and how to wait for it under a name. */
function start() {
  const controller = new AbortController();
  const called: string[] = [];
  const wait = (name: string) => onAbort(controller.signal, () => called.push(name));
  const listeners = () => getEventListeners(controller.signal, 'abort').length;
  return { controller, called, wait, listeners };
}

describe('who waits for a signal', () => {
  test('is told once, in the order in which he came', () => {
    const { controller, called, wait, listeners } = start();
    for (const name of ['a', 'b', 'c']) wait(name);
    expect(listeners()).toBe(1);
    controller.abort();
    expect(called).toEqual(['a', 'b', 'c']);
  });

  test('is told although another waits no longer', () => {
    const { controller, called, wait, listeners } = start();
    wait('a');
    const unlisten = wait('b');
    wait('c');
    unlisten();
    expect(listeners()).toBe(1);
    controller.abort();
    expect(called).toEqual(['a', 'c']);
  });

  test('may say twice that he waits no longer, whoever came meanwhile', () => {
    const { controller, called, wait } = start();
    wait('a');
    const unlisten = wait('b');
    unlisten();
    wait('c');
    unlisten();
    controller.abort();
    expect(called).toEqual(['a', 'c']);
  });

  test('may be taken back by one who is told before him', () => {
    const { controller, called, wait } = start();
    let unlisten = () => {};
    onAbort(controller.signal, () => unlisten());
    unlisten = wait('b');
    wait('c');
    controller.abort();
    expect(called).toEqual(['c']);
  });

  test('leaves no listener when he was the last, and may come again', () => {
    const { controller, called, wait, listeners } = start();
    wait('a')();
    expect(listeners()).toBe(0);
    wait('b');
    expect(listeners()).toBe(1);
    controller.abort();
    expect(called).toEqual(['b']);
  });
});
