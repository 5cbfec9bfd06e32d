/**
 * Bytes: a token is a byte of the text in UTF-8, so that 256 tokens are enough for any text and none is unknown. A
 * vocabulary writes a byte as the character that GPT-2 has for it (Radford et al. 2019, "Language models are
 * unsupervised multitask learners"), as `ByteLevel` of the `tokenizers` library does: ASCII as it is, a space as `Ġ`.
 */

import { codePointAt, sequenceSize } from '../utf8.ts';
import { isBlankCharacter } from '../white-space.ts';
import { split } from './hugging-face.ts';
import { toLowerCase } from './lower-case.ts';
import type { Scanner, ScannerOptions } from './scanner.ts';
import type { Joiner, TokenScheme } from './scheme.ts';
import { EOS, PAD, SPECIAL_TOKENS } from './special.ts';

/** By byte: bytes that Latin-1 has a visible character for are that one, the others are numbered from U+0100 on. */
const TOKENS = byteTokens();
const BYTES = new Map(TOKENS.map((token, byte) => [token, byte]));

/** U+023A and U+023E have two bytes, their lower case three. */
const LOWER_CASE_GROWTH = 1.5;

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

export const byteScheme: TokenScheme = {
  summary: 'a token is a byte of UTF-8',
  unit: 'byte',
  units: 'bytes',
  measure: 'bits',
  largeVocabulary: false,
  lengths: { sample: 500, glimpse: 200, blank: 12 },
  lineEndTokens: false,
  signatures: false,
  tokens: TOKENS,
  compare: (a, b) => BYTES.get(a)! - BYTES.get(b)!,
  inOrder: true,
  // A byte of a character has no case: the scanner lowers the text.
  lowercase: (token) => token,
  scanner: byteScanner,
  joiner: byteJoiner,
  json: {
    normalizers: [],
    preTokenizer: { type: 'Sequence', pretokenizers: [BYTE_LEVEL, split('[\\s\\S]', 'Isolated')] },
    decoder: BYTE_LEVEL,
  },
};

function byteTokens(): string[] {
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(visible ? byte : others++);
  });
}

const LF = 0x0a;
const CR = 0x0d;

function byteScanner({ lineEnds, lowercase }: ScannerOptions): Scanner {
  // Provisional id by byte; 0: not seen yet, or a line end that needs a closer look each time.
  const ids = new Uint32Array(256);
  const bytesOf: number[] = SPECIAL_TOKENS.map(() => 0);
  const lower = lowercase ? createLowerCaser() : undefined;
  let newline = 0;
  let lastByte = 0;

  const add = (byte: number): number => bytesOf.push(byte) - 1;

  /** Id of a byte that has none in the table, -1 for none at all. */
  const resolve = (byte: number, byteBefore: number): number => {
    if (lineEnds === 'keep' || (byte !== LF && byte !== CR)) {
      ids[byte] = add(byte);
      return ids[byte];
    }
    if (byte === LF && byteBefore === CR) return -1;
    if (lineEnds === 'eos') return EOS;
    if (newline === 0) newline = add(LF);
    return newline;
  };

  return {
    scan(text, out) {
      const bytes = lower ? lower(text) : text;
      let count = 0;
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i];
        const id = ids[byte] || resolve(byte, lastByte);
        if (id >= 0) out[count++] = id;
        lastByte = byte;
      }
      return count;
    },
    finish() {
      lastByte = 0;
      return 0;
    },
    size: () => bytesOf.length,
    text: (id) => TOKENS[bytesOf[id]],
    // The first byte of a character counts for all of it.
    characters: (id) => ((bytesOf[id] & 0xc0) === 0x80 ? 0 : 1),
    // White space beyond ASCII has other bytes.
    blank: (id) => id > PAD && bytesOf[id] < 0x80 && isBlankCharacter(bytesOf[id]),
    ...(lowercase ? { idsPerByte: LOWER_CASE_GROWTH } : {}),
  };
}

/** Lowers the case of text in whole characters; what it returns is valid until the next call. */
function createLowerCaser(): (text: Uint8Array) => Uint8Array {
  /** By code point, of characters beyond ASCII that were met before. */
  const forms = new Map<number, Uint8Array>();
  let lower = new Uint8Array(0);
  return (text) => {
    const most = Math.ceil(text.length * LOWER_CASE_GROWTH);
    if (lower.length < most) lower = new Uint8Array(most);
    let length = 0;
    for (let i = 0; i < text.length; ) {
      const byte = text[i];
      if (byte < 0x80) {
        lower[length++] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
        i++;
        continue;
      }
      const size = sequenceSize(byte);
      const codePoint = codePointAt(text, i, size);
      let form = forms.get(codePoint);
      if (form === undefined) {
        form = Buffer.from(toLowerCase(String.fromCodePoint(codePoint)));
        forms.set(codePoint, form);
      }
      for (let j = 0; j < form.length; j++) lower[length++] = form[j];
      i += size;
    }
    return lower.subarray(0, length);
  };
}

/** Gives a character with its last byte, and U+FFFD for bytes that are none, as WHATWG's Encoding Standard has it. */
function byteJoiner(): Joiner {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const end = (): string => decoder.decode();
  return {
    add(token, added) {
      if (added) return end() + token;
      return decoder.decode(Uint8Array.of(BYTES.get(token)!), { stream: true });
    },
    end,
  };
}
