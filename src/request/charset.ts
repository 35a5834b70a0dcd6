import { TextDecoder } from 'node:util';

/** The charset parameter of a Content-Type (RFC 9110 §8.3.2). */
export function charsetOf(contentType = ''): string | undefined {
  if (!contentType.includes(';')) return undefined;
  return /;\s*charset\s*=\s*["']?([^\s;"']+)/i.exec(contentType)?.[1];
}

/**
 * Decodes a text. A byte order mark tells the encoding, whatever else was said, and is no part of
 * the text (WHATWG Encoding §6); an encoding that is not known counts as UTF-8, as in requests.
 */
export function decodeText(bytes: Buffer, encoding = 'utf-8'): string {
  const mark = markOf(bytes);
  const actual = mark ?? encoding;
  // For a short text, the usual one, Buffer is several times as quick as TextDecoder.
  if (UTF_8.test(actual)) return bytes.toString('utf8', mark === undefined ? 0 : UTF_8_MARK.length);
  return decoderOf(actual)(bytes);
}

/** The same for a text whose bytes come in pieces. */
export async function* decodeTextStream(
  pieces: AsyncIterable<Buffer>,
  encoding = 'utf-8',
): AsyncGenerator<string, void, undefined> {
  let head: Buffer = Buffer.alloc(0);
  let decode: Decode | undefined;
  for await (const piece of pieces) {
    if (decode === undefined) {
      head = Buffer.concat([head, piece]);
      if (head.length < UTF_8_MARK.length) continue;
      decode = decoderOf(markOf(head) ?? encoding);
      yield decode(head, { stream: true });
    } else yield decode(piece, { stream: true });
  }
  yield decode === undefined ? decodeText(head, encoding) : decode();
}

/** As `TextDecoder.decode()`. */
type Decode = (bytes?: Buffer, options?: { stream: boolean }) => string;

function decoderOf(encoding: string): Decode {
  const decoder = textDecoder(encoding);
  if (decoder.encoding === 'windows-1252') return decodeWindows1252;
  return (bytes, options) => decoder.decode(bytes, options);
}

function textDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder();
  }
}

/** What windows-1252, which is what the web calls latin1, has in place of latin1's 0x80 to 0x9f. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** By hand, because TextDecoder takes it for latin1 from Node 20.18.3 on (nodejs/node#56542). */
function decodeWindows1252(bytes: Buffer = Buffer.alloc(0)): string {
  return bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}

const UTF_8 = /^utf-?8$/i;
const UTF_8_MARK = [0xef, 0xbb, 0xbf];

function markOf(bytes: Buffer): string | undefined {
  // Most texts do not even begin like one.
  if (bytes.length === 0 || (bytes[0] as number) < 0xef) return undefined;
  if (startsWith(bytes, UTF_8_MARK)) return 'utf-8';
  if (startsWith(bytes, [0xff, 0xfe])) return 'utf-16le';
  return startsWith(bytes, [0xfe, 0xff]) ? 'utf-16be' : undefined;
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}
