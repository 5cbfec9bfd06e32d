/** Normalization forms: the same of a text in pieces as of the whole, and kept with a tokenizer. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer, parseTokenizer, SPECIAL_TOKENS } from '../../../src/text/index.ts';
import { createNormalizer } from '../../../src/text/tokens/unicode.ts';

describe('a text in pieces', () => {
  it('is normalized as the whole is, wherever it is cut', () => {
    // Composed, decomposed, marks out of order, Hangul in parts, halfwidth Katakana with a mark, beyond the first plane.
    const parts = [
      'é',
      'e',
      '\u0301',
      'a',
      '\u0323',
      '\u0306',
      '\u1112',
      '\u1161',
      '\u11ab',
      '\uac00',
      '\uff76',
      '\uff9e',
    ];
    const part = fc.constantFrom(...parts, 'x', '\n', '🙂', '\u{1d15e}', '\ufeff', 'ﬁ', '\uffa1', '\uffc2');
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 4 }), { maxLength: 12 }), (pieces) => {
        const text = pieces.flat().join('');
        for (const form of ['nfc', 'nfkc'] as const) {
          const normalizer = createNormalizer(form);
          const found = pieces.map((piece) => Buffer.from(normalizer.piece(Buffer.from(piece.join('')))));
          found.push(Buffer.from(normalizer.end()));
          expect(Buffer.concat(found).toString()).toBe(text.normalize(form.toUpperCase()));
        }
      }),
    );
  });
});

describe('a tokenizer', () => {
  it.each(['nfc', 'nfkc'] as const)('keeps its form in tokenizer.json: %s', (unicode) => {
    const options = { kind: 'char', pretokenized: false, lowercase: true, normalizeNewlines: true, unicode } as const;
    const json = JSON.parse(JSON.stringify(createTokenizer([...SPECIAL_TOKENS, 'é'], options)));
    expect(json.normalizer.normalizers[0]).toEqual({ type: unicode.toUpperCase() });
    const again = parseTokenizer(json, 'tokenizer.json');
    expect(again.options).toEqual(options);
    expect(again.encode('E\u0301é')).toEqual([4, 4]);
  });
});
