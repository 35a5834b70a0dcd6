import { afterEach, beforeEach, expect } from 'vitest';
import { quiet } from './scripted-session.js';

/**
 * Has each test of the file fail after which a rejection was handled by nobody.
 *
 * @returns those so far
 */
export function refuseUnhandledRejections(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  beforeEach(() => {
    process.on('unhandledRejection', note);
  });

  afterEach(async () => {
    await quiet();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
  return unhandled;
}
