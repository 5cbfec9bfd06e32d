/** Code points in bytes of valid UTF-8. */

/** Bytes of the sequence that starts with `byte`. */
export function sequenceSize(byte: number): number {
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** The code point of the sequence of `size` bytes at `i`. */
export function codePointAt(bytes: Uint8Array, i: number, size: number): number {
  if (size === 1) return bytes[i];
  if (size === 2) return ((bytes[i] & 0x1f) << 6) | (bytes[i + 1] & 0x3f);
  const low = ((bytes[i + 1] & 0x3f) << 6) | (bytes[i + 2] & 0x3f);
  return size === 3 ? ((bytes[i] & 0x0f) << 12) | low : ((bytes[i] & 0x07) << 18) | (low << 6) | (bytes[i + 3] & 0x3f);
}
