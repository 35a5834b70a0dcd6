import type { Agent, Dispatcher } from 'undici';
import { createConnector } from '../connect/connectors.js';
import { isSocks, proxyAuthorization, proxyPort } from '../connect/proxy-url.js';
import { type Cert, resolveTLS, type Verify } from '../connect/tls.js';
import type { RequestMessage } from '../message.js';
import { Recent } from '../recent.js';
import type { Headers } from '../request/headers.js';
import { createAgent } from './connections.js';

/** The way that a request takes to its server. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** The proxy that it is handed to as it is, if it goes through one in the clear. */
  readonly proxy?: Addressing;
  readonly mayBeHTTP2?: boolean;
}

/** How a request is addressed to a proxy. */
interface Addressing {
  /** The proxy's. */
  readonly origin: string;
  /** The headers of a request to `url`, with what the proxy needs. */
  address(headers: Headers, url: URL): Headers;
}

/** What a route depends on, beside the request's URL. */
export interface RouteOptions {
  /** Undefined for none. */
  readonly proxy: URL | undefined;
  readonly verify: Verify | undefined;
  readonly cert: Cert | undefined;
}

interface DirectRoute extends Route {
  readonly dispatcher: Agent;
}

/** Agents that are kept for routes of their own; who has more of them rotates proxies. */
const MAX_AGENTS = 256;

/**
 * The routes of a session. State: an agent for each proxy and each set of TLS options, made when it
 * is first needed, the one used last at the end.
 */
export class Routes {
  readonly #allowH2: boolean;
  #direct: DirectRoute | undefined;
  readonly #agents = new Recent<Agent>(MAX_AGENTS, (agent) => void agent.close());
  /** Asked first: a bundle of CAs is a long key. */
  #last: { readonly options: RouteOptions; readonly agent: Agent } | undefined;

  constructor({ allowH2 }: { readonly allowH2: boolean }) {
    this.#allowH2 = allowH2;
  }

  /** Straight to the server, whose certificate is verified by Node's authorities. */
  get direct(): Agent {
    return this.#directRoute.dispatcher;
  }

  /** @throws InvalidJobError for a certificate or a key that cannot be used */
  routeTo(request: RequestMessage, options: RouteOptions): Route {
    const { proxy, verify, cert } = options;
    const isTrusting = verify === undefined || verify === true;
    if (proxy === undefined && isTrusting && cert === undefined) return this.#directRoute;
    const dispatcher = this.#agentFor(options);
    return proxy === undefined || request.url.protocol === 'https:' || isSocks(proxy)
      ? { dispatcher, mayBeHTTP2: this.#allowH2 }
      : { dispatcher, proxy: new ForwardProxy(proxy) };
  }

  /** Lets what is in flight end; then all connections are closed. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    if (this.#direct !== undefined) agents.push(this.#direct.dispatcher);
    this.#direct = undefined;
    this.#last = undefined;
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.close()));
  }

  get #directRoute(): DirectRoute {
    this.#direct ??= { dispatcher: this.#createAgent({}), mayBeHTTP2: this.#allowH2 };
    return this.#direct;
  }

  #agentFor(options: RouteOptions): Agent {
    const last = this.#last;
    if (last !== undefined && isSame(last.options, options)) return last.agent;
    const key = JSON.stringify([options.proxy, options.verify, options.cert]);
    const agent = this.#agents.get(key, () => this.#createAgent(options));
    this.#last = { options, agent };
    return agent;
  }

  #createAgent({ proxy, verify, cert }: Partial<RouteOptions>): Agent {
    const tls = resolveTLS({ verify, cert });
    return createAgent(createConnector({ proxy, tls, allowH2: this.#allowH2 }));
  }
}

/** A proxy that is given whole requests, with absolute URLs (RFC 9112 §3.2.2). */
class ForwardProxy implements Addressing {
  readonly origin: string;
  readonly #authorization: string | undefined;

  constructor(proxy: URL) {
    // Its connector speaks TLS to one that is https. undici must not know: it would take the name in
    // the Host header for the proxy's.
    this.origin = `http://${proxy.hostname}:${proxyPort(proxy)}`;
    this.#authorization = proxyAuthorization(proxy);
  }

  address(headers: Headers, url: URL): Headers {
    const addressed = headers.clone();
    if (!addressed.has('Host')) addressed.set('Host', url.host);
    if (this.#authorization !== undefined)
      addressed.set('Proxy-Authorization', this.#authorization);
    return addressed;
  }
}

function isSame(a: RouteOptions, b: RouteOptions): boolean {
  return a.proxy?.href === b.proxy?.href && a.verify === b.verify && a.cert === b.cert;
}
