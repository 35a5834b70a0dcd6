import { ProxyEnvironment } from './connect/proxies.js';
import type { RequestMessage } from './message.js';
import { Netrc } from './request/auth/netrc.js';

/**
 * What the process's environment says of proxies and passwords, as it was when it was asked first.
 * (requests reads it anew for every request.)
 */
export class Environment {
  readonly #proxies = ProxyEnvironment.read(process.env);
  readonly #netrc = Netrc.load(process.env);

  /** @throws InvalidJobError if the proxy's URL is none */
  proxyFor(request: RequestMessage): URL | undefined {
    return this.#proxies.isEmpty ? undefined : this.#proxies.proxyFor(request.url);
  }

  /**
   * @param isChosen whether the request's URL is the user's own choice: what netrc has for any host is not for
   * those that a redirect leads to
   */
  credentialsFor(
    request: RequestMessage,
    isChosen: boolean,
  ): readonly [user: string, password: string] | undefined {
    return this.#netrc.isEmpty ? undefined : this.#netrc.credentialsFor(request.url, isChosen);
  }
}
