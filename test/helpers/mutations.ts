import * as fc from 'fast-check';

/** A place in the bytes; it counts on from the start when the end is passed. */
type Place = number;

/** One change to a run of bytes, all of them given as latin1. */
export type Mutation =
  | { readonly kind: 'replace' | 'insert'; readonly at: Place; readonly bytes: string }
  | { readonly kind: 'delete' | 'duplicate'; readonly at: Place; readonly length: number }
  | { readonly kind: 'truncate'; readonly at: Place }
  | { readonly kind: 'splice'; readonly at: Place; readonly other: string; readonly from: Place };

/** What means something to a parser. */
const TOKENS = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '-1',
  '0',
  '9999999999',
  'ffffffff',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  '\r\nContent-Length: 5',
  '\r\nTransfer-Encoding: chunked',
  '\r\nConnection: close',
  '\r\nConnection: keep-alive',
  '\r\nContent-Encoding: gzip, br',
  '\r\nLocation: ?',
  '\r\nSet-Cookie: a=b',
];

/** @param others what a splice takes the end from */
export function mutation(others: readonly string[]): fc.Arbitrary<Mutation> {
  const at = fc.nat(2_047);
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const bytes = fc.oneof(
    fc.constantFrom(...TOKENS),
    fc.array(byte, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
  );
  const length = fc.integer({ min: 1, max: 40 });
  return fc.oneof(
    fc.record({ kind: fc.constantFrom('replace' as const, 'insert' as const), at, bytes }),
    fc.record({ kind: fc.constantFrom('delete' as const, 'duplicate' as const), at, length }),
    fc.record({ kind: fc.constant('truncate' as const), at }),
    fc.record({
      kind: fc.constant('splice' as const),
      at,
      other: fc.constantFrom(...others),
      from: at,
    }),
  );
}

/** The bytes with the change. */
export function mutate(bytes: string, change: Mutation): string {
  const at = placeIn(bytes, change.at);
  const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
  switch (change.kind) {
    case 'replace':
      return before + change.bytes + after.slice(change.bytes.length);
    case 'insert':
      return before + change.bytes + after;
    case 'delete':
      return before + after.slice(change.length);
    case 'duplicate':
      return before + after.slice(0, change.length) + after;
    case 'truncate':
      return before;
    case 'splice':
      return before + change.other.slice(placeIn(change.other, change.from));
  }
}

/** Splits the bytes at some places. None of the pieces is empty. */
export function piecesOf(bytes: string, cuts: readonly Place[]): string[] {
  const places = cuts.map((cut) => placeIn(bytes, cut)).sort((a, b) => a - b);
  return [0, ...places]
    .map((place, i) => bytes.slice(place, places[i]))
    .filter((piece) => piece !== '');
}

function placeIn(bytes: string, place: Place): number {
  return place % (bytes.length + 1);
}
