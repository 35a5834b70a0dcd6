import { inspect } from 'node:util';

type TypedArray = ArrayBufferView & { subarray(): ArrayBufferView };
type BytesClass = { readonly name: string; readonly prototype: ArrayBufferView } & (new (
  bytes: ArrayBuffer,
) => ArrayBufferView);

/** The classes of views of bytes, but for Buffer. */
export const VIEWS: readonly BytesClass[] = [
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

/** The bytes of a view, as text. */
export function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/**
 * Bytes of their text, in memory of their own, so that numbers of any size lie in it as they must.
 *
 * @throws TypeError if it is not what `base64` gives
 */
export function bytesOf(parts: unknown): ArrayBuffer {
  const bytes = Buffer.from(text(parts), 'base64');
  if (bytes.toString('base64') !== parts) throw new TypeError('base64 is expected');
  return new Uint8Array(bytes).buffer;
}

/** The same in memory that threads share. */
export function sharedOf(parts: unknown): SharedArrayBuffer {
  const bytes = new Uint8Array(bytesOf(parts));
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}

/** Whether a view has no properties beside its elements. */
export function isBareView(view: ArrayBufferView): boolean {
  if (view instanceof DataView) return Reflect.ownKeys(view).length === 0;
  return shown(view) === shown((view as TypedArray).subarray());
}

/** @throws TypeError if it is none */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('a string is expected');
}

/** Its keys would be all of its indexes; this shows its other properties alone. */
function shown(array: ArrayBufferView): string {
  return inspect(array, { depth: 0, maxArrayLength: 0 });
}
