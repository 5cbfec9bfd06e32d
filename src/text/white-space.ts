/** White space, and characters that nobody sees: what makes two labels differ that look alike. */

import { codePointAt, sequenceSize } from './utf8.ts';

/** Zero-width spaces and joiners of words, soft hyphens, marks of direction, and the byte-order mark. */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u2060\ufeff]/gu;
const WHITE = /^[\p{White_Space}\u00ad\u200b\u200e\u200f\u2060\ufeff]$/u;

const SPACE = 0x20;

/** Whether a character is white space, or none that can be seen. */
export function isBlankCharacter(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint === SPACE || (codePoint >= 0x09 && codePoint <= 0x0d);
  return WHITE.test(String.fromCodePoint(codePoint));
}

/** Whether UTF-8 is white space, or nothing that can be seen; nothing at all is. */
export function isBlank(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceSize(bytes[i]);
    if (!isBlankCharacter(codePointAt(bytes, i, size))) return false;
    i += size;
  }
  return true;
}

/** A name (label, tag, column) as it is kept: without invisible characters and white space around it, each run of that within one space, in NFC. */
export function cleanName(name: string): string {
  return name
    .replace(INVISIBLE, '')
    .replace(/\p{White_Space}+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/** `cleanName` of UTF-8. */
export function cleanBytes(name: Uint8Array): Uint8Array {
  if (isClean(name)) return name;
  const text = Buffer.from(name).toString();
  const clean = cleanName(text);
  return clean === text ? name : Buffer.from(clean);
}

/** Whether a name is ASCII, with no other white space than single spaces inside. */
function isClean(name: Uint8Array): boolean {
  let before = SPACE;
  for (let i = 0; i < name.length; i++) {
    const byte = name[i];
    if (byte < SPACE || byte > 0x7e || (byte === SPACE && before === SPACE)) return false;
    before = byte;
  }
  return before !== SPACE;
}
