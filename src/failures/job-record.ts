import { isPlainObject } from '../plain-object.js';
import { type JSONValue, TAG } from './json-forms.js';
import { mapStrings } from './json-strings.js';
import { JSONWriter, type WriteField } from './json-writer.js';
import { isAuthorization, isSecretField, isSecretHeader } from './secret-names.js';
import { secretPartsOf } from './secret-parts.js';
import {
  Secrets,
  withoutUserinfo,
  withoutUserinfoIfURL,
  withoutUserinfoWithin,
} from './secrets.js';

/** A job as it is written, and what is not. */
export interface JobRecord {
  readonly requestKwargs: JSONValue;
  /** The names of what was left out: `auth`, `headers.authorization`, `url` for what stood in it. */
  readonly withheld: readonly string[];
  readonly secrets: Secrets;
}

/** What is sent, or nobody's but the user's. */
const CONTENT: ReadonlySet<string> = new Set(['params', 'json', 'data', 'files', 'context']);
/** What has rules of its own for all that is in it. */
const WHOLE: ReadonlySet<string> = new Set([...CONTENT, 'url', 'proxies']);
const HEADERS = /headers$/i;
const NAME = 'requestKwargs';
const HIDDEN = '***';
/** A header's name (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

/**
 * @param session the one that ran it, whose `sensitiveHeaders` are left out as well
 * @throws TypeError, with the field's name, for what JSON cannot carry
 */
export function writeJob(job: unknown, withCredentials: boolean, session?: unknown): JobRecord {
  return new JobWriter(withCredentials, sensitiveHeadersOf(session)).write(job);
}

/** What a job keeps secret, as far as it can be told: JSON may not carry all of it. */
export function secretsOf(job: unknown): Secrets {
  return new JobWriter(false, new Set()).secretsOf(job);
}

class JobWriter {
  readonly #withCredentials: boolean;
  /** In lower case. */
  readonly #sensitiveHeaders: ReadonlySet<string>;
  readonly #withheld = new Set<string>();
  readonly #secrets = new Secrets();
  readonly #writer = new JSONWriter();

  constructor(withCredentials: boolean, sensitiveHeaders: ReadonlySet<string>) {
    this.#withCredentials = withCredentials;
    this.#sensitiveHeaders = sensitiveHeaders;
  }

  write(job: unknown): JobRecord {
    const written = this.#writer.write(job, NAME, this.#writeField);
    const requestKwargs =
      isPlainObject(job) || this.#withCredentials
        ? written
        : this.#withoutUserinfo(NAME, written, withoutUserinfoIfURL);
    return { requestKwargs, withheld: [...this.#withheld], secrets: this.#secrets };
  }

  secretsOf(job: unknown): Secrets {
    this.#writeField = this.#carriedField;
    try {
      this.write(job);
    } catch {
      // What came before is known.
    }
    return this.#secrets;
  }

  readonly #field: WriteField = (key, value, name) => {
    const path = pathOf(key, name);
    if (value instanceof AbortSignal && key === 'signal') return this.#withhold(path);
    if (this.#withCredentials || value === undefined || value === null)
      return this.#whole(key, value, name);
    if (!CONTENT.has(key) && isSecretField(key, value)) {
      this.#secrets.add(secretPartsOf(key, value));
      return this.#withhold(path);
    }
    const written = this.#whole(key, value, name);
    if (CONTENT.has(key)) return written;
    if (HEADERS.test(key)) return this.#withoutSecretHeaders(path, written);
    const isURL = key === 'url' || key === 'proxies';
    return this.#withoutUserinfo(path, written, isURL ? withoutUserinfo : withoutUserinfoIfURL);
  };

  /** Of a field that cannot be carried, the others are looked at all the same. */
  readonly #carriedField: WriteField = (key, value, name) => {
    try {
      return CONTENT.has(key) ? undefined : this.#field(key, value, name);
    } catch {
      return undefined;
    }
  };

  #writeField = this.#field;

  #whole(key: string, value: unknown, name: string): JSONValue {
    if (name === `${NAME}.json`) return this.#body(value, name);
    const isOne = WHOLE.has(key) || HEADERS.test(key);
    return this.#writer.write(value, name, isOne ? undefined : this.#writeField);
  }

  #body(value: unknown, name: string): JSONValue {
    const written = this.#writer.writeBody(value, name);
    const isLost = value !== undefined && Object(written)[TAG] === 'undefined';
    // What is sent as nothing is refused as a job; it must not become one without a body.
    return isLost ? this.#writer.write(value, name) : written;
  }

  #withhold(name: string): undefined {
    this.#withheld.add(withoutUserinfoWithin(name));
  }

  #withoutUserinfo(path: string, written: JSONValue, strip: (text: string) => string): JSONValue {
    return mapStrings(written, (text) => {
      const stripped = strip(text);
      if (stripped === text) return text;
      this.#withhold(path);
      this.#secrets.addOfURL(text);
      return stripped;
    });
  }

  /**
   * Of a record, pairs, or one of those in a class that has a tag. Of what else may be meant as
   * headers no session takes any, and it stays so.
   */
  #withoutSecretHeaders(path: string, written: JSONValue): JSONValue {
    const { [TAG]: tag, value } = Object(written);
    const lines = tag === undefined ? written : value;
    if (linesOf(lines).some(isOddSecret)) {
      this.#withhold(path);
      return HIDDEN;
    }
    return tag === undefined
      ? this.#headerLines(path, lines)
      : { [TAG]: tag, value: this.#headerLines(path, lines) };
  }

  #headerLines(path: string, written: JSONValue): JSONValue {
    if (typeof written !== 'object' || written === null) return written;
    const lines = linesOf(written).flatMap((line) => this.#headerLine(path, line));
    return Array.isArray(written) ? lines : Object.fromEntries(lines as [string, JSONValue][]);
  }

  /** Null stays: it removes the session's header. */
  #headerLine(path: string, line: JSONValue): JSONValue[] {
    const [header, value] = Array.isArray(line) ? line : [];
    if (typeof header !== 'string' || isNothing(value)) return [line];
    const key = header.toLowerCase();
    const name = `${path}.${key}`;
    const isNamed = isSecretHeader(header) || this.#sensitiveHeaders.has(key);
    if (!isNamed && !isAuthorization(value))
      return [[header, this.#withoutUserinfo(name, value, withoutUserinfoWithin)]];
    this.#secrets.add(secretPartsOf(key, value));
    this.#withhold(name);
    return [];
  }
}

/** A session of somebody else's may have any, or none. */
function sensitiveHeadersOf(session: unknown): ReadonlySet<string> {
  const { sensitiveHeaders } = Object(session);
  const names: readonly unknown[] = Array.isArray(sensitiveHeaders) ? sensitiveHeaders : [];
  return new Set(names.map((name) => String(name).toLowerCase()));
}

function linesOf(written: JSONValue): readonly JSONValue[] {
  if (Array.isArray(written)) return written;
  return typeof written === 'object' && written !== null ? Object.entries(written) : [written];
}

/** Whether it is no line of headers, and has what may be a secret, or its name, anywhere. */
function isOddSecret(line: JSONValue): boolean {
  const [header, value] = Array.isArray(line) && line.length === 2 ? line : [];
  const isLine = typeof header === 'string' && TOKEN.test(header);
  const isKnown = isLine && (isSecretHeader(header) || typeof value !== 'object');
  return !isKnown && isSecretHeader(JSON.stringify(line));
}

function isNothing(written: JSONValue | undefined): written is null | undefined {
  return written === undefined || written === null || Object(written)[TAG] === 'undefined';
}

/** Where a field stands in its job. */
function pathOf(key: string, name: string): string {
  const path = name.endsWith(`.${key}`) ? name : name.replace(/\[1\]$/, () => `.${key}`);
  return path.slice(NAME.length).replace(/^\./, '');
}
