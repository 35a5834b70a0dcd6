import { release, type } from 'node:os';

/** A product and its version, the two halves of a product token (RFC 9110 §10.1.5). */
export type Product = readonly [name: string, version: string];

/**
 * A User-Agent that says who asks: `my-scraper/1.0 Node.js/20.20.2 Linux/6.1.0`. Port of
 * `requests_toolbelt.user_agent`.
 *
 * @param extras products to name after the first
 * @throws TypeError if an extra is not a pair of strings
 */
export function userAgent(name: string, version: string, extras: Iterable<Product> = []): string {
  return new UserAgentBuilder(name, version)
    .includeExtras(extras)
    .includeImplementation()
    .includeSystem()
    .build();
}

/** Builds a User-Agent piece by piece, in the order of the calls. */
export class UserAgentBuilder {
  readonly #pieces: Product[];

  constructor(name: string, version: string) {
    this.#pieces = [[name, version]];
  }

  /** @throws TypeError if an extra is not a pair of strings */
  includeExtras(extras: Iterable<Product>): this {
    for (const extra of extras) {
      if (!isProduct(extra))
        throw new TypeError(`extras must be pairs of strings, got ${JSON.stringify(extra)}`);
      this.#pieces.push(extra);
    }
    return this;
  }

  /** Names the JavaScript runtime: `Node.js/20.20.2`. */
  includeImplementation(): this {
    this.#pieces.push(['Node.js', process.versions.node]);
    return this;
  }

  /** Names the operating system: `Linux/6.1.0`. */
  includeSystem(): this {
    this.#pieces.push([type(), release()]);
    return this;
  }

  build(): string {
    return this.#pieces.map(([name, version]) => `${name}/${version}`).join(' ');
  }
}

function isProduct(value: unknown): value is Product {
  return (
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
  );
}
