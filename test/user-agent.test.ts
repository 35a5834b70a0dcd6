import { release, type } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type Product, UserAgentBuilder, userAgent } from '../src/index.js';

const IMPLEMENTATION = `Node.js/${process.versions.node}`;
const SYSTEM = `${type()}/${release()}`;

describe('UserAgentBuilder', () => {
  test('builds a name and a version alone', () => {
    expect(new UserAgentBuilder('fake', '1.0.0').build()).toBe('fake/1.0.0');
  });

  test('includes extras, in their order', () => {
    const builder = new UserAgentBuilder('fake', '1.0.0').includeExtras([
      ['another-fake', '2.0.1'],
      ['yet-another-fake', '17.1.0'],
    ]);
    expect(builder.build()).toBe('fake/1.0.0 another-fake/2.0.1 yet-another-fake/17.1.0');
  });

  test('takes extras of any iterable', () => {
    const builder = new UserAgentBuilder('fake', '1.0.0').includeExtras(new Map([['a', '1']]));
    expect(builder.build()).toBe('fake/1.0.0 a/1');
  });

  test('includes the implementation', () => {
    const builder = new UserAgentBuilder('fake', '1.0.0').includeImplementation();
    expect(builder.build()).toBe(`fake/1.0.0 ${IMPLEMENTATION}`);
  });

  test('includes the system', () => {
    const builder = new UserAgentBuilder('fake', '1.0.0').includeSystem();
    expect(builder.build()).toBe(`fake/1.0.0 ${SYSTEM}`);
  });
});

describe('userAgent', () => {
  test('names the package, its version, the implementation and the system', () => {
    expect(userAgent('my-package', '0.0.1')).toBe(`my-package/0.0.1 ${IMPLEMENTATION} ${SYSTEM}`);
  });

  test('names extras after the package', () => {
    expect(userAgent('my-package', '0.0.1', [['extra', '1.0.0']])).toBe(
      `my-package/0.0.1 extra/1.0.0 ${IMPLEMENTATION} ${SYSTEM}`,
    );
  });

  test.each([
    [['extra', '1.0.0', 'oops'], '["extra","1.0.0","oops"]'],
    [['extra'], '["extra"]'],
    [['extra', 1], '["extra",1]'],
    ['ab', '"ab"'],
  ])('refuses %j, which is no pair of strings', (extra, named) => {
    const extras = [extra] as unknown as Product[];
    expect(() => userAgent('my-package', '0.0.1', extras)).toThrow(
      new TypeError(`extras must be pairs of strings, got ${named}`),
    );
  });
});
