/**
 * Words and punctuation, in such a way that the text can be put together again.
 *
 * A text is cut into pieces: *words*, runs of letters, digits, marks and `_` with apostrophes inside (`don't`); single
 * *other characters*, each with the one space before and the one space after it, if they are there (`, `, ` (`, `.`); line ends;
 * runs of spaces; other white space. The one thing left out is the single space between two words, which every reader
 * of words expects: joining the pieces, with a space between adjacent words, gives the text back. So `the` is the same
 * token after a space, a bracket and a line end, and only punctuation comes in forms with and without spaces.
 *
 * Scripts written without spaces (Chinese, Japanese, Thai, …) are cut into code points. A space between a word and the
 * end of the text is left out too: a prompt `once upon ` means that a word follows. Pieces longer than `MAX_PIECE_BYTES` are cut.
 */

import { codePointAt, sequenceSize } from '../utf8.ts';
import { isBlank } from '../white-space.ts';
import type { LineEnds, Scanner } from './scanner.ts';
import { EOS, PAD } from './special.ts';
import { createWordTable, type WordTable } from './word-table.ts';

export const MAX_PIECE_BYTES = 1024;

/** Scripts that put no space between words, as regular expressions of JavaScript and of Oniguruma name them. */
export const UNSPACED_SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'];

const WORD_CHARACTER = new RegExp(
  `^(?![${UNSPACED_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}])[\\p{L}\\p{N}\\p{M}_]$`,
  'u',
);
const WHITE_SPACE = /^\p{White_Space}$/u;

const LF = 0x0a;

// Classes of characters.
const WORD = 1;
const APOSTROPHE = 2;
const OTHER = 3;
const SPACE = 4;
const LINE_FEED = 5;
const CARRIAGE_RETURN = 6;
const BLANK = 7;

/** Class by code point, 0 where it was not asked for yet. */
const classes = new Uint8Array(0x110000);

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (character === ' ') return SPACE;
  if (character === '\n') return LINE_FEED;
  if (character === '\r') return CARRIAGE_RETURN;
  if (character === "'" || character === '’') return APOSTROPHE;
  if (WORD_CHARACTER.test(character)) return WORD;
  return WHITE_SPACE.test(character) ? BLANK : OTHER;
}

/** Class by byte, 0 for those of longer sequences. */
const byteClasses = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? classify(byte) : 0));

function classOf(codePoint: number): number {
  if (classes[codePoint] === 0) classes[codePoint] = classify(codePoint);
  return classes[codePoint];
}

/** Whether a piece is a word, so that a space stands between it and a word beside it. */
export function isWord(piece: string): boolean {
  return classOf(piece.codePointAt(0)!) === WORD;
}

// What the open piece is.
const NOTHING = 0;
const IN_WORD = 1;
const AFTER_APOSTROPHE = 2;
const AFTER_OTHER = 3;
const ONE_SPACE = 4;
const SPACES = 5;
const AFTER_RETURN = 6;

export function wordScanner(lineEnds: LineEnds): Scanner {
  const table = createWordTable();
  const piece = new Uint8Array(MAX_PIECE_BYTES);
  let length = 0;
  let state = NOTHING;
  /** Bytes of the word before an apostrophe that may end it. */
  let wordLength = 0;
  /** Whether the piece before the open one is a word. */
  let afterWord = false;
  let out: Int32Array = new Int32Array(0);
  let count = 0;

  const emit = (): void => {
    afterWord = state === IN_WORD;
    out[count++] = table.intern(piece, length);
    length = 0;
    state = NOTHING;
  };

  const emitLineEnd = (): void => {
    if (lineEnds === 'normalize') {
      piece[0] = LF;
      length = 1;
    }
    if (lineEnds === 'eos') out[count++] = EOS;
    else out[count++] = table.intern(piece, length);
    afterWord = false;
    length = 0;
    state = NOTHING;
  };

  /** Emits the word before an apostrophe that did not belong to it; the apostrophe stays open, as a piece of its own. */
  const emitBeforeApostrophe = (): void => {
    const pieceLength = length;
    length = wordLength;
    state = IN_WORD;
    emit();
    piece.copyWithin(0, wordLength, pieceLength);
    length = pieceLength - wordLength;
    state = AFTER_OTHER;
  };

  /** Ends the open piece if a character of class `next` can't go on with it; true if the character closes it. */
  const advance = (next: number): boolean => {
    if (state === AFTER_APOSTROPHE) {
      if (next === WORD) {
        state = IN_WORD;
        return false;
      }
      emitBeforeApostrophe();
    }
    switch (state) {
      case IN_WORD:
        if (next === APOSTROPHE && length <= MAX_PIECE_BYTES - 8) {
          wordLength = length;
          state = AFTER_APOSTROPHE;
        } else if (next !== WORD) emit();
        return false;
      case AFTER_OTHER:
        if (next === SPACE) return true;
        emit();
        return false;
      case ONE_SPACE:
        if (next === WORD && afterWord) {
          length = 0;
          state = NOTHING;
        } else if (next === APOSTROPHE || next === OTHER) state = AFTER_OTHER;
        else if (next === SPACE) state = SPACES;
        else emit();
        return false;
      case SPACES:
        if (next !== SPACE) emit();
        return false;
      case AFTER_RETURN:
        if (next === LINE_FEED) return true;
        emitLineEnd();
        return false;
      default:
        return false;
    }
  };

  return {
    scan(bytes, target) {
      out = target;
      count = 0;
      for (let i = 0; i < bytes.length; ) {
        if (state === IN_WORD) {
          const rest = copyRun(bytes, i, piece, length, WORD);
          length += rest;
          i += rest;
          if (i === bytes.length) break;
        }
        const byte = bytes[i];
        const size = sequenceSize(byte);
        const next = byteClasses[byte] || classOf(codePointAt(bytes, i, size));
        const closes = advance(next);
        if (length + size > MAX_PIECE_BYTES) emit();
        for (let end = i + size; i < end; i++) piece[length++] = bytes[i];
        if (closes) {
          if (next === LINE_FEED) emitLineEnd();
          else emit();
        } else if (state === NOTHING) {
          if (next === WORD) state = IN_WORD;
          else if (next === SPACE) state = ONE_SPACE;
          else if (next === CARRIAGE_RETURN) state = AFTER_RETURN;
          else if (next === LINE_FEED) emitLineEnd();
          else if (next === BLANK) emit();
          else state = AFTER_OTHER;
        }
      }
      return count;
    },
    finish(target) {
      out = target;
      count = 0;
      if (state === AFTER_APOSTROPHE) emitBeforeApostrophe();
      if (state === AFTER_RETURN) emitLineEnd();
      else if (state !== NOTHING && !(state === ONE_SPACE && afterWord)) emit();
      length = 0;
      state = NOTHING;
      afterWord = false;
      return count;
    },
    ...typesOf(table),
    spaced: (id) => id > PAD && isWord(pieceOf(table, id)),
  };
}

/** Pieces are runs of anything but white space; line ends are `<eos>`; a space is implied between two pieces. */
export function pretokenizedScanner(lineEnds: LineEnds): Scanner {
  const table = createWordTable();
  const piece = new Uint8Array(MAX_PIECE_BYTES);
  let length = 0;
  let afterReturn = false;

  return {
    scan(bytes, out) {
      let count = 0;
      for (let i = 0; i < bytes.length; ) {
        const run = copyRun(bytes, i, piece, length, OTHER);
        length += run;
        i += run;
        if (run > 0) afterReturn = false;
        if (i === bytes.length) break;
        const size = sequenceSize(bytes[i]);
        const next = classOf(codePointAt(bytes, i, size));
        const separates = next >= SPACE;
        if (length > 0 && (separates || length + size > MAX_PIECE_BYTES)) {
          out[count++] = table.intern(piece, length);
          length = 0;
        }
        if (separates) {
          const isReturn = next === CARRIAGE_RETURN && lineEnds !== 'keep';
          if (isReturn || (next === LINE_FEED && !afterReturn)) out[count++] = EOS;
          afterReturn = isReturn;
          i += size;
        } else {
          for (const end = i + size; i < end; i++) piece[length++] = bytes[i];
          afterReturn = false;
        }
      }
      return count;
    },
    finish(out) {
      const open = length > 0;
      if (open) out[0] = table.intern(piece, length);
      length = 0;
      afterReturn = false;
      return open ? 1 : 0;
    },
    ...typesOf(table),
    spaced: (id) => id > PAD,
  };
}

function typesOf(table: WordTable): Pick<Scanner, 'size' | 'text' | 'characters' | 'blank'> {
  return {
    size: table.size,
    blank: (id) => id > PAD && isBlank(table.bytes(id)),
    text: (id) => pieceOf(table, id),
    characters: (id) => {
      let characters = 0;
      for (const byte of table.bytes(id)) if ((byte & 0xc0) !== 0x80) characters++;
      return characters;
    },
  };
}

function pieceOf(table: WordTable, id: number): string {
  return Buffer.from(table.bytes(id)).toString();
}

/**
 * Appends the ASCII characters of classes 1 to `largest` from byte `i` on to the `length` bytes of `piece`, as many as
 * fit; returns how many. Apart, because a loop without calls is faster.
 */
function copyRun(bytes: Uint8Array, i: number, piece: Uint8Array, length: number, largest: number): number {
  const start = i;
  for (const end = Math.min(bytes.length, i + MAX_PIECE_BYTES - length); i < end; i++) {
    const byte = bytes[i];
    const type = byteClasses[byte];
    if (type === 0 || type > largest) break;
    piece[length++] = byte;
  }
  return i - start;
}
