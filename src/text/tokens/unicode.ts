/** Unicode's normalization forms: one spelling for what looks alike. */

import type { UnicodeForm } from './types.ts';

export function normalized(text: string, form: UnicodeForm): string {
  return text.normalize(form === 'nfc' ? 'NFC' : 'NFKC');
}

/** What may join with a character before it: marks, and the vowels and finals of Hangul; their halfwidth forms too. */
const JOINS = /^[\p{M}\u1160-\u11ff\uff9e-\uffdc]/u;

/**
 * Normalizes a text that comes in pieces of UTF-8. What it returns of a piece ends before a character that nothing before it joins with; the
 * rest is kept for the next, and `end` gives it at last.
 */
export function createNormalizer(form: UnicodeForm): { piece(bytes: Uint8Array): Uint8Array; end(): Uint8Array } {
  let open = '';
  return {
    piece(bytes) {
      // A byte-order mark inside of a text is kept, as without normalization.
      const text = open + Buffer.from(bytes).toString();
      let last = text.length - 1;
      while (last > 0 && (isLowSurrogate(text, last) || JOINS.test(text.slice(last, last + 2)))) last--;
      open = text.slice(last);
      return Buffer.from(normalized(text.slice(0, last), form));
    },
    end() {
      const rest = Buffer.from(normalized(open, form));
      open = '';
      return rest;
    },
  };
}

function isLowSurrogate(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
