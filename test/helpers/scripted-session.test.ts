import { describe, expect, it } from 'vitest';
import { Gate } from './gate.js';
import { collect, failing, jobs, quiet, Script } from './scripted-session.js';

describe('a scripted session', () => {
  it('answers in the call, in a microtask, in a later turn or when a gate opens', async () => {
    const script = new Script();
    const gate = new Gate();
    const answered: string[] = [];
    const run = async (url: string, when: 'now' | 'soon' | 'later' | Gate) => {
      await script.session().request({ url, when });
      answered.push(url);
    };

    expect(script.session().request({ url: 'now', when: 'now' })).toEqual({ url: 'now', by: 0 });
    const all = [run('gate', gate), run('later', 'later'), run('soon', 'soon')];
    await quiet();
    expect(answered).toEqual(['soon', 'later']);
    gate.open();
    await Promise.all(all);
    expect(answered).toEqual(['soon', 'later', 'gate']);
  });

  it('throws what its job says, in the call or later', async () => {
    const session = new Script().session();
    expect(() => session.request({ ...failing('a', 'junk'), when: 'now' })).toThrow('junk');
    await expect(session.request(failing('b', undefined))).rejects.toBe(undefined);
    await expect(session.request(failing('c'))).rejects.toThrow('no c');
  });

  it('counts its requests and how many were in flight at once', async () => {
    const script = new Script();
    const gate = new Gate();
    const work = jobs(3, { when: gate });
    const answers = work.map((job) => script.session().request(job));
    expect(script.inFlight).toBe(3);
    gate.open();
    await Promise.all(answers);
    expect(script).toMatchObject({ requests: work, inFlight: 0, maxInFlight: 3, mishaps: [] });
  });

  it('notices a close while it works, a second close, and a second job at a time', async () => {
    const script = new Script();
    const session = script.session();
    const answers = [session.request({ url: 'a' }), session.request({ url: 'b' })];
    expect(script.isClosed).toBe(false);
    session.close();
    await Promise.all(answers);
    session.close();
    expect(script.isClosed).toBe(true);
    expect(script.closed).toEqual([2]);
    expect(script.mishaps).toEqual([
      '0: two jobs at a time',
      '0: closed while it works',
      '0: closed twice',
    ]);
  });

  it('may be closed again after any of them was used again', async () => {
    const script = new Script();
    const [first, second] = [script.session(), script.session()];
    first.close();
    await second.request({ url: 'a' });
    first.close();
    expect(script.mishaps).toEqual([]);
  });
});

it('collects what an iterator gives', async () => {
  async function* count() {
    yield 1;
    yield 2;
  }
  expect(await collect(count())).toEqual([1, 2]);
});
