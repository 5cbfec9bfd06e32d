/**
 * Bytes to provisional token ids. A corpus is read once, before its vocabulary is known: a scanner numbers each distinct
 * token ("type") by first appearance, after the four special ids, and a table made later maps these numbers to the ids
 * of the vocabulary. Scanners take the bytes as they are, because strings would cost several times the memory and the time.
 */

/**
 * What a line end becomes. `keep`: LF and CR are characters like others. `normalize`: CRLF and CR are read as LF.
 * `eos`: LF, CRLF and CR each end a document, `<eos>`.
 */
export type LineEnds = 'keep' | 'normalize' | 'eos';

export interface ScannerOptions {
  lineEnds: LineEnds;
  /** Tokens are looked up in lower case; only a scanner whose types are no text needs to know. */
  lowercase: boolean;
}

export interface Scanner {
  /** Scans whole, valid UTF-8 sequences; writes ids into `out`, which has room for them (see `roomFor`), and returns how many. */
  scan(bytes: Uint8Array, out: Int32Array): number;
  /** Ends a file: writes what was still open, at most 4 ids, and returns how many. */
  finish(out: Int32Array): number;
  /** Number of types, the four special ones included. */
  size(): number;
  /** The characters of type `id`, 4 or more. */
  text(id: number): string;
  /** Code points of the text that `id` stands for. */
  characters(id: number): number;
  /** Whether `id` stands for white space alone. */
  blank(id: number): boolean;
  /** Whether a space is implied between two tokens of such types; absent where none is. */
  spaced?(id: number): boolean;
  /** Most ids of a byte; 1 if absent. */
  readonly idsPerByte?: number;
}

/** Scans a whole text; `out` has room for it from `offset` on. Returns how many ids there are. */
export function scanWhole(scanner: Scanner, bytes: Uint8Array, out: Int32Array, offset = 0): number {
  const count = scanner.scan(bytes, offset === 0 ? out : out.subarray(offset));
  return count + scanner.finish(out.subarray(offset + count));
}

/** `ids`, or a longer array in its place if it has no room for the ids of so many bytes and of the end of a file. */
export function roomFor(
  { idsPerByte = 1 }: Scanner,
  bytes: number,
  ids: Int32Array<ArrayBuffer>,
): Int32Array<ArrayBuffer> {
  const most = Math.ceil(bytes * idsPerByte) + 4;
  return ids.length < most ? new Int32Array(most) : ids;
}
