import { CookieJar } from 'tough-cookie';
import { Headers } from '../request/headers.js';
import { show } from '../show.js';
import { base64, bytesOf, isBareView, sharedOf, text, VIEWS } from './byte-forms.js';

/** What `JSON.parse` gives. */
export type JSONValue =
  | null
  | boolean
  | number
  | string
  | JSONValue[]
  | { readonly [key: string]: JSONValue };

/** The key of an object that stands for what JSON lacks; a record that has it is a `record` itself. */
export const TAG = '$type';

/** How the values of one class are written, as `{ $type: tag, value }`. */
interface Form {
  readonly isOf: (value: object) => boolean;
  /** Whether it has no properties of its own beside, which would be lost. */
  readonly isBare: (value: never) => boolean;
  /** What it is made of, to be written in turn. Undefined if this one cannot be written. */
  readonly take: (value: never) => unknown;
  /** Makes it again of what was read. @throws if it is not what `take` gives */
  readonly make: (parts: unknown) => unknown;
}

type Pairs = readonly (readonly [string, string])[];

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['Buffer', formOf(Buffer, base64, (parts) => Buffer.from(bytesOf(parts)), isBareView)],
  ...VIEWS.map((View): [string, Form] => [
    View.name,
    formOf(View, base64, (parts) => new View(bytesOf(parts)), isBareView),
  ]),
  ['ArrayBuffer', formOf(ArrayBuffer, (it) => base64(new Uint8Array(it)), bytesOf)],
  ['SharedArrayBuffer', formOf(SharedArrayBuffer, (it) => base64(new Uint8Array(it)), sharedOf)],
  ['Date', formOf(Date, (it) => it.toJSON(), dateOf)],
  [
    'URL',
    formOf(
      URL,
      (it) => it.href,
      (href) => new URL(text(href)),
    ),
  ],
  [
    'URLSearchParams',
    formOf(
      URLSearchParams,
      (it) => [...it],
      (all) => withEach(new URLSearchParams(), all),
    ),
  ],
  [
    'Headers',
    formOf(
      Headers,
      (it) => [...it],
      (all) => withEach(new Headers(), all),
    ),
  ],
  ['fetch.Headers', fetchForm('Headers', () => new globalThis.Headers())],
  ['FormData', fetchForm('FormData', () => new FormData())],
  [
    'Map',
    formOf(
      Map,
      (it) => [...it],
      (all) => new Map(pairs(all)),
    ),
  ],
  [
    'Set',
    formOf(
      Set,
      (it) => [...it],
      (all) => new Set(list(all)),
    ),
  ],
  ['CookieJar', formOf(CookieJar, serialised, jarOf, isBareJar)],
]);

/** The tag of an object's class, and what it is made of; undefined if that is not all, or has no form. */
export function partsOf(value: object): readonly [tag: string, parts: unknown] | undefined {
  const [tag, form] = formFor(value);
  const parts = form?.isBare(value as never) ? form.take(value as never) : undefined;
  return tag === undefined || parts === undefined ? undefined : [tag, parts];
}

/** Whether it is of a class that has a form, and has properties of its own beside. */
export function hasMore(value: object): boolean {
  const [, form] = formFor(value);
  return form?.isBare(value as never) === false;
}

function formFor(value: object): readonly [tag: string, form: Form] | readonly [] {
  for (const entry of FORMS) if (entry[1].isOf(value)) return entry;
  return [];
}

/** Makes a value again of its parts. @throws TypeError if there is no such class, or of other parts */
export function madeOf(tag: unknown, parts: unknown): unknown {
  const known = FORMS.get(tag as string);
  if (known === undefined)
    throw new TypeError(`${TAG} must be the name of a known type, got ${show(tag)}`);
  try {
    return known.make(parts);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new TypeError(`${tag} cannot be made of ${show(parts)}: ${why}`, { cause });
  }
}

/** Of the very class: what a class of the user's adds would be lost. */
function formOf<T extends object>(
  ofClass: { readonly prototype: T },
  take: (value: T) => unknown,
  make: (parts: unknown) => T,
  isBare: (value: T) => boolean = (value) => Reflect.ownKeys(value).length === 0,
): Form {
  return {
    isOf: (value) => Object.getPrototypeOf(value) === ofClass.prototype,
    isBare,
    take,
    make,
  };
}

/**
 * Of one of fetch's, by the name that its very class has: Node loads all of fetch for whoever asks
 * for the class.
 */
function fetchForm(name: string, make: () => { append(name: string, value: string): void }): Form {
  return {
    isOf: (value) =>
      Object.prototype.toString.call(value) === `[object ${name}]` &&
      Object.hasOwn(Object.getPrototypeOf(value) ?? {}, Symbol.toStringTag) &&
      Symbol.iterator in value,
    // Some versions of Node keep under a symbol what it is made of.
    isBare: (value: object) => Object.keys(value).length === 0,
    take: (value: Iterable<unknown>) => [...value],
    make: (all) => withEach(make(), all),
  };
}

function dateOf(time: unknown): Date {
  const date = new Date(time === null ? Number.NaN : text(time));
  if (date.toJSON() !== time) throw new TypeError('a time as toISOString() writes it is expected');
  return date;
}

/** One whose store must be waited for cannot be. */
function serialised(jar: CookieJar): unknown {
  return jar.store.synchronous ? jar.serializeSync() : undefined;
}

/** tough-cookie leaves out what is no cookie. */
function jarOf(parts: unknown): CookieJar {
  const jar = CookieJar.deserializeSync(parts as string);
  if (jar.serializeSync()?.cookies.length !== Object(parts).cookies?.length)
    throw new TypeError('cookies as serialize() writes them are expected');
  return jar;
}

function isBareJar(jar: CookieJar): boolean {
  return Reflect.ownKeys(jar).length === Reflect.ownKeys(new CookieJar()).length;
}

function withEach<T extends { append(name: string, value: string): void }>(
  whole: T,
  all: unknown,
): T {
  for (const [name, value] of pairs(all)) whole.append(text(name), text(value));
  return whole;
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('an array is expected');
}

function pairs(value: unknown): Pairs {
  for (const pair of list(value))
    if (list(pair).length !== 2) throw new TypeError('pairs are expected');
  return value as Pairs;
}
