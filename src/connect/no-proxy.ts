import { BlockList, isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/** A name without the dots around it, and its port. */
const NAME = /^(?:\*?\.+)?(.*?)\.?(:\d+)?$/;

/**
 * The hosts that a NO_PROXY names, separated by commas or white space (requests'
 * `should_bypass_proxies`, urllib's `proxy_bypass_environment`):
 *
 * 1. `*`: all of them;
 * 2. an IP address, or a network such as `10.0.0.0/8` or `fd00::/8`;
 * 3. a name, with all those below it, whether or not it begins with a dot;
 * 4. 2 without a network, or 3, with a port: at that port alone.
 *
 * Beyond requests: IPv6 networks, ports with addresses, a scheme's own port, `*` among others, and
 * `*.` as well as a dot.
 */
export class NoProxy {
  readonly #addresses = new BlockList();
  /** Each begins with a dot, so that what it ends begins at a label. */
  readonly #names: string[] = [];
  #isAll = false;

  constructor(list: string) {
    for (const entry of list.toLowerCase().split(/[\s,]+/)) this.#add(entry);
  }

  covers(url: URL): boolean {
    if (this.#isAll) return true;
    const host = url.hostname.replace(/\.$/, '');
    const address = unbracketed(host);
    const port = url.port || (url.protocol === 'https:' ? 443 : 80);
    if (isIP(address) > 0)
      return (
        this.#addresses.check(address, familyOf(address)) ||
        this.#names.includes(`.${host}:${port}`)
      );
    return this.#names.some(
      (name) => `.${host}`.endsWith(name) || `.${host}:${port}`.endsWith(name),
    );
  }

  #add(entry: string): void {
    if (entry === '*') this.#isAll = true;
    else if (isIP(unbracketed(entry)) > 0) this.#addNetwork(entry, undefined);
    else if (entry.includes('/')) this.#addNetwork(...(entry.split('/', 2) as [string, string]));
    else this.#addName(entry);
  }

  /** What is no network is passed over, as requests does. */
  #addNetwork(network: string, prefix: string | undefined): void {
    const address = unbracketed(network);
    const family = familyOf(address);
    const bits = prefix === undefined ? addressBits(family) : prefixLength(prefix);
    if (isIP(address) > 0 && bits <= addressBits(family))
      this.#addresses.addSubnet(address, bits, family);
  }

  #addName(entry: string): void {
    const [, host, port = ''] = NAME.exec(entry) as unknown as [string, string, string?];
    const name = domainToASCII(host) || host;
    if (name !== '') this.#names.push(`.${name}${port}`);
  }
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function addressBits(family: 'ipv4' | 'ipv6'): number {
  return family === 'ipv6' ? 128 : 32;
}

function prefixLength(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Infinity;
}
