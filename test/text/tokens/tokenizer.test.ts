/** Tokenizers: what they cut a text into, and that the text comes back. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EOS, SPECIAL_TOKENS, type TokenizerOptions, UNK } from '../../../src/text/index.ts';
import { prose, tokenizerOf, unicode } from './texts.ts';

const CHAR: TokenizerOptions = { kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false };
const WORD: TokenizerOptions = { ...CHAR, kind: 'word' };
const PRETOKENIZED: TokenizerOptions = { ...WORD, pretokenized: true };

const pieces = (text: string, options: TokenizerOptions): string[] => {
  const { encode, vocabulary } = tokenizerOf(text, options);
  return encode(text).map((id) => vocabulary[id]);
};

describe('characters', () => {
  it('are one token for each code point, special ones first, in order', () => {
    const tokenizer = tokenizerOf('b🙂ab\u0301', CHAR);
    expect(tokenizer.vocabulary).toEqual([...SPECIAL_TOKENS, 'a', 'b', '\u0301', '🙂']);
    expect(tokenizer.encode('🙂a')).toEqual([7, 4]);
  });

  it('give any text back', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        const tokenizer = tokenizerOf(text, CHAR);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('that are unknown, lone surrogates too, become <unk>', () => {
    const tokenizer = tokenizerOf('ab', CHAR);
    expect(tokenizer.encode('a?\ud83db')).toEqual([4, UNK, UNK, 5]);
    expect(tokenizer.decode([4, UNK, 5])).toBe('ab');
    expect(tokenizer.decode([4, UNK, 5], true)).toBe('a<unk>b');
  });

  it('of a special token written out stay characters', () => {
    const tokenizer = tokenizerOf('<eos>', CHAR);
    expect(tokenizer.encode('<eos>')).toHaveLength(5);
    expect(tokenizer.decode(tokenizer.encode('<eos>'))).toBe('<eos>');
  });

  it('keep CRLF unless told to normalize', () => {
    const text = 'a\r\nb\rc\n\r';
    expect(pieces(text, CHAR).join('')).toBe(text);
    const tokenizer = tokenizerOf(text, { ...CHAR, normalizeNewlines: true });
    expect(tokenizer.decode(tokenizer.encode(text))).toBe('a\nb\nc\n\n');
    expect(tokenizer.vocabulary).not.toContain('\r');
  });

  it('in lower case stay as many', () => {
    const tokenizer = tokenizerOf('İÀaΣ', { ...CHAR, lowercase: true });
    expect(tokenizer.decode(tokenizer.encode('İÀaΣ'))).toBe('iàaσ');
  });

  it('are left out when rare, the rarest first', () => {
    expect(tokenizerOf('aaabbc', CHAR, { minCount: 2 }).vocabulary.slice(4)).toEqual(['a', 'b']);
    expect(tokenizerOf('abbccc', CHAR, { vocabSize: 6 }).vocabulary.slice(4)).toEqual(['b', 'c']);
    expect(() => tokenizerOf('abc', CHAR, { minCount: 2 })).toThrow(/occurs 2 times/);
  });
});

describe('words', () => {
  it.each([
    ['He said, "Hello there."', ['He', 'said', ', ', '"', 'Hello', 'there', '.', '"']],
    ['Then (she) left — don’t ask', ['Then', ' (', 'she', ') ', 'left', ' — ', 'don’t', 'ask']],
    ["rock 'n' roll, dogs' x", ['rock', " '", 'n', "' ", 'roll', ', ', 'dogs', "' ", 'x']],
    ['one two\n\nThe end', ['one', 'two', '\n', '\n', 'The', 'end']],
    ['a  b.  C', ['a', '  ', 'b', '. ', ' ', 'C']],
    [' a \r\n\tb', [' ', 'a', ' ', '\r\n', '\t', 'b']],
    ['x 日本。', ['x', ' 日', '本', '。']],
    ['<unk> 3.5', ['<', 'unk', '> ', '3', '.', '5']],
    ['to be ', ['to', 'be']],
  ])('cut %j', (text, expected) => {
    expect(pieces(text, WORD)).toEqual(expected);
  });

  it('give prose back to the character, but for a space after the last word', () => {
    fc.assert(
      fc.property(fc.oneof(prose, unicode), (text) => {
        const tokenizer = tokenizerOf(text, WORD);
        const decoded = tokenizer.decode(tokenizer.encode(text));
        expect(decoded === text || (text.endsWith(' ') && decoded === text.slice(0, -1))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('come by falling count, then by code unit', () => {
    expect(tokenizerOf('b a\nb a c B', WORD).vocabulary.slice(4)).toEqual(['a', 'b', '\n', 'B', 'c']);
    expect(tokenizerOf('B b a', { ...WORD, lowercase: true }).vocabulary.slice(4)).toEqual(['b', 'a']);
  });

  it('that are unknown are left out or shown, with their spaces', () => {
    const tokenizer = tokenizerOf('the cat, the', WORD);
    const ids = tokenizer.encode('the dog, the');
    expect(ids).toContain(UNK);
    expect(tokenizer.decode(ids, true)).toBe('the <unk>, the');
    expect(tokenizer.decode(tokenizer.encode('the dog the'))).toBe('the the');
  });

  it('over 1024 bytes are cut', () => {
    const text = `${"aé'".repeat(500)} ${'—'.repeat(3)}`;
    const tokens = pieces(text, WORD);
    expect(tokens.length).toBeGreaterThan(4);
    expect(tokens.every((token) => Buffer.byteLength(token) <= 1024)).toBe(true);
    expect(tokens.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});

describe('pre-tokenized words', () => {
  const text = ' aer <unk> N \n n.v. the\n\n';

  it('are cut at white space, line ends are <eos>, <unk> is itself', () => {
    const tokenizer = tokenizerOf(text, PRETOKENIZED);
    expect(tokenizer.vocabulary.slice(4)).toEqual(['N', 'aer', 'n.v.', 'the']);
    expect(tokenizer.encode(text)).toEqual([5, UNK, 4, EOS, 6, 7, EOS, EOS]);
    expect(tokenizer.encode('the N')).toEqual([7, 4]);
  });

  it('are joined by spaces, <eos> is a line end', () => {
    const tokenizer = tokenizerOf(text, PRETOKENIZED);
    expect(tokenizer.decode(tokenizer.encode(text), true)).toBe('aer <unk> N\nn.v. the\n\n');
    expect(tokenizer.decode(tokenizer.encode(text))).toBe('aer N\nn.v. the\n\n');
  });

  it('take CR for a line end only when newlines are normalized', () => {
    expect(tokenizerOf('a\r\nb\rc', PRETOKENIZED).encode('a\r\nb\rc')).toEqual([4, EOS, 5, 6]);
    const normalizing = { ...PRETOKENIZED, normalizeNewlines: true };
    expect(tokenizerOf('a\r\nb\rc', normalizing).encode('a\r\nb\rc')).toEqual([4, EOS, 5, EOS, 6]);
  });
});
