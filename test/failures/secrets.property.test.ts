import * as fc from 'fast-check';
import { CookieJar } from 'tough-cookie';
import { expect, it } from 'vitest';
import { ConnectionError, Headers, HTTPError, ThreadException } from '../../src/index.js';

/** A secret; its middle stands for itself in all encodings but base64. */
interface Secret {
  readonly middle: string;
  readonly text: string;
}

const middle = fc.stringMatching(/^Zq[A-Za-z0-9]{8,12}$/);
const around = fc.constantFrom('', '', '"', '%', '%2', '%41', ' ', '/', '\\', "'", '+', 'ü', ':');
const odd = fc
  .tuple(middle, around, around)
  .map(([it, before, after]): Secret => ({ middle: it, text: before + it + after }));
const plain = middle.map((it): Secret => ({ middle: it, text: it }));

/** With the user that stands before it in some places. */
const basic = (text: string) => Buffer.from(`ada:${text}`).toString('base64');

/** Where any text may stand in a job; */
const PLACES: readonly ((text: string) => object)[] = [
  (text) => ({ url: `https://ada:${encodeURIComponent(text)}@a.example/` }),
  (text) => ({ auth: ['ada', text] }),
  (text) => ({ auth: { username: 'ada', password: text } }),
  (text) => ({ cookies: { sid: text } }),
  (text) => ({ cert: { cert: '/c.pem', passphrase: text } }),
  (text) => ({ headers: { Authorization: `Bearer ${text}` } }),
  (text) => ({ requestHeaders: new Map([['authorization', `Basic ${basic(text)}`]]) }),
  (text) => ({
    options: new Map<string, unknown>([
      ['token', text],
      ['id', 1],
    ]),
  }),
  (text) => ({
    fields: [
      ['x-access-token', [text]],
      ['id', 1],
    ],
  }),
  (text) => ({ credentials: [{ client: { id: text } }] }),
];
/** and where it must be of letters. */
const PLAIN_PLACES: readonly ((text: string) => object)[] = [
  (text) => ({ proxies: { all: `ada:${text}@p.example:1` } }),
  (text) => ({ cookies: jarWith(text) }),
  (text) => ({ headers: [['cookie', `a=1; sid=${text}; b=2`]] }),
  (text) => ({ headers: new Headers([['X-Api-Key', text]]) }),
  (text) => ({ dsn: new URL(`postgres://ada:${text}@db.example/x`) }),
];

function jarWith(value: string): CookieJar {
  const jar = new CookieJar();
  jar.setCookieSync(`sid=${value}`, 'https://a.example/');
  return jar;
}

/** At the top, or somewhere below it. */
const nest = fc.constantFrom<(fields: object) => object>(
  (fields) => fields,
  (fields) => ({ options: fields }),
  (fields) => ({ list: [1, { deep: fields }] }),
  (fields) => ({ map: new Map([['more', Object.assign(Object.create(null), fields)]]) }),
);

/** As whoever throws may tell it. */
function formsOf(text: string, fields: object): string[] {
  const encoded = encodeURIComponent(text);
  const inForm = new URLSearchParams({ '': text }).toString().slice(1);
  const inQuery = [text, encoded, inForm].map((it) => new URL(`http://a.example/?q=${it}&p`).href);
  const withUser = `https://u:${encoded}@h.example/`;
  const forms = [text, encoded, inForm, JSON.stringify(text), withUser, ...inQuery];
  const hasUser = JSON.stringify(fields).includes('ada') || 'requestHeaders' in fields;
  return hasUser ? [...forms, basic(text)] : forms;
}

const placed = fc
  .oneof(
    fc.tuple(odd, fc.constantFrom(...PLACES)),
    fc.tuple(plain, fc.constantFrom(...PLACES, ...PLAIN_PLACES)),
  )
  .chain(([it, place]) => {
    const fields = place(it.text);
    const nested = fc.tuple(nest, fc.string()).map(([put, context]) => put({ ...fields, context }));
    return fc.record({
      secret: fc.constant(it),
      told: fc.constant(formsOf(it.text, fields)),
      fields: nested,
    });
  });

function thrownWith(texts: readonly string[]): fc.Arbitrary<unknown> {
  const url = fc.constantFrom(...texts.filter((text) => text.includes('?q=')));
  const message = fc
    .array(fc.constantFrom('GET', 'ü', ...texts), { maxLength: 4 })
    .map((all) => all.join(' '));
  const { thrown } = fc.letrec<{ thrown: unknown; error: unknown; value: unknown }>((tie) => ({
    thrown: fc.oneof({ maxDepth: 4 }, tie('value'), tie('error')),
    value: fc.oneof(
      message,
      fc.constantFrom(undefined, null, 0, 5n, Symbol('s'), () => 1),
      fc.record({ status: fc.nat(), text: message }),
      fc.dictionary(message, message),
      message.map((text) => new Map([[text, new Set([text])]])),
      url.map((href) => new URL(href)),
    ),
    error: fc.oneof(
      fc.tuple(message, tie('thrown')).map(([text, cause]) => new Error(text, { cause })),
      fc
        .tuple(message, fc.array(tie('thrown'), { maxLength: 3 }))
        .map(([text, all]) => new AggregateError(all, text)),
      fc
        .tuple(message, tie('thrown'))
        .map(([text, cause]) => new ConnectionError(text, { cause, code: text })),
      message.map((text) =>
        Object.assign(new TypeError(text), {
          name: text,
          phase: text,
          response: { status: 500, statusText: text, url: `http://a.example/?q=${text}` },
        }),
      ),
      fc
        .tuple(message, url)
        .map(
          ([text, href]) =>
            new HTTPError(text, { request: { method: text, url: new URL(href) } } as object),
        ),
      message.map((text) => {
        const error = new Error(text);
        error.cause = new AggregateError([error], text);
        return error;
      }),
    ),
  }));
  return thrown;
}

const failure = fc.array(placed, { minLength: 1, maxLength: 4 }).chain((all) => {
  const [first, ...rest] = all.map(({ fields }) => fields);
  return fc.record({
    secrets: fc.constant(all.map((each) => each.secret)),
    job: fc.constant({ url: 'http://a.example/', ...first, rest }),
    exception: thrownWith(all.flatMap(({ told }) => told)),
  });
});

it('fromJSON() reads all that toJSON() writes, and no secret is in its text', () => {
  const property = fc.property(failure, ({ secrets, job, exception }) => {
    const line = JSON.stringify(new ThreadException(job, exception, 3, 2));
    for (const it of secrets) {
      expect(line).not.toContain(it.middle);
      expect(line).not.toContain(basic(it.text));
    }
    const read = ThreadException.fromJSON(line);
    expect(read.withheld).not.toEqual([]);
    const { requestKwargs, withheld } = JSON.parse(line);
    expect(JSON.parse(JSON.stringify(read))).toMatchObject({
      requestKwargs,
      withheld,
      index: 3,
      attempts: 2,
    });
  });
  void fc.assert(property, { numRuns: 500 });
});
