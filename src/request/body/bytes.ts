import { types } from 'node:util';

/** Bytes in memory. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/** The same memory, not a copy; undefined if `value` is no bytes. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}
