/**
 * Bytes to provisional token ids. A corpus is read once, before its vocabulary is known: a scanner numbers each distinct
 * token ("type") by first appearance, after the four special ids, and a table made later maps these numbers to the ids
 * of the vocabulary. Scanners take the bytes as they are, because strings would cost several times the memory and the time.
 */

import { EOS, type TokenizerOptions } from './types.ts';
import { codePointAt, sequenceSize } from './utf8.ts';
import { pretokenizedScanner, wordScanner } from './words.ts';

/**
 * What a line end becomes. `keep`: LF and CR are characters like others. `normalize`: CRLF and CR are read as LF.
 * `eos`: LF, CRLF and CR each end a document, `<eos>`.
 */
export type LineEnds = 'keep' | 'normalize' | 'eos';

export interface Scanner {
  /** Scans whole, valid UTF-8 sequences; writes ids into `out`, which holds at least `bytes.length + 4`, and returns how many. */
  scan(bytes: Uint8Array, out: Int32Array): number;
  /** Ends a file: writes what was still open, at most 4 ids, and returns how many. */
  finish(out: Int32Array): number;
  /** Number of types, the four special ones included. */
  size(): number;
  /** The characters of type `id`, 4 or more. */
  text(id: number): string;
  /** Code points of the text that `id` stands for. */
  characters(id: number): number;
  /** Whether a space is implied between two tokens of such types; absent where none is. */
  spaced?(id: number): boolean;
}

export function createScanner(options: TokenizerOptions, lineEnds: LineEnds): Scanner {
  if (options.kind === 'char') return charScanner(lineEnds);
  return options.pretokenized ? pretokenizedScanner(lineEnds) : wordScanner(lineEnds);
}

/** Scans a whole text; `out` holds at least `bytes.length + 4` from `offset` on. Returns how many ids there are. */
export function scanWhole(scanner: Scanner, bytes: Uint8Array, out: Int32Array, offset = 0): number {
  const count = scanner.scan(bytes, offset === 0 ? out : out.subarray(offset));
  return count + scanner.finish(out.subarray(offset + count));
}

const LF = 0x0a;
const CR = 0x0d;

function charScanner(lineEnds: LineEnds): Scanner {
  // Provisional id by code point; 0: not seen yet, or a line end that needs a closer look each time.
  const ids = new Uint32Array(0x110000);
  const codePoints = [0, 0, 0, 0];
  let newline = 0;
  let lastByte = 0;

  const add = (codePoint: number): number => codePoints.push(codePoint) - 1;

  /** Id of a code point that has none in the table, -1 for none at all. */
  const resolve = (codePoint: number, byteBefore: number): number => {
    if (lineEnds === 'keep' || (codePoint !== LF && codePoint !== CR)) {
      ids[codePoint] = add(codePoint);
      return ids[codePoint];
    }
    if (codePoint === LF && byteBefore === CR) return -1;
    if (lineEnds === 'eos') return EOS;
    if (newline === 0) newline = add(LF);
    return newline;
  };

  return {
    scan(bytes, out) {
      const end = bytes.length;
      let count = 0;
      for (let i = 0; i < end; ) {
        const stop = scanAscii(bytes, i, ids, out, count);
        count += stop - i;
        i = stop;
        if (i === end) break;
        const size = sequenceSize(bytes[i]);
        const codePoint = codePointAt(bytes, i, size);
        const id = ids[codePoint] || resolve(codePoint, i > 0 ? bytes[i - 1] : lastByte);
        if (id >= 0) out[count++] = id;
        i += size;
      }
      if (end > 0) lastByte = bytes[end - 1];
      return count;
    },
    finish() {
      lastByte = 0;
      return 0;
    },
    size: () => codePoints.length,
    text: (id) => String.fromCodePoint(codePoints[id]),
    characters: () => 1,
  };
}

/**
 * Writes the ids of ASCII characters from byte `i` on, up to the first that has none; returns where that is. Apart,
 * because a loop without calls runs at twice the speed.
 */
function scanAscii(bytes: Uint8Array, i: number, ids: Uint32Array, out: Int32Array, count: number): number {
  for (const end = bytes.length; i < end; i++) {
    const byte = bytes[i];
    if (byte >= 0x80) break;
    const id = ids[byte];
    if (id === 0) break;
    out[count++] = id;
  }
  return i;
}
