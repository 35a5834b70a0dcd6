import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Entry {
  login: string;
  account: string;
  password: string;
}

/** By host, in lower case; undefined is `default`, for all other hosts. */
type Entries = Map<string | undefined, Entry>;

/**
 * The users and passwords of a netrc file, by host (requests' `get_netrc_auth`): of the file that
 * the environment variable NETRC names, or else of `.netrc` or `_netrc` in the home directory.
 */
export class Netrc {
  readonly #entries: Entries;

  private constructor(entries: Entries) {
    this.#entries = entries;
  }

  /**
   * Reads the file, now and whole. One that is not there, cannot be read or is malformed counts as
   * empty, as in requests: its requests go out without credentials.
   */
  static load(env: NodeJS.ProcessEnv): Netrc {
    try {
      const file = locationsOf(env).find((path) => existsSync(path));
      return new Netrc(file === undefined ? new Map() : parse(readFileSync(file, 'utf8')));
    } catch {
      return new Netrc(new Map());
    }
  }

  /** Whether it has nothing for any host. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /**
   * What the file has for the URL's host, whatever its port and its own credentials: the host as
   * the URL's parser reads it, since who searches the text may be led to another's entry
   * (CVE-2024-47081). An entry without a login has its account for a user.
   *
   * @param isForAny whether the entry for all other hosts counts
   */
  credentialsFor(url: URL, isForAny = true): readonly [user: string, password: string] | undefined {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const entry = this.#entries.get(host) ?? (isForAny ? this.#entries.get(undefined) : undefined);
    if (entry === undefined) return undefined;
    const user = entry.login || entry.account;
    return user === '' && entry.password === '' ? undefined : [user, entry.password];
  }
}

/** An empty NETRC is a file that is not there. */
function locationsOf({ NETRC }: NodeJS.ProcessEnv): string[] {
  if (NETRC === undefined) return ['.netrc', '_netrc'].map((name) => join(homedir(), name));
  return [/^~(?=\/|$)/.test(NETRC) ? join(homedir(), NETRC.slice(1)) : NETRC];
}

/** As Python's `netrc` module reads it. @throws SyntaxError */
function parse(text: string): Entries {
  const words = new Words(text.replace(/\r\n?/g, '\n'));
  const entries: Entries = new Map();
  let entry: Entry | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word.startsWith('#')) words.skipLine();
    else if (word === 'macdef') {
      words.skipMacro();
      entry = undefined;
    } else if (word === 'machine' || word === 'default') {
      entry = { login: '', account: '', password: '' };
      entries.set(word === 'default' ? undefined : hostOf(words), entry);
    } else setField(entry, word, words.next() ?? '');
  }
  return entries;
}

function hostOf(words: Words): string {
  const host = words.next();
  if (!host) throw new SyntaxError('machine without a name');
  return host.toLowerCase();
}

function setField(entry: Entry | undefined, word: string, value: string): void {
  const field = word === 'user' ? 'login' : word;
  if (entry === undefined || !(field === 'login' || field === 'account' || field === 'password'))
    throw new SyntaxError('unexpected word');
  entry[field] = value;
}

class Words {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next word, in quotes or up to white space; a backslash takes what follows as it is. */
  next(): string | undefined {
    const pattern = /[\n\t ]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"?|((?:[^\\\n\t ]|\\.)+))/sy;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    this.#at = match === null ? this.#text.length : pattern.lastIndex;
    return (match?.[1] ?? match?.[2])?.replace(/\\(.)/gs, '$1');
  }

  skipLine(): void {
    this.#skipTo('\n');
  }

  /** Name and all, up to the blank line that has to end it. */
  skipMacro(): void {
    if (!this.#skipTo('\n\n')) throw new SyntaxError('macdef without a blank line at its end');
  }

  #skipTo(end: string): boolean {
    const at = this.#text.indexOf(end, this.#at);
    this.#at = at === -1 ? this.#text.length : at;
    return at !== -1;
  }
}
