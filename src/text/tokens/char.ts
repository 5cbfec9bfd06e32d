/** Characters: a token is a Unicode code point. */

import { codePointAt, sequenceSize } from '../utf8.ts';
import { isBlankCharacter } from '../white-space.ts';
import { split } from './hugging-face.ts';
import { toLowerCase } from './lower-case.ts';
import type { Scanner, ScannerOptions } from './scanner.ts';
import type { TokenScheme } from './scheme.ts';
import { EOS, PAD } from './special.ts';

export const charScheme: TokenScheme = {
  summary: 'a token is a Unicode code point',
  unit: 'character',
  units: 'characters',
  measure: 'bits',
  largeVocabulary: false,
  lengths: { sample: 500, glimpse: 200, blank: 12 },
  lineEndTokens: false,
  signatures: false,
  compare: (a, b) => a.codePointAt(0)! - b.codePointAt(0)!,
  inOrder: true,
  lowercase: toLowerCase,
  scanner: charScanner,
  // A string is iterated by code points.
  cut: (text) => text,
  joiner: () => ({ add: (token) => token, end: () => '' }),
  json: { normalizers: [], preTokenizer: split('[\\s\\S]', 'Isolated'), decoder: { type: 'Fuse' } },
};

const LF = 0x0a;
const CR = 0x0d;

function charScanner({ lineEnds }: ScannerOptions): Scanner {
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
    blank: (id) => id > PAD && isBlankCharacter(codePoints[id]),
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
